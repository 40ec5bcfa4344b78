import { VersionPolicy } from '@sluice/proto/scheduling/v1/schedule';
import type { Definition } from '../schedules/definition.js';
import { durationMs } from '../schedules/duration.js';
import { localText } from '../triggers/zone-time.js';
import type { JobRequest } from './tick-record.js';

/** The label of runs that holds the schedule that started them. */
export const SCHEDULE_LABEL = 'sluice.schedule';
/** The label of runs that holds the key of their tick. */
export const TICK_LABEL = 'sluice.tick';

/** What a tick knows that its flow may use. Times are in epoch milliseconds. */
export interface TickContext {
  readonly scheduleId: string;
  readonly key: string;
  readonly dueMs: number;
  readonly logicalMs: number;
  /** The begin of the stretch of time whose data the run is for. */
  readonly fromMs: number;
  readonly lastSuccessMs: number | undefined;
  /** What made it brings these: the file, the event, what a person gave. They go before all others. */
  readonly given: Readonly<Record<string, string>>;
}

/** The variables of a tick: times as `2026-11-21T13:05:00+08:00` in the schedule's zone. */
export function tickVariables(definition: Definition, zone: string, tick: TickContext): Record<string, string> {
  const texts = new Map<number, string>();
  const text = (ms: number): string => {
    let found = texts.get(ms);
    if (found === undefined) texts.set(ms, (found = localText(zone, ms)));
    return found;
  };
  return {
    SLUICE_SCHEDULE: tick.scheduleId,
    SLUICE_SCHEDULE_NAME: definition.spec.name,
    SLUICE_TICK: tick.key,
    SLUICE_DUE_TIME: text(tick.dueMs),
    SLUICE_LOGICAL_TIME: text(tick.logicalMs),
    SLUICE_LOGICAL_DATE: text(tick.logicalMs).slice(0, 10),
    SLUICE_INTERVAL_START: text(tick.fromMs),
    SLUICE_INTERVAL_END: text(tick.logicalMs),
    SLUICE_PREVIOUS_SUCCESS: tick.lastSuccessMs === undefined ? '' : text(tick.lastSuccessMs),
    ...tick.given,
  };
}

/** The zone in which a schedule thinks. */
export function zoneOf({ trigger }: Definition, fallback: string): string {
  return 'zoneText' in trigger ? trigger.zoneText : fallback;
}

/** What the job of a tick is started with; earlier runs go on. */
export function jobRequest(
  { target, spec, trigger }: Definition,
  tick: { readonly scheduleId: string; readonly key: string; readonly variables: Readonly<Record<string, string>> },
): JobRequest {
  const isPinned = target.versionPolicy === VersionPolicy.VERSION_POLICY_PINNED;
  const file = tick.variables['SLUICE_FILE'];
  const patch =
    trigger.kind === 'file' && trigger.stop !== '' && file !== undefined
      ? { stop: trigger.stop, property: trigger.property, value: file }
      : undefined;
  return {
    type: target.type === '' ? 'flow' : target.type,
    reference: target.reference,
    version: isPinned ? target.version : 0,
    variables: target.parameters,
    labels: {
      ...spec.labels,
      ...target.labels,
      [SCHEDULE_LABEL]: tick.scheduleId,
      [TICK_LABEL]: tick.key,
    },
    engine: target.engine,
    maxAttempts: target.maxAttempts,
    timeoutMs: durationMs(target.timeout) ?? 0,
    ...(patch === undefined ? {} : { patch }),
    cancelsPrevious: false,
  };
}
