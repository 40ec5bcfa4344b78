import { SluiceError, isSluiceError, type Problem } from '@sluice/chassis';
import {
  CronGrammar,
  DependencyMode,
  DependencyWindow,
  FileOrder,
  FilterOperator,
  MisfirePolicy,
  OverlapPolicy,
  UpstreamEnd,
  VersionPolicy,
  type Policies,
  type ScheduleSpec,
  type Target,
} from '@sluice/proto/scheduling/v1/schedule';
import { parseCron, parseZone } from '../cron/index.js';
import { isOwnSubject } from '../events/own-subject.js';
import { DEFAULT_RULES, type Rules } from '../policies/policies.js';
import type { FilterRules, Trigger, UpstreamRules } from '../triggers/trigger.js';

/** A schedule's content, checked and with every default filled in. */
export interface Definition {
  readonly spec: ScheduleSpec;
  readonly target: Target;
  readonly trigger: Trigger;
  readonly rules: Rules;
}

/** What a definition needs besides its text. */
export interface Surroundings {
  /** The platform's time zone, for schedules that name none. */
  readonly zone: string;
  /** When the schedule was created: the first due time of an interval that names none. */
  readonly createdMs: number;
}

interface Duration {
  readonly seconds: bigint;
  readonly nanos: number;
}

const SECOND_MS = 1000;
const DEFAULT_LOOK_MS = 5_000;
const LEAST_SECRET = 8;
const MOST_TEXT = 200;

/** A duration of the contract in milliseconds. */
export function durationMs(duration: Duration | undefined): number | undefined {
  return duration === undefined ? undefined : Number(duration.seconds) * 1000 + Math.round(duration.nanos / 1e6);
}

/** Gathers what is wrong, each with the field that it concerns. */
class Problems {
  readonly found: Problem[] = [];

  add(property: string, message: string): void {
    this.found.push({ reason: 'SCHEDULE_INVALID', message: `${property}: ${message}`, property });
  }

  /** What `work` gives; its error becomes a problem of the field. */
  try<T>(property: string, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!isSluiceError(error)) throw error;
      this.add(property, error.message);
      return undefined;
    }
  }
}

/**
 * Reads what people say of a schedule.
 *
 * @throws SCHEDULE_INVALID with every problem found
 */
export function readDefinition(spec: ScheduleSpec, around: Surroundings): Definition {
  const problems = new Problems();
  if (spec.name.trim() === '' || spec.name.length > MOST_TEXT) {
    problems.add('name', `it has ${spec.name.length} characters; give 1 to ${MOST_TEXT}`);
  }
  if (spec.project.length > 64) problems.add('project', 'it has more than 64 characters');
  for (const [name, value] of Object.entries(spec.labels)) {
    if (name.length > 64 || value.length > MOST_TEXT) problems.add('labels', `'${name}' is longer than labels may be`);
  }
  const { target } = spec;
  if (target === undefined || target.reference === '') problems.add('target.reference', 'it names nothing to run');
  else checkTarget(target, problems);
  const trigger = readTrigger(spec, around, problems);
  const rules = readRules(spec.policies, trigger, problems);
  if (problems.found.length > 0 || target === undefined || trigger === undefined) {
    const [first] = problems.found;
    const more = problems.found.length > 1 ? ` (and ${problems.found.length - 1} more)` : '';
    const message = `the schedule '${spec.name}' is not as it should be: ${first?.message ?? ''}${more}`;
    throw new SluiceError('SCHEDULE_INVALID', message, { problems: problems.found });
  }
  return { spec, target, trigger, rules };
}

function checkTarget(target: Target, problems: Problems): void {
  if (target.reference.length > 64) problems.add('target.reference', 'an identifier has at most 64 characters');
  if (target.maxAttempts < 0 || target.maxAttempts > 100) problems.add('target.max_attempts', 'give 1 to 100');
  if (target.version < 0) problems.add('target.version', 'it is less than 0');
  if ((durationMs(target.timeout) ?? 0) < 0) problems.add('target.timeout', 'it is less than 0');
  if (target.version > 0 && target.versionPolicy !== VersionPolicy.VERSION_POLICY_PINNED) {
    problems.add('target.version', 'only a pinned target has a version; set version_policy to VERSION_POLICY_PINNED');
  }
}

