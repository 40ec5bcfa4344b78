import { SluiceError, isSluiceError } from '@sluice/chassis';
import type { CronExpression, CronGrammar } from './cron-expression.js';
import { describeCron } from './describe.js';
import { readMoment, showMoment } from './moment.js';
import { nextTime, parseCron } from './search.js';
import { parseZone, type Zone } from './zone.js';

/** What is asked about an expression. */
export interface CronQuestion {
  readonly expression: string;
  /** Default Quartz. */
  readonly grammar?: CronGrammar | undefined;
  /** Default UTC. */
  readonly zone?: string | undefined;
  /** Times strictly after this moment; default now. */
  readonly from?: Date | string | undefined;
  /** How many times at most; default 5, at most {@link MOST_TIMES}. */
  readonly count?: number | undefined;
}

/** What an expression means and when it comes. */
export interface CronAnswer {
  readonly expression: CronExpression;
  readonly zone: Zone;
  readonly english: string;
  readonly chinese: string;
  /** The next times; fewer than asked where no more exist. */
  readonly next: readonly Date[];
}

/** The most times that are given at once. */
export const MOST_TIMES = 10_000;
const USUAL_TIMES = 5;

/**
 * Explains an expression and finds its next times.
 *
 * @throws SCHEDULE_INVALID for a wrong expression or zone, REQUEST_INVALID for a wrong moment or count
 */
export function explainCron(question: CronQuestion): CronAnswer {
  const { expression, zone, next } = findTimes(question);
  return { expression, zone, english: describeCron(expression, 'en'), chinese: describeCron(expression, 'zh'), next };
}

function findTimes(question: CronQuestion): Pick<CronAnswer, 'expression' | 'zone' | 'next'> {
  const { grammar = 'quartz', count = USUAL_TIMES } = question;
  if (!Number.isInteger(count) || count < 0 || count > MOST_TIMES) {
    throw new SluiceError('REQUEST_INVALID', `the count ${count} is no whole number from 0 to ${MOST_TIMES}`);
  }
  const expression = parseCron(question.expression, grammar);
  const zone = parseZone(question.zone ?? 'UTC');
  const from = typeof question.from === 'string' ? readMoment(question.from, zone) : (question.from ?? new Date());
  const next: Date[] = [];
  for (let at: Date | undefined = from; next.length < count; next.push(at)) {
    at = nextTime(expression, zone, at);
    if (at === undefined) break;
  }
  return { expression, zone, next };
}

/**
 * Answers a line of JSON, `{"expr", "zone", "from", "count", "grammar"}`, with a line of JSON: `{"next": [...]}` with
 * the times as the clock of the zone shows them, or `{"error": {...}}`; it throws for nothing that a line may hold.
 */
export function answerCronLine(line: string): string {
  try {
    const { zone, next } = findTimes(readQuestion(line));
    return JSON.stringify({ next: next.map((time) => showMoment(time, zone)) });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const { code, reason, message, details, problems } = error;
    return JSON.stringify({ error: { code, reason, message, details, problems } });
  }
}

function isRefusal(error: unknown): error is SluiceError {
  return isSluiceError(error) && error.code === 'INVALID_ARGUMENT';
}

function readQuestion(line: string): CronQuestion {
  const wrong = (what: string): SluiceError =>
    new SluiceError(
      'REQUEST_INVALID',
      `${what}; a line looks like {"expr": "0 0 12 * * ?", "zone": "UTC", "count": 5}`,
    );
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw wrong(`the line is not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null) throw wrong('the line is no JSON object');
  const { expr, zone, from, count, grammar } = value as Readonly<Record<string, unknown>>;
  if (typeof expr !== 'string') throw wrong('expr is no text');
  const text = (name: string, given: unknown): string | undefined => {
    if (given === undefined || given === null || typeof given === 'string') return given ?? undefined;
    throw wrong(`${name} is no text`);
  };
  if (count !== undefined && count !== null && typeof count !== 'number') throw wrong('count is no number');
  const wanted = text('grammar', grammar);
  if (wanted !== undefined && wanted !== 'quartz' && wanted !== 'unix')
    throw wrong('grammar is neither quartz nor unix');
  return {
    expression: expr,
    zone: text('zone', zone),
    from: text('from', from),
    count: count ?? undefined,
    grammar: wanted,
  };
}
