import { createHash } from 'node:crypto';
import {
  PortKind,
  PropertyKind,
  type PortShape,
  type Property,
  type StopGroup,
  type StopType,
} from '@sluice/proto/catalog/v1/stop';
import { RunState, StopState as RunStopState, type Run, type StopRun } from '@sluice/proto/execution/v1/run';
import { javaDate } from './piflow.dates.js';
import { DEFAULT_ICON } from './piflow.icon.js';
import type {
  FlowInfoReply,
  FlowLogReply,
  FlowProgressReply,
  FlowStartReply,
  FlowState,
  FlowStop,
  StopInfo,
  StopProperty,
  StopState,
  WaitingState,
} from './piflow.wire.js';

const FLOW_STATES: Readonly<Record<RunState, FlowState | WaitingState>> = {
  [RunState.RUN_STATE_UNSPECIFIED]: 'ACCEPTED',
  [RunState.RUN_STATE_PENDING]: 'ACCEPTED',
  [RunState.RUN_STATE_QUEUED]: 'ACCEPTED',
  [RunState.RUN_STATE_RETRYING]: 'ACCEPTED',
  [RunState.RUN_STATE_RUNNING]: 'STARTED',
  [RunState.RUN_STATE_STALLED]: 'STARTED',
  [RunState.RUN_STATE_SUCCEEDED]: 'COMPLETED',
  [RunState.RUN_STATE_FAILED]: 'FAILED',
  [RunState.RUN_STATE_CANCELLED]: 'KILLED',
  [RunState.UNRECOGNIZED]: 'STARTED',
};

/** A stop that was never reached stays INIT there; one whose rows came from a checkpoint has done its work. */
const STOP_STATES: Readonly<Record<RunStopState, StopState>> = {
  [RunStopState.STOP_STATE_UNSPECIFIED]: 'INIT',
  [RunStopState.STOP_STATE_WAITING]: 'INIT',
  [RunStopState.STOP_STATE_SKIPPED]: 'INIT',
  [RunStopState.STOP_STATE_RUNNING]: 'STARTED',
  [RunStopState.STOP_STATE_SUCCEEDED]: 'COMPLETED',
  [RunStopState.STOP_STATE_RESTORED]: 'COMPLETED',
  [RunStopState.STOP_STATE_FAILED]: 'FAILED',
  [RunStopState.STOP_STATE_CANCELLED]: 'KILLED',
  [RunStopState.UNRECOGNIZED]: 'STARTED',
};

/** PiFlow's word for the state of a run. */
export function flowState(state: RunState): FlowState | WaitingState {
  return FLOW_STATES[state];
}

/** PiFlow's word for the state of a stop run. */
export function stopState(state: RunStopState): StopState {
  return STOP_STATES[state];
}

/** PiFlow's second name of a run, `process_<uuid>_<n>`: always the same for one run, as it is nowhere stored. */
export function processId(runId: string): string {
  const digest = createHash('sha256').update(`piflow process of ${runId}`).digest();
  // Version 8 of RFC 9562: an identifier of our own making.
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x80, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = digest.toString('hex', 0, 16);
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  return `process_${uuid}_1`;
}

/** Percent as a Scala `Double` is written: `50.0`; `100` for a flow that is complete. */
export function progress(run: Run): string {
  if (run.state === RunState.RUN_STATE_SUCCEEDED) return '100';
  const percent = Math.round(Math.min(1, Math.max(0, run.progress)) * 10_000) / 100;
  return Number.isInteger(percent) ? `${percent}.0` : String(percent);
}

export function toFlowStart(run: Run): FlowStartReply {
  return { flow: { id: run.id, pid: processId(run.id) } };
}

/** @param zone the zone of its times; empty is the machine's */
export function toFlowInfo(run: Run, zone: string): FlowInfoReply {
  const state = flowState(run.state);
  const waits = state === 'ACCEPTED';
  return {
    flow: {
      id: run.id,
      pid: processId(run.id),
      name: run.flowName,
      state,
      // PiFlow answers empty texts for a flow that only YARN knows, and leaves keys without a value out otherwise.
      startTime: waits ? '' : date(run.startTime, zone),
      endTime: waits ? '' : date(run.endTime, zone),
      progress: progress(run),
      stops: run.stops.map((stop) => ({ stop: toFlowStop(stop, zone) })),
    },
  };
}

