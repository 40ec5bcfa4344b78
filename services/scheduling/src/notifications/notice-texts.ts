import { showMoment, type Zone } from '../cron/index.js';
import type { NoticeEvent, TickFacts } from './facts.js';

/** What a person reads. */
export interface NoticeText {
  /** One line. */
  readonly title: string;
  readonly text: string;
}

/** Says in one language what happened; times are those of the zone's clock. */
export function noticeText(
  event: NoticeEvent,
  facts: TickFacts,
  language: string,
  zone: Zone,
  nowMs: number,
): NoticeText {
  const words = language === 'zh' ? CHINESE : ENGLISH;
  const waited = (facts.firedMs ?? facts.endedMs ?? nowMs) - facts.startMs;
  const took = facts.firedMs === undefined ? 0 : (facts.endedMs ?? nowMs) - facts.firedMs;
  const moment = (ms: number): string => showMoment(new Date(Math.floor(ms / 1000) * 1000), zone);
  const due = moment(facts.dueMs);
  // A name comes from people; a line break in it would look like a line of ours.
  const name = facts.scheduleName.replace(/\s+/g, ' ');
  const lines: [string, string][] = [
    [words.schedule, `${name} (${facts.scheduleId})`],
    [words.project, facts.project],
    [words.due, due],
    [words.started, facts.firedMs === undefined ? '' : moment(facts.firedMs)],
    [words.run, facts.runId],
    [words.failures, event === 'FAILURE' && facts.failures > 1 ? String(facts.failures) : ''],
    [words.failuresBefore, event === 'RECOVERY' ? String(facts.failuresBefore) : ''],
    [words.error, facts.error],
    [words.why, `sluice schedule why ${facts.scheduleId} --tick ${facts.tickKey}`],
    [words.log, facts.runId === '' ? '' : `sluice logs ${facts.runId}`],
  ];
  const said = {
    FAILURE: words.failed(name, facts.runId !== ''),
    RECOVERY: words.recovered(name),
    LATE: facts.isMissed ? words.missed(name) : words.late(name, words.length(waited), facts.firedMs === undefined),
    LONG_RUN: words.long(name, words.length(took), facts.endedMs === undefined),
  }[event];
  const body = lines.filter(([, value]) => value !== '').map(([title, value]) => `${title}${words.colon}${value}`);
  return {
    title: clip(said, 300),
    text: [said, '', ...body, ...(facts.isPaused ? ['', words.paused] : [])].join('\n'),
  };
}

/** A sample, so that people can see that a target is reached. */
export function sampleText(name: string, language: string): NoticeText {
  return language === 'zh'
    ? { title: `Sluice 测试通知：${name}`, text: `这是发给通知目标“${name}”的测试通知，无需处理。` }
    : {
        title: `Sluice test: ${name}`,
        text: `This is a test of the notification target '${name}'. There is nothing to do.`,
      };
}

const ENGLISH = {
  colon: ': ',
  schedule: 'Schedule',
  project: 'Project',
  due: 'Due',
  started: 'Started',
  run: 'Run',
  failures: 'Failed in a row',
  failuresBefore: 'Failures before',
  error: 'Error',
  why: 'Why',
  log: 'Log',
  paused: 'The schedule was paused because of its failures. `sluice schedule resume` lets it go on.',
  failed: (name: string, hasRun: boolean) => `${name} ${hasRun ? 'failed' : 'could not be started'}`,
  recovered: (name: string) => `${name} succeeds again`,
  missed: (name: string) => `${name} was missed`,
  late: (name: string, by: string, waits: boolean) =>
    waits ? `${name} has waited for ${by}` : `${name} started ${by} late`,
  long: (name: string, time: string, runs: boolean) =>
    runs ? `${name} has been running for ${time}` : `${name} took ${time}`,
  length: (ms: number) => lengthOf(ms, ['s', 'min', 'h'], ' '),
};

const CHINESE: typeof ENGLISH = {
  colon: '：',
  schedule: '调度',
  project: '项目',
  due: '计划时间',
  started: '开始时间',
  run: '运行',
  failures: '连续失败次数',
  failuresBefore: '此前失败次数',
  error: '错误',
  why: '原因',
  log: '日志',
  paused: '该调度因连续失败已被暂停；执行 `sluice schedule resume` 可恢复。',
  failed: (name, hasRun) => `${name} ${hasRun ? '运行失败' : '无法启动'}`,
  recovered: (name) => `${name} 已恢复正常`,
  missed: (name) => `${name} 错过了计划时间`,
  late: (name, by, waits) => (waits ? `${name} 已等待 ${by}` : `${name} 延迟 ${by}启动`),
  long: (name, time, runs) => (runs ? `${name} 已运行 ${time}` : `${name} 运行了 ${time}`),
  length: (ms) => lengthOf(ms, ['秒', '分钟', '小时'], ' '),
};

function lengthOf(ms: number, [second, minute, hour]: readonly [string, string, string], gap: string): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds}${gap}${second}`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes}${gap}${minute}`;
  return `${Math.floor(minutes / 60)}${gap}${hour} ${minutes % 60}${gap}${minute}`;
}

function clip(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
