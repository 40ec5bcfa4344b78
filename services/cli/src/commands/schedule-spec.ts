import { SluiceError } from '@sluice/chassis';
import {
  CronGrammar,
  DependencyMode,
  DependencyWindow,
  FileOrder,
  FilterOperator,
  MisfirePolicy,
  OverlapPolicy,
  Policies,
  ScheduleSpec,
  Target,
  UpstreamEnd,
  VersionPolicy,
  type EventFilter,
  type RateLimit,
} from '@sluice/proto/scheduling/v1/schedule';
import { fromContractJson } from '../contract-json.js';
import { readDocument, readFlowId } from '../flow-source.js';
import { durationOf, readCount, readPairs, readTime } from '../values.js';

/** What options say of a schedule. */
export interface SpecOptions {
  readonly name?: string;
  readonly description?: string;
  readonly flow?: string;
  readonly cron?: string;
  readonly grammar?: 'quartz' | 'unix';
  readonly every?: string;
  readonly at?: string;
  readonly after?: readonly string[];
  readonly any?: boolean;
  readonly on?: string;
  readonly window?: string;
  readonly folder?: string;
  readonly prefix?: string;
  readonly suffix?: string;
  readonly pattern?: string;
  readonly serial?: boolean;
  readonly order?: 'time' | 'name';
  readonly descending?: boolean;
  readonly settle?: string;
  readonly againWhenChanged?: boolean;
  readonly set?: string;
  readonly subject?: string;
  readonly hook?: boolean;
  readonly hookSecretFile?: string;
  readonly signed?: boolean;
  readonly filter?: readonly string[];
  readonly idPath?: string;
  readonly manual?: boolean;
  readonly zone?: string;
  readonly project?: string;
  readonly label?: readonly string[];
  readonly var?: readonly string[];
  readonly misfire?: string;
  readonly misfireAfter?: string;
  readonly overlap?: string;
  readonly start?: string;
  readonly end?: string;
  readonly jitter?: string;
  readonly calendar?: readonly string[];
  readonly pool?: string;
  readonly poolSlots?: string;
  readonly priority?: string;
  readonly rate?: string;
  readonly maxLateness?: string;
  readonly pauseAfter?: string;
  readonly engine?: string;
  readonly attempts?: string;
  readonly timeout?: string;
}

/** A schedule's content from a file of JSON, as the JSON API has it; `-` is standard input. */
export async function readSpecFile(file: string): Promise<ScheduleSpec> {
  const text = await readDocument(file);
  try {
    return fromContractJson('sluice.scheduling.v1.ScheduleSpec', ScheduleSpec, text);
  } catch (error) {
    const message = `${file} holds no schedule as JSON: ${(error as Error).message}`;
    throw new SluiceError('REQUEST_INVALID', message, { cause: error });
  }
}

/** A flow by its identifier, or `id@version` to stay with a version. */
function targetOf(base: Target | undefined, options: SpecOptions): Target | undefined {
  const target = base ?? (options.flow === undefined ? undefined : Target.create());
  if (target === undefined) return undefined;
  return {
    ...target,
    ...(options.flow === undefined ? {} : flowOf(options.flow)),
    parameters: { ...target.parameters, ...readPairs('--var', options.var ?? []) },
    engine: options.engine ?? target.engine,
    maxAttempts: options.attempts === undefined ? target.maxAttempts : readCount('--attempts', options.attempts),
    timeout: options.timeout === undefined ? target.timeout : durationOf('--timeout', options.timeout),
  };
}

function flowOf(text: string): Partial<Target> {
  const { id: reference, version } = readFlowId(text);
  const isPinned = version > 0;
  const versionPolicy = isPinned ? VersionPolicy.VERSION_POLICY_PINNED : VersionPolicy.VERSION_POLICY_LATEST;
  return { reference, version, versionPolicy };
}

/** Puts what the options say over a schedule's content. */
export function withOptions(base: ScheduleSpec, options: SpecOptions): ScheduleSpec {
  return {
    ...base,
    name: options.name ?? base.name,
    description: options.description ?? base.description,
    project: options.project ?? base.project,
    labels: { ...base.labels, ...readPairs('--label', options.label ?? []) },
    target: targetOf(base.target, options),
    trigger: triggerOf(base.trigger, options),
    policies: policiesOf(base.policies ?? Policies.create(), options),
  };
}

