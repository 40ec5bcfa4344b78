import { password, port, property, tls, user } from '@sluice/plugin-sdk';
import { addressesOf, type Target } from './target.js';

/** Who asks and how, for every stop; PiFlow's have no such properties. */
export const login = {
  user,
  password,
  authDatabase: property.string({
    title: { en: 'Login database', zh: '认证数据库' },
    description: { en: 'The database that knows the user; default admin.', zh: '保存用户的数据库；默认 admin。' },
    aliases: ['authSource'],
    default: 'admin',
    example: 'admin',
  }),
  replicaSet: property.string({
    title: { en: 'Replica set', zh: '副本集' },
    description: {
      en: 'The name of the replica set, where the servers are one.',
      zh: '服务器属于副本集时填写其名称。',
    },
    default: '',
    example: 'rs0',
  }),
  tls,
};

export const place = {
  dataBase: property.string({
    title: { en: 'dataBase', zh: '数据库' },
    description: { en: 'The database.', zh: '数据库。' },
    aliases: ['database'],
    required: true,
    example: 'shop',
  }),
  collection: property.string({
    title: { en: 'collection', zh: '集合' },
    description: { en: 'The collection.', zh: '集合。' },
    required: true,
    example: 'orders',
  }),
};

/** How `GetMongo` and `PutMongo` say where the servers are. */
export const byAddresses = {
  addresses: property.list({
    title: { en: 'addresses', zh: '服务器地址' },
    description: {
      en: 'The servers as host,port,host,port, or as host:port,host:port.',
      zh: '服务器，格式为 host,port,host,port 或 host:port,host:port。',
    },
    required: true,
    example: ['127.0.0.1', '27017'],
  }),
  credentials: property.secret({
    title: { en: 'credentials', zh: '凭据' },
    description: {
      en: 'User, login database and password with commas, as in PiFlow; the last may hold commas. User and password take its place.',
      zh: '以逗号分隔的用户、认证数据库和密码（同 PiFlow），密码中可以有逗号；也可改填用户和密码。',
    },
    default: '',
  }),
};

/** How `GetMongoDB` and `PutMongoDB` do. */
export const byIp = {
  ip: property.string({
    title: { en: 'ip', zh: '主机' },
    description: {
      en: 'The name or address of the server; also several as host:port, with commas.',
      zh: '服务器的主机名或地址；也可填写多个 host:port，用逗号分隔。',
    },
    aliases: ['addresses'],
    required: true,
    example: '127.0.0.1',
  }),
  port: port(27_017),
};

export const sql = property.sql({
  title: { en: 'sql', zh: 'SQL' },
  description: {
    en: 'Spark SQL over the documents, as a view with the name of the collection; default all.',
    zh: '对文档执行的 Spark SQL，视图名为集合名；默认取全部。',
  },
  example: 'select * from orders',
});

export const sampleSize = property.integer({
  title: { en: 'Sample size', zh: '采样数' },
  description: {
    en: 'Documents whose fields and types become the columns; default 0: all, for which they are read twice.',
    zh: '用于确定列和类型的文档数；默认 0 表示全部（文档会读取两次）。',
  },
  default: 0,
  min: 0,
  example: 1000,
});

type Login = Pick<Target, 'user' | 'password' | 'authDatabase' | 'replicaSet' | 'tls'>;

/** The target of `GetMongo` and `PutMongo`. */
export function targetByAddresses(given: Login & { addresses: readonly string[]; credentials: string }): Target {
  const { addresses, credentials, user, password, authDatabase, replicaSet, tls } = given;
  const [, name = '', database = '', secret = ''] =
    /^\s*([^,]*?)\s*,\s*([^,]*?)\s*,\s*(.*?)\s*$/s.exec(credentials) ?? [];
  const isGiven = user === '' && name !== '';
  const access = isGiven ? { user: name, password: secret, authDatabase: database } : { user, password, authDatabase };
  return { addresses: addressesOf(addresses), ...access, replicaSet, tls };
}

/** The target of `GetMongoDB` and `PutMongoDB`. */
export function targetByIp(given: Login & { ip: string; port: number }): Target {
  const { ip, port, user, password, authDatabase, replicaSet, tls } = given;
  const addresses = addressesOf(
    ip.split(',').map((each) => each.trim()),
    port,
  );
  return { addresses, user, password, authDatabase, replicaSet, tls };
}
