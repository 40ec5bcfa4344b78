import { describe, expect, test } from 'vitest';
import { Run, RunEvent, RunState, StopRun, StopState } from '@sluice/proto/execution/v1/run';
import { RunModel, hasEnded, stateWord } from './run-model.js';

const stop = (name: string, state: StopState, rows?: bigint): StopRun =>
  StopRun.fromPartial({ name, state, outputs: rows === undefined ? [] : [{ rows, bytes: 10n }] });

describe('RunModel', () => {
  test('tells which stops changed, by stop events and by run events', () => {
    const model = new RunModel(Run.fromPartial({ stops: [stop('a', StopState.STOP_STATE_WAITING)] }));
    const running = RunEvent.create({ event: { $case: 'stop', value: stop('a', StopState.STOP_STATE_RUNNING) } });
    expect(model.apply(running).map(({ name }) => name)).toEqual(['a']);
    expect(model.apply(running)).toEqual([]);
    const stops = [stop('a', StopState.STOP_STATE_SUCCEEDED, 5n), stop('b', StopState.STOP_STATE_WAITING)];
    const run = Run.fromPartial({ state: RunState.RUN_STATE_RUNNING, stops });
    expect(model.apply(RunEvent.create({ event: { $case: 'run', value: run } })).map(({ name }) => name)).toEqual([
      'a',
      'b',
    ]);
  });

  test('keeps the stops when an event of the run brings none', () => {
    const model = new RunModel(Run.fromPartial({ stops: [stop('a', StopState.STOP_STATE_RUNNING)] }));
    const run = Run.fromPartial({ state: RunState.RUN_STATE_RUNNING, progress: 0.5 });
    expect(model.apply(RunEvent.create({ event: { $case: 'run', value: run } }))).toEqual([]);
    expect(model.run.stops).toHaveLength(1);
    expect(model.share).toBe(0.5);
  });

  test('says what was read: by the engine, else by the counts of the first stops', () => {
    const reader = stop('read', StopState.STOP_STATE_RUNNING, 7n);
    const next = { ...stop('next', StopState.STOP_STATE_RUNNING, 3n), inputs: [{ port: '', rows: 7n, bytes: 0n }] };
    const model = new RunModel(Run.fromPartial({ stops: [reader, next] }));
    expect(model.read).toEqual({ rows: 7n, bytes: 10n });
    const progress = { progress: 0.4, rows: 100n, bytes: 2_000n };
    model.apply(RunEvent.create({ event: { $case: 'progress', value: progress } }));
    expect(model.read).toEqual({ rows: 100n, bytes: 2_000n });
    expect(model.share).toBe(0.4);
  });

  test('passes over events that it does not know', () => {
    expect(new RunModel(Run.create()).apply(RunEvent.create())).toEqual([]);
  });

  test('knows the last states', () => {
    const ended = Object.values(RunState).filter((state) => hasEnded(Run.fromPartial({ state })));
    expect(ended.map(stateWord)).toEqual(['SUCCEEDED', 'FAILED', 'CANCELLED']);
  });
});