/** What PiFlow answers for an id that neither its database nor YARN knows. */
export function toUnknownFlowInfo(id: string): FlowInfoReply {
  return { flow: { id, name: '', state: 'FAILED', startTime: '', endTime: '', stops: [] } };
}

function toFlowStop(stop: StopRun, zone: string): FlowStop {
  const state = stopState(stop.state);
  // A stop that was skipped has been given an end, but never began.
  if (state === 'INIT') return { name: stop.name, state };
  return { name: stop.name, state, startTime: date(stop.startTime, zone), endTime: date(stop.endTime, zone) };
}

export function toFlowProgress(run: Run): FlowProgressReply {
  const said = { appId: run.id, name: run.flowName, state: flowState(run.state) };
  const percent = progress(run);
  return {
    FlowInfo: { ...said, progress: percent },
    flow: { ...said, progress: `${percent.replace(/\.0$/, '')}%` },
  };
}

const YARN_STATES = {
  ACCEPTED: { state: 'ACCEPTED', finalStatus: 'UNDEFINED', trackingUI: 'UNASSIGNED' },
  STARTED: { state: 'RUNNING', finalStatus: 'UNDEFINED', trackingUI: 'ApplicationMaster' },
  COMPLETED: { state: 'FINISHED', finalStatus: 'SUCCEEDED', trackingUI: 'History' },
  FAILED: { state: 'FAILED', finalStatus: 'FAILED', trackingUI: 'History' },
  KILLED: { state: 'KILLED', finalStatus: 'KILLED', trackingUI: 'History' },
} as const satisfies Record<FlowState | WaitingState, Partial<FlowLogReply['app']>>;

