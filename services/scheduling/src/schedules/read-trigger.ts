import {
  CronGrammar,
  DependencyMode,
  DependencyWindow,
  FileOrder,
  FilterOperator,
  UpstreamEnd,
  type ScheduleSpec,
} from '@sluice/proto/scheduling/v1/schedule';
import { parseCron, parseZone } from '../cron/index.js';
import { isOwnSubject } from '../events/own-subject.js';
import type { FilterRules, Trigger, UpstreamRules } from '../triggers/trigger.js';
import { durationMs } from './duration.js';
import type { Problems } from './problems.js';

const SECOND_MS = 1000;
const DEFAULT_LOOK_MS = 5_000;
const LEAST_SECRET = 8;

/** What a schedule needs besides its text. */
export interface Surroundings {
  /** The platform's time zone, for schedules that name none. */
  readonly zone: string;
  /** When the schedule was created: the first due time of an interval that names none. */
  readonly createdMs: number;
}

/** Reads what makes a schedule due; undefined where too little is said of it. */
export function readTrigger(spec: ScheduleSpec, around: Surroundings, problems: Problems): Trigger | undefined {
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
