import { join } from 'node:path';
import { addresses, choice, integer, paths, text, type Setting } from '../setting.js';

/** Settings of plugins, of stops in Python, and of the hub. */
export const PLUGIN_SETTINGS = {
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
    services: ['catalog', 'execution'],
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
} as const satisfies Record<string, Setting<unknown>>;