function readTrigger(spec: ScheduleSpec, around: Surroundings, problems: Problems): Trigger | undefined {
  const { trigger } = spec;
  if (trigger === undefined) {
    problems.add('trigger', 'give one of cron, interval, once, dependency, file, event and manual');
    return undefined;
  }
  const zoneOf = (field: string, text: string): string => {
    const zone = text.trim() === '' ? around.zone : text.trim();
    problems.try(field, () => parseZone(zone));
    return zone;
  };
  switch (trigger.$case) {
    case 'cron': {
      const { expression: text, grammar, zone: zoneText } = trigger.value;
      const isUnix = grammar === CronGrammar.CRON_GRAMMAR_UNIX;
      const expression = problems.try('cron.expression', () => parseCron(text, isUnix ? 'unix' : 'quartz'));
      const name = zoneText.trim() === '' ? around.zone : zoneText.trim();
      const zone = problems.try('cron.zone', () => parseZone(name));
      if (expression === undefined || zone === undefined) return undefined;
      return { kind: 'cron', expression, zone, zoneText: name };
    }
    case 'interval': {
      const everyMs = durationMs(trigger.value.every) ?? 0;
      if (everyMs < SECOND_MS) problems.add('interval.every', 'it is shorter than a second');
      return { kind: 'interval', everyMs, firstMs: trigger.value.first?.getTime() ?? around.createdMs };
    }
    case 'once':
      if (trigger.value.time === undefined) problems.add('once.time', 'it names no time');
      return { kind: 'once', atMs: trigger.value.time?.getTime() ?? 0 };
    case 'manual':
      return { kind: 'manual' };
    case 'dependency': {
      const { upstreams, mode, window, zone } = trigger.value;
      if (upstreams.length === 0) problems.add('dependency.upstreams', 'it waits for nothing; name a schedule or flow');
      if (upstreams.length > 100) problems.add('dependency.upstreams', 'it waits for more than 100');
      return {
        kind: 'dependency',
        upstreams: upstreams.map((each, index): UpstreamRules => {
          const { source, on, offset } = each;
          if (source === undefined || source.value === '') {
            problems.add(`dependency.upstreams[${index}]`, 'it names neither a schedule nor a flow');
          }
          return {
            source: `${source?.$case === 'flowId' ? 'f' : 's'}:${source?.value ?? ''}`,
            on:
              on === UpstreamEnd.UPSTREAM_END_FAILURE
                ? 'failure'
                : on === UpstreamEnd.UPSTREAM_END_ANY
                  ? 'any'
                  : 'success',
            offsetMs: durationMs(offset) ?? 0,
          };
        }),
        mode: mode === DependencyMode.DEPENDENCY_MODE_ANY ? 'any' : 'all',
        window: WINDOWS[window] ?? 'none',
        zoneText: zoneOf('dependency.zone', zone),
      };
    }
    case 'file': {
      const file = trigger.value;
      if (file.folder.trim() === '') problems.add('file.folder', 'it names no folder');
      if ((file.stop === '') !== (file.property === '')) problems.add('file.property', 'give both stop and property');
      return {
        kind: 'file',
        folder: file.folder.trim(),
        prefix: file.prefix,
        suffix: file.suffix,
        pattern: file.pattern === '' ? undefined : readPattern('file.pattern', file.pattern, problems),
        order: file.order === FileOrder.FILE_ORDER_NAME ? 'name' : 'time',
        isDescending: file.descending,
        isSerial: file.serial,
        stop: file.stop,
        property: file.property,
        settleMs: Math.max(0, durationMs(file.settle) ?? DEFAULT_LOOK_MS),
        everyMs: Math.max(SECOND_MS, durationMs(file.every) ?? DEFAULT_LOOK_MS),
        againWhenChanged: file.againWhenChanged,
      };
    }
    case 'event': {
      const { source, filters, idPath } = trigger.value;
      if (source === undefined) problems.add('event', 'give a subject or a hook');
      if (source?.$case === 'subject' && !isSubject(source.value)) {
        problems.add('event.subject', `'${source.value}' is no subject; ${SUBJECT_HELP}`);
      }
      if (source?.$case === 'hook' && source.value.secret.length < LEAST_SECRET) {
        problems.add('event.hook.secret', `it has fewer than ${LEAST_SECRET} characters`);
      }
      return {
        kind: 'event',
        subject: source?.$case === 'subject' ? source.value : '',
        idPath,
        filters: filters.map(({ path, operator, value }, index): FilterRules => {
          const field = `event.filters[${index}]`;
          if (path === '') problems.add(`${field}.path`, 'it names no value');
          const word = OPERATORS[operator] ?? 'equal';
          if (word === 'matches') readPattern(`${field}.value`, value, problems);
          const isNumber = value.trim() !== '' && Number.isFinite(Number(value));
          if ((word === 'greater' || word === 'less') && !isNumber) {
            problems.add(`${field}.value`, `'${value}' is no number`);
          }
          return { path, operator: word, value };
        }),
      };
    }
  }
}

const WINDOWS: Readonly<Partial<Record<DependencyWindow, 'hour' | 'day' | 'week' | 'month'>>> = {
  [DependencyWindow.DEPENDENCY_WINDOW_HOUR]: 'hour',
  [DependencyWindow.DEPENDENCY_WINDOW_DAY]: 'day',
  [DependencyWindow.DEPENDENCY_WINDOW_WEEK]: 'week',
  [DependencyWindow.DEPENDENCY_WINDOW_MONTH]: 'month',
};

