import {
  ScheduleState,
  TickOutcome,
  TickSource,
  Verdict,
  type RuleVerdict,
  type Schedule,
  type ScheduleSpec,
  type Tick,
} from '@sluice/proto/scheduling/v1/schedule';
import type { ScheduleChange } from '@sluice/proto/scheduling/v1/schedule_service';
import type { RuleResult } from '../policies/decide.js';
import { ruleText, type Language } from '../policies/words.js';
import type { TickRecord, TickState } from '../ticks/tick-record.js';
import type { ChangeRecord, ScheduleRecord, ScheduleStateWord } from './schedule-record.js';
import { withHookSecret } from '../events/hook-secret.js';

/** A schedule as the contract says it. */
export function toSchedule(record: ScheduleRecord, lastTick: TickRecord | undefined): Schedule {
  return {
    id: record.id,
    version: record.version,
    spec: shown(record.spec),
    state: ScheduleState[`SCHEDULE_STATE_${record.state}`],
    stateReason: record.stateReason,
    createTime: new Date(record.createdMs),
    updateTime: new Date(record.updatedMs),
    nextTime: time(record.startMs),
    lastTick: lastTick === undefined ? undefined : toTick(lastTick),
    failures: record.failures,
    warning: record.warning,
    droppedEvents: BigInt(record.dropped),
  };
}

export function toTick(tick: TickRecord): Tick {
  return {
    id: tick.id,
    scheduleId: tick.scheduleId,
    key: tick.key,
    dueTime: new Date(tick.dueMs),
    logicalTime: new Date(tick.logicalMs),
    outcome: TickOutcome[`TICK_OUTCOME_${tick.state}`],
    reason: tick.reason,
    message: tick.message,
    runId: tick.runId ?? '',
    runState: tick.runState ?? '',
    source: TickSource[`TICK_SOURCE_${tick.source}`],
    decideTime: time(tick.decidedMs),
    node: tick.node,
    variables: { ...tick.variables },
    scheduleVersion: tick.scheduleVersion,
    endTime: time(tick.endedMs),
  };
}

export function toChange(change: ChangeRecord): ScheduleChange {
  return {
    version: change.version,
    time: new Date(change.atMs),
    change: change.kind,
    reason: change.reason,
    spec: shown(change.spec),
  };
}

const VERDICTS = {
  pass: Verdict.VERDICT_PASS,
  wait: Verdict.VERDICT_WAIT,
  stop: Verdict.VERDICT_STOP,
  'not-asked': Verdict.VERDICT_NOT_ASKED,
} as const;

export function toVerdict(result: RuleResult, language: Language): RuleVerdict {
  return { rule: result.rule, verdict: VERDICTS[result.verdict], message: ruleText(result, language) };
}

/** The stored words for outcomes of the contract; nothing for those that say nothing. */
export function fromOutcome(outcome: TickOutcome): TickState | undefined {
  if (outcome === TickOutcome.TICK_OUTCOME_UNSPECIFIED || outcome === TickOutcome.UNRECOGNIZED) return undefined;
  return outcome.replace('TICK_OUTCOME_', '') as TickState;
}

export function fromState(state: ScheduleState): ScheduleStateWord | undefined {
  if (state === ScheduleState.SCHEDULE_STATE_UNSPECIFIED || state === ScheduleState.UNRECOGNIZED) return undefined;
  return state.replace('SCHEDULE_STATE_', '') as ScheduleStateWord;
}

/** The content as it may be shown: a hook's secret stays with the service. */
function shown(spec: ScheduleSpec): ScheduleSpec {
  return withHookSecret(spec, '');
}

function time(ms: number | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(ms);
}
