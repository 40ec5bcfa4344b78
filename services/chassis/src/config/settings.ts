import { isIP } from 'node:net';
import { availableParallelism, homedir, totalmem } from 'node:os';
import { join } from 'node:path';
import { addresses, choice, folders, integer, path, paths, text, type Setting, type SettingText } from './setting.js';

const EXECUTION = ['execution'];
const SCHEDULING = ['scheduling'];

function checkHostPort(value: string): void {
  if (!/^(\[[0-9a-fA-F:]+\]|[^\s:/]+):\d{1,5}$/.test(value)) throw new Error(`expected host:port, got '${value}'`);
}

function checkUrl(schemes: readonly string[]): (value: string) => void {
  return (value) => {
    for (const one of value.split(',')) {
      if (!schemes.some((scheme) => one.trim().startsWith(`${scheme}://`))) {
        throw new Error(`expected an address that begins with ${schemes.map((s) => `${s}://`).join(' or ')}`);
      }
    }
  };
}

function checkHosts(value: string): void {
  for (const entry of value.split(',').map((each) => each.trim())) {
    const [address = '', bits] = entry.split('/');
    const most = isIP(address) === 6 ? 128 : 32;
    const isBlock = isIP(address) !== 0 && (bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= most));
    if (isBlock || /^(public|\*|(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)$/.test(entry)) continue;
    throw new Error(
      `'${entry}' is neither public, *, a host name nor an address; write such as *.example.com or 10.1.0.0/16`,
    );
  }
}

function checkZone(value: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: value });
  } catch {
    throw new Error(`'${value}' is no time zone of the IANA database; write one such as Asia/Shanghai or UTC`);
  }
}

/** The folder in which Sluice keeps everything when nothing else is said. */
export const DEFAULT_HOME = join(homedir(), '.sluice');