const OPERATORS: Readonly<Partial<Record<FilterOperator, FilterRules['operator']>>> = {
  [FilterOperator.FILTER_OPERATOR_NOT_EQUAL]: 'not-equal',
  [FilterOperator.FILTER_OPERATOR_EXISTS]: 'exists',
  [FilterOperator.FILTER_OPERATOR_MATCHES]: 'matches',
  [FilterOperator.FILTER_OPERATOR_GREATER]: 'greater',
  [FilterOperator.FILTER_OPERATOR_LESS]: 'less',
};

const MISFIRES: Readonly<Partial<Record<MisfirePolicy, Rules['misfire']>>> = {
  [MisfirePolicy.MISFIRE_POLICY_SKIP]: 'skip',
  [MisfirePolicy.MISFIRE_POLICY_ALL]: 'all',
  [MisfirePolicy.MISFIRE_POLICY_WITHIN]: 'within',
};

const OVERLAPS: Readonly<Partial<Record<OverlapPolicy, Rules['overlap']>>> = {
  [OverlapPolicy.OVERLAP_POLICY_SKIP]: 'skip',
  [OverlapPolicy.OVERLAP_POLICY_QUEUE]: 'queue',
  [OverlapPolicy.OVERLAP_POLICY_CANCEL_PREVIOUS]: 'cancel-previous',
};

function readRules(policies: Policies | undefined, trigger: Trigger | undefined, problems: Problems): Rules {
  // Files that are taken one after another form a queue without end: none of them may get lost.
  const isSerial = trigger?.kind === 'file' && trigger.isSerial;
  const serial = isSerial ? ({ overlap: 'queue', queueLimit: Infinity } as const) : {};
  if (policies === undefined) return { ...DEFAULT_RULES, ...serial };
  const time = (field: string, duration: Duration | undefined): number | undefined => {
    const ms = durationMs(duration);
    if (ms !== undefined && ms < 0) problems.add(`policies.${field}`, 'it is less than 0');
    return ms;
  };
  const count = (field: string, value: number, least: number): number => {
    if (value < 0) problems.add(`policies.${field}`, 'it is less than 0');
    return Math.max(least, value);
  };
  const misfire = MISFIRES[policies.misfire] ?? DEFAULT_RULES.misfire;
  const misfireWithinMs = time('misfire_within', policies.misfireWithin);
  if (misfire === 'within' && misfireWithinMs === undefined) {
    problems.add('policies.misfire_within', 'MISFIRE_POLICY_WITHIN needs it');
  }
  const startMs = policies.startTime?.getTime();
  const endMs = policies.endTime?.getTime();
  if (startMs !== undefined && endMs !== undefined && endMs <= startMs) {
    problems.add('policies.end_time', 'it is not after start_time');
  }
  const rate = policies.rateLimit;
  const perMs = time('rate_limit.per', rate?.per) ?? 0;
  if (rate !== undefined && (rate.count < 1 || perMs < 1)) {
    problems.add('policies.rate_limit', 'give a count of at least 1 and a time');
  }
  return {
    misfire,
    misfireAfterMs: time('misfire_after', policies.misfireAfter) ?? DEFAULT_RULES.misfireAfterMs,
    misfireWithinMs: misfireWithinMs ?? 0,
    overlap: OVERLAPS[policies.overlap] ?? DEFAULT_RULES.overlap,
    queueLimit: count('queue_limit', policies.queueLimit, 1),
    startMs,
    endMs,
    jitterMs: time('jitter', policies.jitter) ?? 0,
    calendars: [...new Set(policies.calendars)],
    maxLatenessMs: time('max_lateness', policies.maxLateness),
    pauseAfterFailures: count('pause_after_failures', policies.pauseAfterFailures, 0),
    pool: policies.pool,
    poolSlots: count('pool_slots', policies.poolSlots, 1),
    priority: policies.priority,
    rate: rate === undefined ? undefined : { count: rate.count, perMs },
    ...serial,
  };
}

function readPattern(field: string, text: string, problems: Problems): RegExp | undefined {
  try {
    return new RegExp(`^(?:${text})$`, 'u');
  } catch (error) {
    problems.add(
      field,
      `'${text}' is no regular expression: ${error instanceof Error ? error.message : String(error)}`,
    );
    return undefined;
  }
}

const SUBJECT_HELP =
  "write words of letters, digits, '-' and '_' after a first such word, with * for one word or > at the end: " +
  'orders.created, orders.>, or sluice.v1.<service>.<noun>.<verb> for what the platform tells';

function isSubject(text: string): boolean {
  if (!/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+|\.\*)*(\.>)?$/.test(text) || text.length > 200) return false;
  return !isOwnSubject(text) || /^sluice\.v1\../.test(text);
}
