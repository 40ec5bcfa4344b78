import { nextTime, type CronExpression, type Zone } from '../cron/index.js';
import type { Rules } from '../policies/policies.js';

/** When a schedule is due, with every default filled in. Times are in epoch milliseconds. */
export type Trigger =
  | { readonly kind: 'cron'; readonly expression: CronExpression; readonly zone: Zone; readonly zoneText: string }
  | { readonly kind: 'interval'; readonly everyMs: number; readonly firstMs: number }
  | { readonly kind: 'once'; readonly atMs: number }
  | { readonly kind: 'manual' }
  | DependencyRules
  | FileRules
  | EventRules;

/** Waits for runs of other schedules or flows. */
export interface DependencyRules {
  readonly kind: 'dependency';
  readonly upstreams: readonly UpstreamRules[];
  readonly mode: 'all' | 'any';
  readonly window: 'none' | 'hour' | 'day' | 'week' | 'month';
  readonly zoneText: string;
}

export interface UpstreamRules {
  /** `s:` and a schedule's identifier, or `f:` and a flow's. */
  readonly source: string;
  readonly on: 'success' | 'failure' | 'any';
  readonly offsetMs: number;
}

/** Waits for files. */
export interface FileRules {
  readonly kind: 'file';
  readonly folder: string;
  readonly prefix: string;
  readonly suffix: string;
  readonly pattern: RegExp | undefined;
  readonly order: 'time' | 'name';
  readonly isDescending: boolean;
  readonly isSerial: boolean;
  readonly stop: string;
  readonly property: string;
  readonly settleMs: number;
  readonly everyMs: number;
  readonly againWhenChanged: boolean;
}

/** Waits for events. */
export interface EventRules {
  readonly kind: 'event';
  /** The subject that is listened to; empty for a hook. */
  readonly subject: string;
  /** Where the event's own identifier stands in its payload; empty for nowhere. */
  readonly idPath: string;
  readonly filters: readonly FilterRules[];
}

export interface FilterRules {
  readonly path: string;
  readonly operator: 'equal' | 'not-equal' | 'exists' | 'matches' | 'greater' | 'less';
  readonly value: string;
}

/** Whether the times of a trigger are known in advance. */
export function isTimed(trigger: Trigger): boolean {
  return trigger.kind === 'cron' || trigger.kind === 'interval' || trigger.kind === 'once';
}

/** The first due time after an instant, within the schedule's start and end; undefined when there is none. */
export function nextDue(trigger: Trigger, rules: Rules, afterMs: number): number | undefined {
  const after = rules.startMs === undefined ? afterMs : Math.max(afterMs, rules.startMs - 1);
  const due = nextOf(trigger, after);
  if (due === undefined || (rules.endMs !== undefined && due >= rules.endMs)) return undefined;
  return due;
}

function nextOf(trigger: Trigger, afterMs: number): number | undefined {
  if (trigger.kind === 'cron') return nextTime(trigger.expression, trigger.zone, new Date(afterMs))?.getTime();
  if (trigger.kind === 'once') return trigger.atMs > afterMs ? trigger.atMs : undefined;
  if (trigger.kind !== 'interval') return undefined;
  const { everyMs, firstMs } = trigger;
  return afterMs < firstMs ? firstMs : firstMs + (Math.floor((afterMs - firstMs) / everyMs) + 1) * everyMs;
}

const SHORTEST_LOOK_MS = 60_000;
const LONGEST_LOOK_MS = 10 * 366 * 86_400_000;

/** The last due time before an instant; undefined when there is none in ten years. */
export function previousDue(trigger: Trigger, rules: Rules, beforeMs: number): number | undefined {
  // Expressions are only read forwards, so the stretch looked at grows until a due time lies in it.
  for (let look = SHORTEST_LOOK_MS; look <= LONGEST_LOOK_MS; look *= 2) {
    let found: number | undefined;
    let from = beforeMs - look - 1;
    for (;;) {
      const due = nextDue(trigger, rules, from);
      if (due === undefined || due >= beforeMs) break;
      found = due;
      from = due;
    }
    if (found !== undefined) return found;
    if (trigger.kind === 'once') return trigger.atMs < beforeMs ? trigger.atMs : undefined;
  }
  return undefined;
}

/** When a tick starts: its due time, put off by the same part of the jitter each time that it is asked. */
export function startOf(scheduleId: string, dueMs: number, jitterMs: number): number {
  if (jitterMs <= 0) return dueMs;
  return dueMs + (hash(`${scheduleId}/${dueMs}`) % jitterMs);
}

/** FNV-1a, 32 bits: spreads keys evenly and is the same in every process. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    value ^= text.charCodeAt(i);
    value = Math.imul(value, 0x01000193);
  }
  // The low bits of FNV follow the last characters closely; mixing them serves the remainder that callers take.
  value ^= value >>> 15;
  value = Math.imul(value, 0x2c1b3c6d);
  return (value ^ (value >>> 12)) >>> 0;
}