type Trigger = ScheduleSpec['trigger'];

function triggerOf(base: Trigger, options: SpecOptions): Trigger {
  const kinds = (['cron', 'every', 'at', 'after', 'folder', 'subject', 'hook', 'manual'] as const).filter(
    (kind) => options[kind] !== undefined,
  );
  if (kinds.length > 1) {
    const given = kinds.map((kind) => `--${kind}`).join(' and ');
    throw new SluiceError('REQUEST_INVALID', `${given} exclude each other: a schedule is due in one way`);
  }
  const { zone = '' } = options;
  switch (kinds[0]) {
    case 'cron': {
      const grammar = options.grammar === 'unix' ? CronGrammar.CRON_GRAMMAR_UNIX : CronGrammar.CRON_GRAMMAR_QUARTZ;
      return { $case: 'cron', value: { expression: options.cron ?? '', grammar, zone } };
    }
    case 'every':
      return { $case: 'interval', value: { every: durationOf('--every', options.every ?? ''), first: undefined } };
    case 'at':
      return { $case: 'once', value: { time: readTime('--at', options.at ?? '') } };
    case 'after':
      return dependencyOf(options, zone);
    case 'folder':
      return fileOf(options);
    case 'subject':
    case 'hook':
      return eventOf(options);
    case 'manual':
      return { $case: 'manual', value: {} };
    default:
      if (base?.$case !== 'cron' || options.zone === undefined) return base;
      return { $case: 'cron', value: { ...base.value, zone } };
  }
}

function dependencyOf({ after = [], any, window, on }: SpecOptions, zone: string): Trigger {
  const end = wordOf('--on', 'UPSTREAM_END', on ?? 'success', UpstreamEnd);
  const upstreams = after.map((id) => {
    const source = id.startsWith('schedule_')
      ? { $case: 'scheduleId' as const, value: id }
      : { $case: 'flowId' as const, value: id };
    return { source, on: end };
  });
  const mode = any === true ? DependencyMode.DEPENDENCY_MODE_ANY : DependencyMode.DEPENDENCY_MODE_ALL;
  const share = wordOf('--window', 'DEPENDENCY_WINDOW', window ?? 'none', DependencyWindow);
  const value = { upstreams, mode, zone, window: share };
  return ScheduleSpec.fromPartial({ trigger: { $case: 'dependency', value } }).trigger;
}

function fileOf(options: SpecOptions): Trigger {
  const { folder = '', prefix = '', suffix = '', pattern = '', serial = false, descending = false, set = '' } = options;
  const at = set.lastIndexOf('.');
  if (set !== '' && at < 1) {
    throw new SluiceError('REQUEST_INVALID', `--set '${set}' names no property; write it as stop.property`);
  }
  const value = {
    ...{ folder, prefix, suffix, pattern, serial, descending },
    ...(set === '' ? {} : { stop: set.slice(0, at), property: set.slice(at + 1) }),
    order: options.order === 'name' ? FileOrder.FILE_ORDER_NAME : FileOrder.FILE_ORDER_TIME,
    settle: options.settle === undefined ? undefined : durationOf('--settle', options.settle),
    againWhenChanged: options.againWhenChanged ?? false,
  };
  return ScheduleSpec.fromPartial({ trigger: { $case: 'file', value } }).trigger;
}

function eventOf({ subject, signed, filter = [], idPath = '' }: SpecOptions): Trigger {
  const source =
    subject === undefined
      ? { $case: 'hook' as const, value: { secret: '', signed: signed === true } }
      : { $case: 'subject' as const, value: subject };
  return { $case: 'event', value: { source, filters: filter.map(filterOf), idPath } };
}

const COMPARISONS: Readonly<Record<string, FilterOperator>> = {
  '=': FilterOperator.FILTER_OPERATOR_EQUAL,
  '!=': FilterOperator.FILTER_OPERATOR_NOT_EQUAL,
  '~': FilterOperator.FILTER_OPERATOR_MATCHES,
  '>': FilterOperator.FILTER_OPERATOR_GREATER,
  '<': FilterOperator.FILTER_OPERATOR_LESS,
};

