import { PortKind, Property, PropertyKind, StopType } from '@sluice/proto/catalog/v1/stop';
import { Run, RunState, StopRun, StopState } from '@sluice/proto/execution/v1/run';
import { describe, expect, it } from 'vitest';
import { DEFAULT_ICON } from './piflow.icon.js';
import * as mapping from './piflow.mapping.js';

const ID = 'application_1540442049798_0297';
const at = (seconds: number): Date => new Date(Date.UTC(2018, 10, 27, 6, 37, seconds));

function run(more: Partial<Run> = {}): Run {
  return Run.fromPartial({
    id: ID,
    flowName: 'xml,csv-merge-fork',
    state: RunState.RUN_STATE_RUNNING,
    progress: 0.5,
    createTime: at(0),
    startTime: at(3),
    stops: [
      StopRun.fromPartial({
        name: 'CsvParser',
        state: StopState.STOP_STATE_SUCCEEDED,
        startTime: at(3),
        endTime: at(9),
      }),
      StopRun.fromPartial({ name: 'Merge', state: StopState.STOP_STATE_RUNNING, startTime: at(9) }),
      StopRun.fromPartial({ name: 'CsvSave', state: StopState.STOP_STATE_WAITING }),
    ],
    ...more,
  });
}

describe('a run in the words of PiFlow', () => {
  it('has the states of PiFlow for its own', () => {
    const words = Object.values(RunState).map((state) => [state.replace('RUN_STATE_', ''), mapping.flowState(state)]);
    expect(Object.fromEntries(words)).toEqual({
      UNSPECIFIED: 'ACCEPTED',
      PENDING: 'ACCEPTED',
      QUEUED: 'ACCEPTED',
      RETRYING: 'ACCEPTED',
      RUNNING: 'STARTED',
      STALLED: 'STARTED',
      SUCCEEDED: 'COMPLETED',
      FAILED: 'FAILED',
      CANCELLED: 'KILLED',
      UNRECOGNIZED: 'STARTED',
    });
  });

  it('is told with its stops while it runs, without keys that have no value yet', () => {
    const info = JSON.parse(JSON.stringify(mapping.toFlowInfo(run(), 'Asia/Shanghai'))) as object;
    expect(info).toEqual({
      flow: {
        id: ID,
        pid: mapping.processId(ID),
        name: 'xml,csv-merge-fork',
        state: 'STARTED',
        startTime: 'Tue Nov 27 14:37:03 CST 2018',
        progress: '50.0',
        stops: [
          {
            stop: {
              name: 'CsvParser',
              state: 'COMPLETED',
              startTime: 'Tue Nov 27 14:37:03 CST 2018',
              endTime: 'Tue Nov 27 14:37:09 CST 2018',
            },
          },
          { stop: { name: 'Merge', state: 'STARTED', startTime: 'Tue Nov 27 14:37:09 CST 2018' } },
          { stop: { name: 'CsvSave', state: 'INIT' } },
        ],
      },
    });
  });

  it('has empty times while it waits, as there', () => {
    const { flow } = mapping.toFlowInfo(run({ state: RunState.RUN_STATE_QUEUED, startTime: undefined }), 'UTC');
    expect([flow.state, flow.startTime, flow.endTime]).toEqual(['ACCEPTED', '', '']);
  });

  it('shows a stop that was skipped as one that never began', () => {
    const skipped = StopRun.fromPartial({ name: 'S', state: StopState.STOP_STATE_SKIPPED, endTime: at(9) });
    const { flow } = mapping.toFlowInfo(run({ state: RunState.RUN_STATE_FAILED, stops: [skipped] }), 'UTC');
    expect(flow.stops).toEqual([{ stop: { name: 'S', state: 'INIT' } }]);
  });

  it.each([
    [RunState.RUN_STATE_RUNNING, 0, '0.0', '0%'],
    [RunState.RUN_STATE_RUNNING, 1 / 3, '33.33', '33.33%'],
    [RunState.RUN_STATE_RUNNING, 1, '100.0', '100%'],
    [RunState.RUN_STATE_SUCCEEDED, 1, '100', '100%'],
    [RunState.RUN_STATE_FAILED, 0.5, '50.0', '50%'],
  ])('has its progress under both keys: %s %d', (state, done, server, manual) => {
    const { FlowInfo, flow } = mapping.toFlowProgress(run({ state, progress: done }));
    expect([FlowInfo.progress, flow.progress]).toEqual([server, manual]);
    expect(FlowInfo.appId).toBe(ID);
  });

  it('has one process id for each run, always the same', () => {
    expect(mapping.processId(ID)).toMatch(
      /^process_[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}_1$/,
    );
    expect(mapping.processId(ID)).toBe(mapping.processId(ID));
    expect(mapping.processId(`${ID}0`)).not.toBe(mapping.processId(ID));
  });

  it('is told as an application of YARN with pages of this platform', () => {
    const failed = run({
      state: RunState.RUN_STATE_FAILED,
      endTime: at(37),
      error: { reason: 'FILE_NOT_FOUND', message: 'there is no file', details: {}, problems: [] },
    });
    expect(mapping.toFlowLog(failed, 'http://127.0.0.1:8002', 0).app).toMatchObject({
      id: ID,
      state: 'FAILED',
      finalStatus: 'FAILED',
      diagnostics: 'there is no file',
      clusterId: 1540442049798,
      startedTime: at(0).getTime(),
      finishedTime: at(37).getTime(),
      elapsedTime: 37_000,
      amContainerLogs: `http://127.0.0.1:8002/node/containerlogs/${ID}`,
      amHostHttpAddress: '127.0.0.1:8002',
    });
  });

  it('counts the time so far of an application that runs', () => {
    const { app } = mapping.toFlowLog(run(), 'http://h', at(5).getTime());
    expect([app.state, app.finalStatus, app.finishedTime, app.elapsedTime]).toEqual(['RUNNING', 'UNDEFINED', 0, 5_000]);
  });

  it('lists the checkpoints whose stop has ended well', () => {
    expect(mapping.toCheckpoints(run({ checkpoints: ['CsvParser', 'Merge', 'CsvSave'] }))).toBe('CsvParser');
  });
});

