import { homedir } from 'node:os';
import { join } from 'node:path';
import { choice, folders, integer, path, paths, text, type Setting } from '../setting.js';
import { checkHostPort, checkUrl, checkZone } from './checks.js';

/** The folder in which Sluice keeps everything when nothing else is said. */
export const DEFAULT_HOME = join(homedir(), '.sluice');

/** Settings of what all services share: addresses, database, bus, files, logs. */
export const PLATFORM_SETTINGS = {
  home: path({
    about: {
      en: 'Where Sluice keeps its database, files, logs and plugins. It also holds sluice.json.',
      zh: 'Sluice 存放数据库、文件、日志和插件的目录，sluice.json 也在其中。',
    },
    default: () => DEFAULT_HOME,
    shownDefault: '~/.sluice',
  }),
  'log.level': choice({
    about: { en: 'The least important log lines that are written.', zh: '写出的最低日志级别。' },
    words: ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
    default: 'info',
  }),
  'log.format': choice({
    about: {
      en: 'How log lines look: auto is pretty on a terminal and JSON elsewhere.',
      zh: '日志格式：auto 在终端上为易读格式，其他情况为 JSON。',
    },
    words: ['auto', 'json', 'pretty'],
    default: 'auto',
  }),
  'http.host': text({
    about: { en: 'The address on which HTTP is served.', zh: 'HTTP 服务监听的地址。' },
    services: ['gateway'],
    default: '127.0.0.1',
  }),
  'http.port': integer({
    about: {
      en: 'The port on which HTTP is served; 0 takes any free one.',
      zh: 'HTTP 服务的端口；0 表示任选空闲端口。',
    },
    services: ['gateway'],
    default: 8002,
    min: 0,
    max: 65535,
  }),
  'grpc.host': text({
    about: { en: 'The address on which gRPC is served.', zh: 'gRPC 服务监听的地址。' },
    default: '127.0.0.1',
  }),
  'grpc.port': integer({
    about: {
      en: 'The port on which gRPC is served; 0 takes any free one.',
      zh: 'gRPC 服务的端口；0 表示任选空闲端口。',
    },
    default: 8003,
    min: 0,
    max: 65535,
  }),
  'catalog.address': text({
    about: {
      en: 'Where the catalog is reached, as host:port; empty means in this process.',
      zh: 'catalog 服务的地址（host:port）；留空表示在本进程内。',
    },
    default: '',
    check: checkHostPort,
  }),
  'datasource.address': text({
    about: {
      en: 'Where datasource is reached, as host:port; empty means in this process.',
      zh: 'datasource 服务的地址（host:port）；留空表示在本进程内。',
    },
    default: '',
    check: checkHostPort,
  }),
  'secrets.key': text({
    about: {
      en: 'The master key of secrets, 32 bytes in base64; more keys after commas open older secrets. It goes before the command and the file.',
      zh: '加密密文的主密钥（32 字节，base64）；逗号后的其他密钥用于解开旧密文。优先于命令和文件。',
    },
    services: ['datasource', 'execution', 'scheduling'],
    secret: true,
    default: '',
  }),
  'secrets.keyCommand': text({
    about: {
      en: 'A shell command that prints the master keys, one a line; empty for none.',
      zh: '打印主密钥（每行一个）的 shell 命令；留空表示不使用。',
    },
    services: ['datasource', 'execution', 'scheduling'],
    default: '',
  }),
  'secrets.keyFile': text({
    about: {
      en: 'The file of the master keys, which nobody else may read; made at the first start when it is empty: master.key in the home folder.',
      zh: '主密钥文件，他人不得读取；留空为主目录下的 master.key，首次启动时生成。',
    },
    services: ['datasource', 'execution', 'scheduling'],
    default: '',
  }),
  'database.url': text({
    about: {
      en: 'The database: mysql://user:password@host:port/name (?ssl=true to encrypt) for MySQL or MariaDB, sqlite:/path for a file; empty is the file sluice.db in the home folder.',
      zh: '数据库地址：MySQL 或 MariaDB 用 mysql://user:password@host:port/name（加 ?ssl=true 启用加密），文件用 sqlite:/path；留空为主目录下的 sluice.db。',
    },
    secret: true,
    default: '',
    check: (value) => {
      if (!value.startsWith('mysql://') && !value.startsWith('mariadb://') && !value.startsWith('sqlite:')) {
        throw new Error('expected an address that begins with mysql://, mariadb:// or sqlite:');
      }
    },
  }),
  'database.connections': integer({
    about: {
      en: 'The most connections of one process to MySQL or MariaDB; SQLite has one.',
      zh: '单个进程到 MySQL 或 MariaDB 的最大连接数；SQLite 只有一个。',
    },
    default: 10,
    min: 2,
    max: 1000,
  }),
  'database.waitMs': integer({
    about: {
      en: 'How long a start waits for a MySQL or MariaDB server that does not answer yet.',
      zh: '启动时等待 MySQL 或 MariaDB 服务器响应的最长时间。',
    },
    default: 15_000,
    min: 0,
    unit: 'ms',
  }),
  'nats.url': text({
    about: {
      en: 'NATS servers with JetStream, as nats://host:port, separated by commas; empty is the bus inside the process.',
      zh: '启用 JetStream 的 NATS 服务器（nats://host:port，逗号分隔）；留空使用进程内总线。',
    },
    secret: true,
    default: '',
    check: checkUrl(['nats', 'tls']),
  }),
  'files.roots': paths({
    about: {
      en: 'Folders that plain paths in flows may lie in; everything else is refused.',
      zh: '流程中普通路径允许所在的目录，其他位置一律拒绝。',
    },
    services: ['execution', 'scheduling'],
    default: (home) => [join(home, 'files'), process.cwd()],
    shownDefault: '$SLUICE_HOME/files and the current folder',
  }),
  'files.mounts': folders({
    about: {
      en: 'Which folder stands for a root such as hdfs://* (any host) or hdfs://cluster:9000.',
      zh: '各个根（如 hdfs://* 表示任意主机，或 hdfs://cluster:9000）对应的目录。',
    },
    services: ['execution', 'scheduling'],
    default: (home) => ({ 'hdfs://*': join(home, 'files') }),
    shownDefault: 'hdfs://*=$SLUICE_HOME/files',
  }),
  'time.zone': text({
    about: {
      en: 'The time zone of dates in flows and of schedules; empty is that of the machine.',
      zh: '流程和调度中日期所用的时区；留空为本机时区。',
    },
    services: ['execution', 'scheduling'],
    default: '',
    check: checkZone,
  }),
  'rpc.maxMessageBytes': integer({
    about: { en: 'The largest message that a gRPC server or client takes.', zh: 'gRPC 收发消息的最大字节数。' },
    default: 16 * 2 ** 20,
    shownDefault: '16MiB',
    min: 2 ** 16,
    max: 2 ** 30,
    unit: 'bytes',
  }),
  'rpc.deadlineMs': integer({
    about: {
      en: 'How long a call between services may take when its caller names no deadline.',
      zh: '服务间调用在调用方未指定时的最长时间。',
    },
    default: 30_000,
    min: 100,
    unit: 'ms',
  }),
  'rpc.retries': integer({
    about: {
      en: 'How often a call that may be repeated is made again while a service is unavailable.',
      zh: '服务不可用时，可重复的调用重试的次数。',
    },
    default: 4,
    min: 0,
    max: 20,
  }),
  'events.retentionHours': integer({
    about: {
      en: 'How many hours published events are kept, on the bus and in the outbox.',
      zh: '已发布事件在总线和发件箱中保留的小时数。',
    },
    default: 24,
    min: 1,
  }),
  'telemetry.endpoint': text({
    about: {
      en: 'Where OpenTelemetry traces are sent (OTLP over HTTP), such as http://127.0.0.1:4318; empty sends none.',
      zh: 'OpenTelemetry 链路数据的发送地址（OTLP/HTTP）；留空则不发送。',
    },
    default: '',
    check: checkUrl(['http', 'https']),
  }),
} as const satisfies Record<string, Setting<unknown>>;
