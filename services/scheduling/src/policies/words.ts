import type { RuleResult } from './decide.js';

/** The languages of explanations. */
export type Language = 'en' | 'zh';

/** Reads a language as requests name it; English unless it is Chinese. */
export function readLanguage(text: string): Language {
  return text.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

type Values = Readonly<Record<string, string | number>>;

/** A time as people write it: `90 s`, `5 min`, `2 h`, `1 d`. */
export function durationText(ms: number | string | undefined): string {
  const value = Number(ms ?? 0);
  for (const [unit, size] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ] as const) {
    if (value >= size && (value % size === 0 || value >= size * 10)) return `${Math.round(value / size)} ${unit}`;
  }
  return value < 1000 ? `${value} ms` : `${(value / 1000).toFixed(1)} s`;
}

const time = (ms: number | string | undefined): string => new Date(Number(ms ?? 0)).toISOString();
const because = (reason: string | number | undefined): string => (String(reason ?? '') === '' ? '' : `: ${reason}`);

const WORDS: Readonly<Record<string, readonly [en: (v: Values) => string, zh: (v: Values) => string]>> = {
  decided: [() => 'not looked at: the rules before had decided', () => '未检查：之前的规则已有结论'],
  'other-source': [() => 'does not concern ticks of this origin', () => '不适用于此类来源的触发'],
  'state.active': [() => 'the schedule is active', () => '调度处于启用状态'],
  'state.paused': [(v) => `the schedule is paused${because(v['reason'])}`, (v) => `调度已暂停${because(v['reason'])}`],
  'bounds.none': [() => 'no start or end is set', () => '未设置开始或结束时间'],
  'bounds.before': [(v) => `it begins at ${time(v['time'])}`, (v) => `调度自 ${time(v['time'])} 起生效`],
  'bounds.after': [(v) => `it ended at ${time(v['time'])}`, (v) => `调度已于 ${time(v['time'])} 结束`],
  'bounds.within': [() => 'the time is between start and end', () => '时间在起止范围内'],
  'calendar.none': [() => 'no calendar is set', () => '未设置日历'],
  'calendar.on': [() => 'no calendar excludes the day', () => '日历未排除当天'],
  'calendar.before': [() => 'looked at when the tick came', () => '触发产生时已检查'],
  'calendar.off': [(v) => `the calendar '${v['name']}' excludes the day`, (v) => `日历“${v['name']}”排除了当天`],
  'lateness.none': [() => 'no maximum lateness is set', () => '未设置最大延迟'],
  'lateness.ok': [
    (v) => `${durationText(v['lateMs'])} late; at most ${durationText(v['limitMs'])} are allowed`,
    (v) => `延迟 ${durationText(v['lateMs'])}，允许 ${durationText(v['limitMs'])}`,
  ],
  'lateness.over': [
    (v) => `${durationText(v['lateMs'])} late, which is more than ${durationText(v['limitMs'])}`,
    (v) => `延迟 ${durationText(v['lateMs'])}，超过上限 ${durationText(v['limitMs'])}`,
  ],
  'misfire.before': [() => 'it was found in time and has waited since', () => '及时发现，之后一直等待'],
  'misfire.in-time': [
    (v) => `found in time (${durationText(v['lateMs'])} late)`,
    (v) => `及时发现（延迟 ${durationText(v['lateMs'])}）`,
  ],
  'misfire.skip': [
    (v) => `found ${durationText(v['lateMs'])} late; missed times do not run`,
    (v) => `延迟 ${durationText(v['lateMs'])} 才发现，错过的时间不再执行`,
  ],
  'misfire.all': [
    (v) => `found ${durationText(v['lateMs'])} late; all missed times run`,
    (v) => `延迟 ${durationText(v['lateMs'])} 才发现，错过的时间全部补执行`,
  ],
  'misfire.last': [
    (v) => `found ${durationText(v['lateMs'])} late; it is the last missed time, which runs`,
    (v) => `延迟 ${durationText(v['lateMs'])} 才发现，为最后一次错过的时间，补执行一次`,
  ],
  'misfire.not-last': [
    (v) => `found ${durationText(v['lateMs'])} late; a later time was missed too, and only the last one runs`,
    (v) => `延迟 ${durationText(v['lateMs'])} 才发现，其后还有错过的时间，仅补执行最后一次`,
  ],
  'misfire.within': [
    (v) => `found ${durationText(v['lateMs'])} late, within the ${durationText(v['withinMs'])} that are allowed`,
    (v) => `延迟 ${durationText(v['lateMs'])} 才发现，在允许的 ${durationText(v['withinMs'])} 之内`,
  ],
  'misfire.not-within': [
    (v) => `found ${durationText(v['lateMs'])} late, more than the ${durationText(v['withinMs'])} that are allowed`,
    (v) => `延迟 ${durationText(v['lateMs'])} 才发现，超过允许的 ${durationText(v['withinMs'])}`,
  ],
  'overlap.allow': [() => 'runs may go side by side', () => '允许并行运行'],
  'overlap.free': [() => 'no earlier run is under way', () => '没有进行中的运行'],
  'overlap.skip': [(v) => `${v['active']} earlier run(s) under way`, (v) => `有 ${v['active']} 个运行尚未结束`],
  'overlap.cancel': [
    (v) => `${v['active']} earlier run(s) are cancelled for it`,
    (v) => `为此取消 ${v['active']} 个先前的运行`,
  ],
  'overlap.wait': [
    (v) => `it waits for ${v['active']} run(s) and ${v['waiting']} tick(s) before it`,
    (v) => `等待 ${v['active']} 个运行和 ${v['waiting']} 个在前的触发`,
  ],
  'overlap.full': [
    (v) => `${v['waiting']} tick(s) wait already; ${v['limit']} may`,
    (v) => `已有 ${v['waiting']} 个触发在等待，上限为 ${v['limit']}`,
  ],
  'rate.none': [() => 'no rate limit is set', () => '未设置速率限制'],
  'rate.ok': [
    (v) => `${v['starts']} of ${v['count']} starts in ${durationText(v['perMs'])}`,
    (v) => `${durationText(v['perMs'])} 内已启动 ${v['starts']} 次，上限 ${v['count']} 次`,
  ],
  'rate.over': [
    (v) => `${v['starts']} starts in ${durationText(v['perMs'])}; ${v['count']} are allowed`,
    (v) => `${durationText(v['perMs'])} 内已启动 ${v['starts']} 次，达到上限 ${v['count']} 次`,
  ],
  'pool.none': [() => 'no pool is set', () => '未设置资源池'],
  'pool.gone': [(v) => `there is no pool '${v['name']}' any more`, (v) => `资源池“${v['name']}”已不存在`],
  'pool.free': [
    (v) => `the pool '${v['name']}' has room (${v['taken']} of ${v['slots']} slots taken)`,
    (v) => `资源池“${v['name']}”有空位（已用 ${v['taken']}/${v['slots']}）`,
  ],
  'pool.full': [
    (v) => `the pool '${v['name']}' is full (${v['taken']} of ${v['slots']} slots taken, ${v['wanted']} wanted)`,
    (v) => `资源池“${v['name']}”已满（已用 ${v['taken']}/${v['slots']}，需要 ${v['wanted']}）`,
  ],
  'pool.behind': [
    (v) => `${v['before']} other(s) go before it in the pool '${v['name']}'`,
    (v) => `资源池“${v['name']}”中有 ${v['before']} 个任务排在前面`,
  ],
};

/** What a rule said, in words. */
export function ruleText({ word, values }: Pick<RuleResult, 'word' | 'values'>, language: Language): string {
  const texts = WORDS[word];
  if (texts === undefined) return word;
  return texts[language === 'zh' ? 1 : 0](values ?? {});
}

/** The sentence for the rule that decided; empty when nothing was against a run. */
export function decidingText(rules: readonly RuleResult[], language: Language): string {
  const deciding = rules.find(({ verdict }) => verdict === 'stop' || verdict === 'wait');
  return deciding === undefined ? '' : ruleText(deciding, language);
}