/** @param origin where this platform's pages are, such as `http://127.0.0.1:8002` */
export function toFlowLog(run: Run, origin: string, nowMs: number): FlowLogReply {
  const startedTime = run.createTime?.getTime() ?? 0;
  const finishedTime = run.endTime?.getTime() ?? 0;
  const id = encodeURIComponent(run.id);
  const { state, finalStatus, trackingUI } = YARN_STATES[flowState(run.state)];
  return {
    app: {
      id: run.id,
      user: 'sluice',
      name: run.flowName,
      queue: 'default',
      state,
      finalStatus,
      progress: Number(progress(run)),
      trackingUI,
      trackingUrl: `${origin}/runs/${id}`,
      diagnostics: run.error?.message ?? '',
      clusterId: Number(/^application_(\d+)_/.exec(run.id)?.[1] ?? 0),
      applicationType: 'SLUICE',
      applicationTags: '',
      startedTime,
      finishedTime,
      elapsedTime: Math.max(0, (finishedTime || nowMs) - startedTime),
      amContainerLogs: `${origin}/node/containerlogs/${id}`,
      amHostHttpAddress: origin.replace(/^https?:\/\//, ''),
    },
  };
}

/** The run that a flow's document asks to go on from; empty when it asks for none, or cannot be read. */
export function resumedRun(document: string): string {
  let value: unknown;
  try {
    value = JSON.parse(document);
  } catch {
    return ''; // Whoever reads the flow says what is wrong with it, and where.
  }
  const flow = (value as { flow?: unknown } | null)?.flow ?? value;
  const parent = (flow as { checkpointParentProcessId?: unknown } | null)?.checkpointParentProcessId;
  return typeof parent === 'string' ? parent.trim() : '';
}

/** The run that a body such as `{"appID":"..."}` names; empty when it names none. */
export function namedRun(body: string): string {
  try {
    const value = JSON.parse(body) as { appID?: unknown; appId?: unknown } | null;
    const id = value?.appID ?? value?.appId;
    return typeof id === 'string' ? id.trim() : '';
  } catch {
    return '';
  }
}

/** The stops whose checkpoint PiFlow would have written by now: it lists folders, and writes one as a stop ends. */
export function toCheckpoints(run: Run): string {
  const states = new Map(run.stops.map((stop) => [stop.name, stopState(stop.state)]));
  return run.checkpoints.filter((name) => states.get(name) === 'COMPLETED').join(',');
}

export function toGroups(groups: readonly StopGroup[]): string {
  return groups.map(({ name }) => name).join(',');
}

export function toStops(stops: readonly StopType[]): string {
  return stops.map(({ name }) => name).join(',');
}

/** `Common:cn.piflow.bundle.common.Fork,CSV:...`; a stop is there once for each of its groups. */
export function toStopsWithGroup(stops: readonly StopType[]): string {
  const pairs = stops.flatMap(({ name, groups }) => groups.map((group) => ({ group, name })));
  pairs.sort((a, b) => a.group.localeCompare(b.group, 'en') || (a.name < b.name ? -1 : 1));
  return pairs.map(({ group, name }) => `${group}:${name}`).join(',');
}

export function toStopInfo(stop: StopType): StopInfo {
  return {
    name: stopName(stop),
    bundle: stop.name,
    owner: stop.owner,
    inports: toPorts(stop.inports),
    outports: toPorts(stop.outports),
    groups: stop.groups.join(','),
    isCustomized: stop.customized === undefined ? 'false' : 'true',
    isDataSource: 'false',
    visualizationType: '',
    description: stop.description?.en ?? '',
    icon: toIcon(stop.icon),
    properties: stop.properties.map(toStopProperty),
  };
}

/** There it is the name of the stop's class; a stop of Sluice's own has a title that tells it from others. */
export function stopName({ name, title }: StopType): string {
  const own = /^cn\.piflow\..*?([^.]+)$/.exec(name)?.[1] ?? title?.en ?? '';
  return own === '' ? name : own;
}

/** PiFlow's words for how ports are named; names of ports themselves, such as `Left,Right`. */
function toPorts(shape: PortShape | undefined): string {
  switch (shape?.kind) {
    case PortKind.PORT_KIND_SINGLE:
      return 'Default';
    case PortKind.PORT_KIND_ANY:
      return 'Any';
    case PortKind.PORT_KIND_ROUTED:
      return 'Route';
    case PortKind.PORT_KIND_NAMED:
      return shape.names.join(',');
    default:
      return 'None';
  }
}

function toStopProperty(property: Property): StopProperty {
  return {
    name: property.name,
    displayName: property.title?.en || property.name,
    description: property.description?.en ?? '',
    defaultValue: toText(property.defaultValue),
    allowableValues: allowableValues(property),
    required: property.required ? 'true' : 'false',
    sensitive: property.secret ? 'true' : 'false',
    example: toText(property.example),
    language: language(property),
  };
}

function allowableValues({ kind, allowedValues }: Property): readonly string[] {
  if (allowedValues.length > 0) return allowedValues;
  return kind === PropertyKind.PROPERTY_KIND_BOOLEAN ? ['true', 'false'] : [''];
}

function language({ kind, detail }: Property): StopProperty['language'] {
  if (kind === PropertyKind.PROPERTY_KIND_SQL) return 'Sql';
  if (kind !== PropertyKind.PROPERTY_KIND_CODE) return 'Text';
  const known = { python: 'Python', scala: 'Scala', shell: 'Shell', sql: 'Sql' } as const;
  return Object.entries(known).find(([word]) => word === detail.toLowerCase())?.[1] ?? 'Text';
}

/** A value as PiFlow's forms hold it: lists with commas, everything else as its text. */
function toText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value) && value.every((each) => typeof each !== 'object')) return value.join(',');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The image of a PNG's data URL; PiFlow's page draws nothing else. */
function toIcon(icon: string): string {
  const [, own] = /^data:image\/png;base64,([A-Za-z0-9+/=\s]+)$/.exec(icon) ?? [];
  const image = (own ?? DEFAULT_ICON).replace(/\s+/g, '');
  return (image.match(/.{1,76}/g) ?? []).join('\r\n');
}

function date(time: Date | undefined, zone: string): string | undefined {
  return time === undefined ? undefined : javaDate(time, zone);
}
