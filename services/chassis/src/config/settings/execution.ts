import { availableParallelism, totalmem } from 'node:os';
import { integer, text, type Setting } from '../setting.js';
import { checkHostPort } from './checks.js';

const EXECUTION = ['execution'];

/** Settings of execution: its runners, their limits and their times. */
export const EXECUTION_SETTINGS = {
  'execution.address': text({
    about: {
      en: 'Where execution is reached, as host:port; empty means in this process.',
      zh: 'execution 服务的地址（host:port）；留空表示在本进程内。',
    },
    default: '',
    check: checkHostPort,
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
} as const satisfies Record<string, Setting<unknown>>;
