import {
  defineDatasource,
  host,
  password,
  port,
  property,
  tls,
  type DatasourceDefinition,
  type Text,
} from '@sluice/plugin-sdk';
import { connectTarget } from './connect.js';
import { parseJdbcUrl } from './jdbc-url.js';
import type { FileTarget, ServerTarget } from './target.js';

const database = property.string({
  title: { en: 'Database', zh: '数据库' },
  description: {
    en: 'The database that names without one are looked for in.',
    zh: '未指定数据库的名称在此数据库中查找。',
  },
  default: '',
  example: 'shop',
});
const user = property.string({
  title: { en: 'User', zh: '用户' },
  description: { en: 'The user of the database.', zh: '数据库用户。' },
  required: true,
  example: 'sluice',
});

const ofServer = { database, user, password, tls };

/** A type of datasource whose databases are reached over the network. */
function onServer(
  driver: ServerTarget['driver'],
  standardPort: number,
  about: Pick<DatasourceDefinition, 'name' | 'aliases' | 'title' | 'description' | 'fills'> & {
    /** What is said of the database and the user, where it differs. */
    readonly more?: Partial<Record<'database' | 'user', typeof database>>;
  },
) {
  const { more = {}, ...rest } = about;
  return defineDatasource({
    ...rest,
    family: 'sql',
    properties: { host, port: port(standardPort), ...ofServer, ...more },
    connect: (values, options) => connectTarget({ ...values, driver, zeroDatesAsNull: false }, options),
  });
}

export const mysql = onServer('mysql', 3306, {
  name: 'mysql',
  aliases: ['mariadb', 'tidb', 'oceanbase'],
  title: { en: 'MySQL and MariaDB', zh: 'MySQL 与 MariaDB' },
  description: {
    en: 'A database of MySQL, MariaDB, or what speaks their protocol, such as TiDB and OceanBase.',
    zh: 'MySQL、MariaDB，或使用相同协议的数据库（如 TiDB、OceanBase）。',
  },
  fills: { url: 'jdbc:mysql://${host}:${port}/${database}?sslMode=${tls}', driver: 'com.mysql.jdbc.Driver' },
});

export const postgresql = onServer('postgresql', 5432, {
  name: 'postgresql',
  aliases: ['postgres', 'opengauss', 'gaussdb', 'kingbase', 'opentenbase'],
  title: { en: 'PostgreSQL', zh: 'PostgreSQL' },
  description: {
    en: 'A database of PostgreSQL, or what speaks its protocol, such as openGauss, KingbaseES and OpenTenBase.',
    zh: 'PostgreSQL，或使用相同协议的数据库（如 openGauss、KingbaseES、OpenTenBase）。',
  },
  fills: { url: 'jdbc:postgresql://${host}:${port}/${database}?sslmode=${tls}', driver: 'org.postgresql.Driver' },
});

export const sqlserver = onServer('sqlserver', 1433, {
  name: 'sqlserver',
  aliases: ['mssql'],
  title: { en: 'SQL Server', zh: 'SQL Server' },
  description: {
    en: 'A database of Microsoft SQL Server 2012 or later.',
    zh: 'Microsoft SQL Server 2012 及以上版本。',
  },
  fills: {
    url: 'jdbc:sqlserver://${host}:${port};databaseName=${database};sslMode=${tls}',
    driver: 'com.microsoft.sqlserver.jdbc.SQLServerDriver',
  },
});

export const oracle = onServer('oracle', 1521, {
  name: 'oracle',
  title: { en: 'Oracle', zh: 'Oracle' },
  description: {
    en: 'A database of Oracle 12.1 or later, without its client libraries.',
    zh: 'Oracle 12.1 及以上版本，无需安装客户端。',
  },
  more: {
    database: {
      ...database,
      title: { en: 'Service', zh: '服务名' },
      description: { en: 'The name of the service; a SID with a colon before it.', zh: '服务名；SID 前加冒号。' },
      example: 'orclpdb1',
    },
  },
  fills: { url: 'jdbc:oracle:thin:@${host}:${port}/${database}?sslMode=${tls}', driver: 'oracle.jdbc.OracleDriver' },
});

export const dameng = onServer('dameng', 5236, {
  name: 'dameng',
  aliases: ['dm', 'dm8'],
  title: { en: 'Dameng', zh: '达梦' },
  description: {
    en: 'A database of Dameng 8. Its driver does not come with Sluice: an operator uploads the npm package dmdb once.',
    zh: '达梦 8 数据库。Sluice 不附带其驱动：由管理员上传一次 npm 包 dmdb。',
  },
  more: {
    database: {
      ...database,
      title: { en: 'Schema', zh: '模式' },
      description: { en: 'The schema of names without one; default the user’s.', zh: '未指定模式的名称所在的模式；默认为用户的模式。' }, // prettier-ignore
      example: 'SHOP',
    },
  },
  fills: { url: 'jdbc:dm://${host}:${port}/${database}?sslMode=${tls}', driver: 'dm.jdbc.driver.DmDriver' },
});

