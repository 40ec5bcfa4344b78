import { integer, text, type Setting } from '../setting.js';
import { checkHostPort, checkHosts, checkUrl } from './checks.js';

const SCHEDULING = ['scheduling'];

/** Settings of scheduling and its notifications. */
export const SCHEDULING_SETTINGS = {
  'scheduling.address': text({
    about: {
      en: 'Where scheduling is reached, as host:port; empty means in this process.',
      zh: 'scheduling 服务的地址（host:port）；留空表示在本进程内。',
    },
    default: '',
    check: checkHostPort,
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
} as const satisfies Record<string, Setting<unknown>>;