/** Every setting there is. The environment variable of `a.bC` is `SLUICE_A_B_C`. */
export const SETTINGS = {
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
  'execution.address': text({
    about: {
      en: 'Where execution is reached, as host:port; empty means in this process.',
      zh: 'execution 服务的地址（host:port）；留空表示在本进程内。',
    },
    default: '',
    check: checkHostPort,
  }),
  'scheduling.address': text({
    about: {
      en: 'Where scheduling is reached, as host:port; empty means in this process.',
      zh: 'scheduling 服务的地址（host:port）；留空表示在本进程内。',
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
    services: ['datasource', 'execution'],
    secret: true,
    default: '',
  }),
  'secrets.keyCommand': text({
    about: {
      en: 'A shell command that prints the master keys, one a line; empty for none.',
      zh: '打印主密钥（每行一个）的 shell 命令；留空表示不使用。',
    },
    services: ['datasource', 'execution'],
    default: '',
  }),
  'secrets.keyFile': text({
    about: {
      en: 'The file of the master keys, which nobody else may read; made at the first start when it is empty: master.key in the home folder.',
      zh: '主密钥文件，他人不得读取；留空为主目录下的 master.key，首次启动时生成。',
    },
    services: ['datasource', 'execution'],
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
    services: [...EXECUTION, ...SCHEDULING],
    default: (home) => [join(home, 'files'), process.cwd()],
    shownDefault: '$SLUICE_HOME/files and the current folder',
  }),
  'files.mounts': folders({
    about: {
      en: 'Which folder stands for a root such as hdfs://* (any host) or hdfs://cluster:9000.',
      zh: '各个根（如 hdfs://* 表示任意主机，或 hdfs://cluster:9000）对应的目录。',
    },
    services: [...EXECUTION, ...SCHEDULING],
    default: (home) => ({ 'hdfs://*': join(home, 'files') }),
    shownDefault: 'hdfs://*=$SLUICE_HOME/files',
  }),
  'plugins.folders': paths({
    about: {
      en: 'Folders in which plugins are looked for, besides those that come with Sluice.',
      zh: '除自带插件外，查找插件的目录。',
    },
    services: ['catalog', 'execution', 'datasource'],
    default: (home) => [join(home, 'plugins')],
    shownDefault: '$SLUICE_HOME/plugins',
  }),
  'plugins.drop': choice({
    about: {
      en: 'Whether archives that are put into $SLUICE_HOME/plugins are uploaded and mounted; sluice up does so unless told not to.',
      zh: '是否上传并挂载放入 $SLUICE_HOME/plugins 的归档；sluice up 默认开启。',
    },
    services: ['catalog'],
    words: ['on', 'off'],
    default: 'off',
  }),
  'plugins.signatures': choice({
    about: {
      en: 'What becomes of an uploaded package without the signature of a trusted key: refused, noted, or nothing.',
      zh: '上传的包没有受信任密钥的签名时的处理：拒绝、记录或忽略。',
    },
    services: ['catalog'],
    words: ['require', 'warn', 'off'],
    default: 'warn',
  }),
  'plugins.publishers': addresses({
    about: {
      en: 'Addresses of builders whose verified provenance counts as a trusted signature, such as https://github.com/acme.',
      zh: '可信任的构建者地址（如 https://github.com/acme）；其经过验证的来源证明等同于受信任的签名。',
    },
    services: ['catalog'],
  }),
  'plugins.trustedRoot': text({
    about: {
      en: 'The file trusted_root.json with the sigstore authorities that provenance is verified against; empty for those of sigstore itself.',
      zh: '验证来源证明所用的 sigstore 根证书文件 trusted_root.json；留空表示使用 sigstore 公共根。',
    },
    services: ['catalog'],
    default: '',
  }),
  'plugins.maxBytes': integer({
    about: { en: 'The largest package that is taken.', zh: '可接收的最大包。' },
    services: ['catalog', 'gateway'],
    default: 256 * 2 ** 20,
    min: 1024,
    unit: 'bytes',
  }),
  'plugins.crashLimit': integer({
    about: {
      en: 'How many runs the code of one plugin version may bring down, within plugins.crashWindowMs, before it is quarantined; 0 never quarantines.',
      zh: '在 plugins.crashWindowMs 内，同一插件版本的代码使多少次运行崩溃后被隔离；0 表示从不隔离。',
    },
    services: ['catalog'],
    default: 3,
    min: 0,
  }),
  'plugins.crashWindowMs': integer({
    about: { en: 'The time within which crashes of a plugin are counted.', zh: '统计插件崩溃次数的时间窗口。' },
    services: ['catalog'],
    default: 600_000,
    min: 1000,
    unit: 'ms',
  }),
  'plugins.recordDays': integer({
    about: {
      en: 'How many days the record of what was done to plugins, and by whom, is kept; 0 keeps it for ever.',
      zh: '插件操作记录（何时、何人、做了什么）保留的天数；0 表示永久保留。',
    },
    services: ['catalog'],
    default: 400,
    min: 0,
  }),
  'python.command': text({
    about: {
      en: 'The Python that runs stops written in Python: a command or a path. It needs pyarrow.',
      zh: '运行 Python 组件的 Python：命令或路径，需要安装 pyarrow。',
    },
    services: ['catalog', ...EXECUTION],
    default: 'python3',
  }),
  'hub.registry': text({
    about: {
      en: "The npm registry, or the folder of archives, in which `sluice hub` looks; empty for the registry of npm's own configuration.",
      zh: '`sluice hub` 使用的 npm 仓库地址或存放包文件的目录；留空表示使用 npm 自身配置的仓库。',
    },
    services: ['cli'],
    default: '',
  }),
  'hub.token': text({
    about: {
      en: "The token for hub.registry; empty for that of npm's own configuration.",
      zh: 'hub.registry 的访问令牌；留空表示使用 npm 自身配置的令牌。',
    },
    services: ['cli'],
    default: '',
    secret: true,
  }),
  'time.zone': text({
    about: {
      en: 'The time zone of dates in flows and of schedules; empty is that of the machine.',
      zh: '流程和调度中日期所用的时区；留空为本机时区。',
    },
    services: [...EXECUTION, ...SCHEDULING],
    default: '',
    check: checkZone,
  }),
  'execution.maxRuns': integer({
    about: {
      en: 'How many runs one execution process works on at a time.',
      zh: '一个 execution 进程同时执行的运行数。',
    },
    services: EXECUTION,
    default: () => Math.max(2, availableParallelism()),
    shownDefault: 'the number of processors, at least 2',
    min: 1,
    max: 1000,
  }),
  'execution.warmRunners': integer({
    about: {
      en: 'How many idle runners wait with the engine loaded.',
      zh: '预先加载引擎并等待的空闲 runner 数。',
    },
    services: EXECUTION,
    default: 2,
    min: 0,
    max: 1000,
  }),
  'execution.memoryBytes': integer({
    about: {
      en: 'The memory that the engine may use in one run before it spills to disk.',
      zh: '单次运行中引擎可用的内存，超出则写入磁盘。',
    },
    services: EXECUTION,
    default: () => Math.max(256 * 2 ** 20, Math.floor((totalmem() * 0.6) / Math.max(2, availableParallelism()))),
    shownDefault: '60% of the memory, divided by the number of processors',
    min: 64 * 2 ** 20,
    unit: 'bytes',
  }),
  'execution.threads': integer({
    about: { en: 'The threads that the engine may use in one run.', zh: '单次运行中引擎可用的线程数。' },
    services: EXECUTION,
    default: () => availableParallelism(),
    shownDefault: 'the number of processors',
    min: 1,
    max: 1024,
  }),
  'execution.spillBytes': integer({
    about: {
      en: 'The disk space that one run may spill to; 0 sets no limit.',
      zh: '单次运行可使用的临时磁盘空间；0 表示不限制。',
    },
    services: EXECUTION,
    default: 0,
    min: 0,
    unit: 'bytes',
  }),
  'execution.leaseMs': integer({
    about: {
      en: 'How long a claimed run stays with an execution process that gives no sign of life.',
      zh: '已领取的运行在 execution 进程无心跳时保留的时长。',
    },
    services: EXECUTION,
    default: 10_000,
    min: 100,
    unit: 'ms',
  }),
  'execution.heartbeatMs': integer({
    about: { en: 'How often a runner gives a sign of life.', zh: 'runner 发送心跳的间隔。' },
    services: EXECUTION,
    default: 2_000,
    min: 20,
    unit: 'ms',
  }),
  'execution.sweepMs': integer({
    about: {
      en: 'How often queued and abandoned runs are looked for, should an event have been lost.',
      zh: '检查排队和失联运行的间隔，以防事件丢失。',
    },
    services: EXECUTION,
    default: 1_000,
    min: 20,
    unit: 'ms',
  }),
  'execution.runTimeoutMs': integer({
    about: { en: 'How long a run may take; 0 sets no limit.', zh: '单次运行的最长时间；0 表示不限制。' },
    services: EXECUTION,
    default: 0,
    min: 0,
    unit: 'ms',
  }),
  'execution.cancelGraceMs': integer({
    about: {
      en: 'How long a runner may take to end after it was interrupted, before it is killed.',
      zh: 'runner 被中断后到被强制结束前的等待时间。',
    },
    services: EXECUTION,
    default: 5_000,
    min: 0,
    unit: 'ms',
  }),
  'execution.startTimeoutMs': integer({
    about: { en: 'How long a runner may take until it is ready.', zh: 'runner 启动就绪的最长时间。' },
    services: EXECUTION,
    default: 30_000,
    min: 100,
    unit: 'ms',
  }),
  'execution.retentionDays': integer({
    about: {
      en: 'How many days runs, their logs and their debug data are kept; 0 keeps them for ever.',
      zh: '运行记录、日志和调试数据保留的天数；0 表示永久保留。',
    },
    services: EXECUTION,
    default: 30,
    min: 0,
  }),
  'scheduling.leaseMs': integer({
    about: {
      en: 'How long a share of the schedules stays with a scheduling process that gives no sign of life.',
      zh: '调度分片在 scheduling 进程无心跳时保留的时长。',
    },
    services: SCHEDULING,
    default: 6_000,
    min: 300,
    unit: 'ms',
  }),
  'scheduling.windowMs': integer({
    about: {
      en: 'How far ahead a scheduling process holds due times ready.',
      zh: 'scheduling 进程预先载入触发时间的范围。',
    },
    services: SCHEDULING,
    default: 300_000,
    min: 1_000,
    unit: 'ms',
  }),
  'scheduling.sweepMs': integer({
    about: {
      en: 'How often changes, waiting ticks and unfinished starts are looked for, should an event have been lost.',
      zh: '检查变更、等待中的触发和未完成启动的间隔，以防事件丢失。',
    },
    services: SCHEDULING,
    default: 1_000,
    min: 20,
    unit: 'ms',
  }),
  'scheduling.retentionDays': integer({
    about: {
      en: 'How many days ticks are kept after their runs have ended; 0 keeps them for ever.',
      zh: '触发记录在运行结束后保留的天数；0 表示永久保留。',
    },
    services: SCHEDULING,
    default: 90,
    min: 0,
  }),
  'scheduling.mailUrl': text({
    about: {
      en: 'The mail server for notifications, as smtp://user:password@host:port or smtps://host:port; empty sends no mail.',
      zh: '发送通知邮件的服务器，如 smtp://user:password@host:port 或 smtps://host:port；留空则不发送邮件。',
    },
    services: SCHEDULING,
    secret: true,
    default: '',
    check: checkUrl(['smtp', 'smtps']),
  }),
  'scheduling.mailFrom': text({
    about: {
      en: 'The address that notifications by mail come from, such as Sluice <sluice@example.com>.',
      zh: '通知邮件的发件地址，如 Sluice <sluice@example.com>。',
    },
    services: SCHEDULING,
    default: '',
  }),
  'scheduling.webhookHosts': text({
    about: {
      en: 'Where notifications may be posted to, separated by commas: public for the whole internet without private, link-local and loopback addresses; names such as hooks.example.com or *.example.com; addresses and blocks such as 10.1.0.0/16; * for anything.',
      zh: '通知允许发送到的地址，逗号分隔：public 表示公网（不含内网、链路本地和本机地址）；域名如 hooks.example.com 或 *.example.com；地址或网段如 10.1.0.0/16；* 表示不限制。',
    },
    services: SCHEDULING,
    default: 'public',
    check: checkHosts,
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

type Settings = typeof SETTINGS;
/** The name of a setting, such as `http.port`. */
export type SettingKey = keyof Settings;
type ValueOf<S> = S extends Setting<infer T> ? T : never;
type SectionOf<K> = K extends `${infer S}.${string}` ? S : never;

/** The effective settings: `http.port` is `config.http.port`. */
export type Config = {
  readonly [K in SettingKey as K extends `${string}.${string}` ? never : K]: ValueOf<Settings[K]>;
} & {
  readonly [S in SectionOf<SettingKey>]: {
    readonly [K in SettingKey as K extends `${S}.${infer N}` ? N : never]: ValueOf<Settings[K]>;
  };
};

/** The environment variable of a setting. */
export function environmentName(key: string): string {
  return `SLUICE_${key
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('.', '_')
    .toUpperCase()}`;
}

/** Variables that begin with SLUICE_ and are no settings, with what reads them. */
export const OTHER_VARIABLES: Readonly<Record<string, SettingText>> = {
  SLUICE_CONFIG: {
    en: 'The settings file, instead of sluice.json in the home folder.',
    zh: '设置文件，代替主目录下的 sluice.json。',
  },
  SLUICE_URL: {
    en: 'The platform that the command line talks to, such as http://127.0.0.1:8002.',
    zh: '命令行连接的平台地址，如 http://127.0.0.1:8002。',
  },
};