export const openlookeng = onServer('presto', 8080, {
  name: 'openlookeng',
  aliases: ['presto', 'hetu'],
  title: { en: 'openLooKeng', zh: 'openLooKeng' },
  description: {
    en: 'A coordinator of openLooKeng, or of Presto, whose HTTP protocol it speaks; it is read only.',
    zh: 'openLooKeng 协调节点，或使用相同 HTTP 协议的 Presto；只读。',
  },
  more: {
    database: {
      ...database,
      title: { en: 'Catalog', zh: '目录' },
      description: {
        en: 'The catalog, or catalog/schema, that names without one are looked for in.',
        zh: '未指定目录（目录/模式）的名称在此查找。',
      },
      example: 'hive/default',
    },
  },
  fills: {
    url: 'jdbc:lk://${host}:${port}/${database}?sslMode=${tls}',
    driver: 'io.hetu.core.jdbc.OpenLooKengDriver',
  },
});

export const tdengine = onServer('tdengine', 6041, {
  name: 'tdengine',
  aliases: ['taos'],
  title: { en: 'TDengine', zh: 'TDengine' },
  description: {
    en: 'A database of TDengine 3, by the REST interface of its taosAdapter.',
    zh: 'TDengine 3 数据库（taosAdapter 的 REST 接口）。',
  },
  fills: {
    url: 'jdbc:TAOS-RS://${host}:${port}/${database}?sslMode=${tls}',
    driver: 'com.taosdata.jdbc.rs.RestfulDriver',
  },
});

export const impala = onServer('impala', 21_050, {
  name: 'impala',
  aliases: ['hiveserver2', 'sparkthrift'],
  title: { en: 'Impala', zh: 'Impala' },
  description: {
    en: 'Apache Impala, or another server of the HiveServer2 protocol, such as that of Spark SQL; it is read only.',
    zh: 'Apache Impala，或使用 HiveServer2 协议的其他服务（如 Spark SQL）；只读。',
  },
  more: { user: { ...user, required: false as const, default: '' } },
  fills: { url: 'jdbc:impala://${host}:${port}/${database};sslMode=${tls}', driver: 'com.cloudera.impala.jdbc.Driver' },
});

/** A type of datasource whose databases are files. */
function inFile(driver: FileTarget['driver'], product: string, javaDriver: string, more: Text) {
  return defineDatasource({
    name: driver,
    title: { en: product, zh: product },
    description: {
      en: `A database of ${product} in one file, inside the folders that runs may use.${more.en}`,
      zh: `${product} 的单文件数据库，须位于运行可用的文件夹内。${more.zh ?? ''}`,
    },
    family: 'sql',
    properties: {
      path: property.string({
        title: { en: 'Path', zh: '路径' },
        description: {
          en: 'The file; made when rows are written and there is none.',
          zh: '数据库文件；写入时若不存在则创建。',
        },
        required: true,
        example: `hdfs:///shop.${driver === 'sqlite' ? 'db' : 'duckdb'}`,
      }),
    },
    fills: { url: `jdbc:${driver}:\${path}`, driver: javaDriver },
    connect: ({ path }, options) => connectTarget({ driver, path }, options),
  });
}

export const sqlite = inFile('sqlite', 'SQLite', 'org.sqlite.JDBC', { en: '' });

export const duckdb = inFile('duckdb', 'DuckDB', 'org.duckdb.DuckDBDriver', {
  en: ' Many may read it at once; who writes it has it alone.',
  zh: '可同时读取；写入时独占。',
});

/** PiFlow's template: its names are those that PiFlow's stops ask for. */
export const jdbc = defineDatasource({
  name: 'jdbc',
  title: { en: 'JDBC', zh: 'JDBC' },
  description: {
    en: 'A database by its JDBC URL, as PiFlow describes it. The URL chooses the driver.',
    zh: '用 JDBC 地址描述的数据库（同 PiFlow），由地址决定驱动。',
  },
  family: 'sql',
  properties: {
    url: property.string({
      title: { en: 'URL', zh: '地址' },
      description: {
        en: 'Such as jdbc:mysql://host:3306/db or jdbc:postgresql://host:5432/db; put no password into it.',
        zh: '如 jdbc:mysql://host:3306/db 或 jdbc:postgresql://host:5432/db；请勿在其中写密码。',
      },
      required: true,
      example: 'jdbc:mysql://127.0.0.1:3306/shop',
    }),
    driver: property.string({
      title: { en: 'Driver', zh: '驱动' },
      description: { en: 'A Java class; not used.', zh: 'Java 驱动类名；不使用。' },
      default: '',
      example: 'com.mysql.jdbc.Driver',
    }),
    user,
    password,
  },
  connect: ({ url, user: name, password: secret }, options) => connectTarget(parseJdbcUrl(url, name, secret), options),
});
