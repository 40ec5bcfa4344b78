import type { Client } from '@sluice/chassis';
import { FlowServiceService } from '@sluice/proto/catalog/v1/flow_service';
import { Flow } from '@sluice/proto/common/v1/flow';
import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { ScheduleSpec, type Tick } from '@sluice/proto/scheduling/v1/schedule';
import {
  CreateScheduleRequest,
  ListTicksRequest,
  ScheduleServiceService,
  TriggerScheduleRequest,
} from '@sluice/proto/scheduling/v1/schedule_service';
import type { TestPlatform } from './platform.js';
import { until } from './until.js';

/** A flow of one stop whose rows are shown. */
export function flowOf(name: string, bundle: string, properties: object): object {
  const stops = [
    { name: 'first', bundle, properties },
    { name: 'show', bundle: 'cn.piflow.bundle.external.ShowData', properties: { showNumber: '5' } },
  ];
  return { name, stops, paths: [{ from: 'first', outport: '', inport: '', to: 'show' }] };
}

/** What tests of schedules ask of a platform. */
export class ScheduleDesk {
  readonly schedules: Client<typeof ScheduleServiceService>;
  readonly runs: Client<typeof RunServiceService>;
  readonly flows: Client<typeof FlowServiceService>;

  constructor({ clients }: Pick<TestPlatform, 'clients'>) {
    this.schedules = clients.get(ScheduleServiceService);
    this.runs = clients.get(RunServiceService);
    this.flows = clients.get(FlowServiceService);
  }

  /** Keeps a flow; gives its identifier. */
  async keep(flow: object): Promise<string> {
    const wish = { flow: Flow.fromPartial(flow), comment: '', idempotencyKey: '' };
    return (await this.flows.createFlow(wish)).flow?.id ?? '';
  }

  /** Creates a schedule of a flow, one that is triggered unless the content says else; gives its identifier. */
  async create(flowId: string, spec: object = {}): Promise<string> {
    const base = { name: 'test', target: { reference: flowId }, trigger: { $case: 'manual', value: {} } };
    const full = ScheduleSpec.fromPartial({ ...base, ...spec } as object);
    return (await this.schedules.createSchedule(CreateScheduleRequest.fromPartial({ spec: full }))).schedule?.id ?? '';
  }

  async trigger(id: string): Promise<Tick> {
    return (await this.schedules.triggerSchedule(TriggerScheduleRequest.fromPartial({ id }))).tick as Tick;
  }

  /** Waits until a schedule has so many ticks whose runs have succeeded; gives them. */
  async good(scheduleId: string, count: number): Promise<Tick[]> {
    return until(`${count} good runs of ${scheduleId}`, async () => {
      const found = (await this.ticks(scheduleId)).filter(({ runState }) => runState === 'SUCCEEDED');
      return found.length >= count ? found : undefined;
    });
  }

  /** The ticks of a schedule, the last due first. */
  async ticks(scheduleId: string): Promise<Tick[]> {
    return (await this.schedules.listTicks(ListTicksRequest.fromPartial({ scheduleId, pageSize: 500 }))).ticks;
  }

  /** Waits until a schedule has so many ticks whose runs have ended; gives them. */
  async ended(scheduleId: string, count: number): Promise<Tick[]> {
    return until(`${count} ended runs of ${scheduleId}`, async () => {
      const found = (await this.ticks(scheduleId)).filter(({ runState }) => runState !== '' && runState !== 'ACTIVE');
      return found.length >= count ? found : undefined;
    });
  }
}

/** What waits for other schedules or flows. */
export function after(upstreams: readonly object[], more: object = {}): object {
  return { trigger: { $case: 'dependency', value: { upstreams, ...more } } };
}

export const schedule = (value: string, more: object = {}): object => ({
  source: { $case: 'scheduleId', value },
  ...more,
});
export const flow = (value: string, more: object = {}): object => ({ source: { $case: 'flowId', value }, ...more });