describe('what a client sends', () => {
  it('names a run by appID, or as the manual writes it', () => {
    expect(mapping.namedRun(`{"appID":"${ID}"}`)).toBe(ID);
    expect(mapping.namedRun(`{"appId":" ${ID} "}`)).toBe(ID);
    expect(['', '{', 'null', '[]', '{"appID":7}', '"x"'].map(mapping.namedRun)).toEqual(['', '', '', '', '', '']);
  });

  it('asks for an earlier run with or without the wrapper of a flow', () => {
    expect(mapping.resumedRun(`{"flow":{"checkpointParentProcessId":"${ID}"}}`)).toBe(ID);
    expect(mapping.resumedRun(`{"checkpointParentProcessId":"${ID}"}`)).toBe(ID);
    const none = ['', '{', 'null', '[]', '{"flow":null}', '{"flow":{"checkpointParentProcessId":""}}'];
    expect(none.map(mapping.resumedRun)).toEqual(none.map(() => ''));
  });
});

describe('a stop type in the words of PiFlow', () => {
  const stop = StopType.fromPartial({
    name: 'cn.piflow.bundle.csv.CsvParser',
    title: { en: 'Read CSV' },
    description: { en: 'Reads CSV files.' },
    groups: ['CSV'],
    inports: { kind: PortKind.PORT_KIND_NONE, names: [] },
    outports: { kind: PortKind.PORT_KIND_SINGLE, names: [] },
    owner: 'someone@example.org',
    properties: [
      Property.fromPartial({
        name: 'header',
        kind: PropertyKind.PROPERTY_KIND_BOOLEAN,
        title: { en: 'Header' },
        required: true,
        defaultValue: false,
        example: true,
      }),
      Property.fromPartial({ name: 'schema', kind: PropertyKind.PROPERTY_KIND_LIST, defaultValue: ['a', 'b'] }),
      Property.fromPartial({ name: 'mode', kind: PropertyKind.PROPERTY_KIND_ENUM, allowedValues: ['append', 'error'] }),
      Property.fromPartial({ name: 'key', kind: PropertyKind.PROPERTY_KIND_SECRET, secret: true }),
      Property.fromPartial({ name: 'sql', kind: PropertyKind.PROPERTY_KIND_SQL }),
      Property.fromPartial({ name: 'script', kind: PropertyKind.PROPERTY_KIND_CODE, detail: 'python' }),
    ],
  });

  it('has truth values as texts, a list of allowable values and its default icon', () => {
    const info = mapping.toStopInfo(stop);
    expect(info).toMatchObject({
      name: 'CsvParser',
      bundle: 'cn.piflow.bundle.csv.CsvParser',
      owner: 'someone@example.org',
      inports: 'None',
      outports: 'Default',
      groups: 'CSV',
      isCustomized: 'false',
      isDataSource: 'false',
      visualizationType: '',
      description: 'Reads CSV files.',
    });
    expect(info.properties[0]).toEqual({
      name: 'header',
      displayName: 'Header',
      description: '',
      defaultValue: 'false',
      allowableValues: ['true', 'false'],
      required: 'true',
      sensitive: 'false',
      example: 'true',
      language: 'Text',
    });
    expect(info.properties.map((each) => [each.name, each.defaultValue, each.allowableValues, each.language])).toEqual([
      ['header', 'false', ['true', 'false'], 'Text'],
      ['schema', 'a,b', [''], 'Text'],
      ['mode', '', ['append', 'error'], 'Text'],
      ['key', '', [''], 'Text'],
      ['sql', '', [''], 'Sql'],
      ['script', '', [''], 'Python'],
    ]);
    expect(info.properties.map((each) => each.sensitive)).toEqual([
      'false',
      'false',
      'false',
      'true',
      'false',
      'false',
    ]);
    expect(info.icon.split('\r\n').every((line) => line.length <= 76)).toBe(true);
    const image = Buffer.from(info.icon, 'base64');
    expect(image.subarray(1, 4).toString()).toBe('PNG');
    expect([image.readUInt32BE(16), image.readUInt32BE(20)]).toEqual([100, 100]);
    expect(image.toString('base64')).toBe(DEFAULT_ICON);
  });

  it('shows its own PNG, and the default one instead of what is no PNG', () => {
    const icon = (data: string): string => mapping.toStopInfo({ ...stop, icon: data }).icon;
    expect(icon('data:image/png;base64,iVBORw0KGgo=')).toBe('iVBORw0KGgo=');
    expect(icon('data:image/svg+xml;base64,PHN2Zz4=')).toBe(icon(''));
  });

  it.each([
    [PortKind.PORT_KIND_NONE, [], 'None'],
    [PortKind.PORT_KIND_SINGLE, [], 'Default'],
    [PortKind.PORT_KIND_ANY, [], 'Any'],
    [PortKind.PORT_KIND_ROUTED, [], 'Route'],
    [PortKind.PORT_KIND_NAMED, ['Left', 'Right'], 'Left,Right'],
  ])('says %s as PiFlow does', (kind, names, word) => {
    expect(mapping.toStopInfo({ ...stop, inports: { kind, names, optional: false } }).inports).toBe(word);
  });

  it('is listed by name, and once for each of its groups', () => {
    const fork = StopType.fromPartial({ name: 'cn.piflow.bundle.common.Fork', groups: ['Common', 'Any'] });
    expect(mapping.toStops([fork, stop])).toBe('cn.piflow.bundle.common.Fork,cn.piflow.bundle.csv.CsvParser');
    expect(mapping.toStopsWithGroup([stop, fork])).toBe(
      'Any:cn.piflow.bundle.common.Fork,Common:cn.piflow.bundle.common.Fork,CSV:cn.piflow.bundle.csv.CsvParser',
    );
  });

  it('of Sluice is told by its title', () => {
    expect(mapping.toStopInfo({ ...stop, name: 'sluice.csv.read' }).name).toBe('Read CSV');
  });
});