/** `order.total>100`, or a path alone for a value that is there. */
function filterOf(text: string): EventFilter {
  const [, path = '', sign = '', value = ''] = /^\s*([^=!~<>\s]+)\s*(?:(!=|=|~|>|<)\s*(.*))?$/s.exec(text) ?? [];
  if (path === '') {
    const message = `--filter '${text}' is no condition; write path=value, path!=value, path>9, path<9, path~regex, or path`;
    throw new SluiceError('REQUEST_INVALID', message);
  }
  return { path, operator: COMPARISONS[sign] ?? FilterOperator.FILTER_OPERATOR_EXISTS, value };
}

function policiesOf(base: Policies, options: SpecOptions): Policies {
  const { misfire, misfireAfter, overlap, start, end, jitter, calendar, pool, priority, maxLateness, pauseAfter } =
    options;
  return {
    ...base,
    ...(misfire === undefined ? {} : misfireOf(misfire)),
    ...(overlap === undefined ? {} : overlapOf(overlap)),
    misfireAfter: misfireAfter === undefined ? base.misfireAfter : durationOf('--misfire-after', misfireAfter),
    startTime: start === undefined ? base.startTime : readTime('--start', start),
    endTime: end === undefined ? base.endTime : readTime('--end', end),
    jitter: jitter === undefined ? base.jitter : durationOf('--jitter', jitter),
    calendars: calendar === undefined ? base.calendars : [...calendar],
    pool: pool ?? base.pool,
    poolSlots: options.poolSlots === undefined ? base.poolSlots : readCount('--pool-slots', options.poolSlots),
    rateLimit: options.rate === undefined ? base.rateLimit : rateOf(options.rate),
    priority: priority === undefined ? base.priority : readCount('--priority', priority, 0),
    maxLateness: maxLateness === undefined ? base.maxLateness : durationOf('--max-lateness', maxLateness),
    pauseAfterFailures: pauseAfter === undefined ? base.pauseAfterFailures : readCount('--pause-after', pauseAfter, 0),
  };
}

/** `10/1h`: at most so many starts in a time. */
function rateOf(text: string): RateLimit {
  const [count = '', per = ''] = text.split('/');
  if (per === '') throw new SluiceError('REQUEST_INVALID', `--rate: '${text}' is no rate; write such as 10/1h`);
  return { count: readCount('--rate', count), per: durationOf('--rate', per) };
}

/** `skip`, `once`, `all`, or `within:10m`. */
function misfireOf(text: string): Partial<Policies> {
  const [word = '', time] = text.split(':');
  const misfire = wordOf('--misfire', 'MISFIRE_POLICY', word, MisfirePolicy);
  return { misfire, ...(time === undefined ? {} : { misfireWithin: durationOf('--misfire', time) }) };
}

/** `allow`, `skip`, `queue`, `queue:3`, or `cancel-previous`. */
function overlapOf(text: string): Partial<Policies> {
  const [word = '', count] = text.split(':');
  const overlap = wordOf('--overlap', 'OVERLAP_POLICY', word, OverlapPolicy);
  return { overlap, ...(count === undefined ? {} : { queueLimit: readCount('--overlap', count) }) };
}

/** A word of an enum of the contract, as people write it. */
export function wordOf<E extends string>(
  option: string,
  prefix: string,
  text: string,
  words: Readonly<Record<string, E>>,
): E {
  const wanted = `${prefix}_${text.trim().toUpperCase().replaceAll('-', '_')}`;
  const found = Object.values(words).find((each) => each === wanted && !each.endsWith('_UNSPECIFIED'));
  if (found !== undefined) return found;
  const known = Object.values(words)
    .filter((each) => each.startsWith(prefix) && !each.endsWith('_UNSPECIFIED'))
    .map((each) =>
      each
        .slice(prefix.length + 1)
        .toLowerCase()
        .replaceAll('_', '-'),
    );
  throw new SluiceError('REQUEST_INVALID', `${option}: '${text}' is not possible; use ${known.join(', ')}`);
}
