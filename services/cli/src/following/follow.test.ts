import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { SluiceError, type Client, type Connection, type ServiceDefinition } from '@sluice/chassis';
import { Run, RunEvent, RunState } from '@sluice/proto/execution/v1/run';
import { followRun, type RunView } from './follow.js';

const event = (sequence: bigint, state: RunState): { event: RunEvent } => ({
  event: RunEvent.create({ sequence, event: { $case: 'run', value: Run.fromPartial({ id: 'r', state }) } }),
});

/** A platform whose streams are what the test says, one for each time it is asked. */
function platform(
  streams: ((after: bigint) => AsyncIterable<{ event: RunEvent }>)[],
): Connection & { asked: bigint[] } {
  const asked: bigint[] = [];
  const watchRun = ({ afterSequence }: { afterSequence: bigint }): AsyncIterable<{ event: RunEvent }> => {
    asked.push(afterSequence);
    const next = streams.shift();
    if (next === undefined) throw new Error('asked once too often');
    return next(afterSequence);
  };
  return {
    asked,
    get: <D extends ServiceDefinition>() => ({ watchRun }) as unknown as Client<D>,
    close: () => Promise.resolve(),
  };
}

/** A stream that fails at once. */
function failing(error: Error): AsyncIterable<never> {
  return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }) };
}

class Recorder implements RunView {
  readonly states: string[] = [];
  readonly notes: string[] = [];
  ended = 0;
  update: RunView['update'] = (model) => void this.states.push(model.run.state);
  note = (line: string): void => void this.notes.push(line);
  end = (): void => void (this.ended += 1);
}

const follow = (connection: Connection, view: RunView, signal = new AbortController().signal): Promise<Run> =>
  followRun(connection, Run.fromPartial({ id: 'r' }), view, signal, 'lost');

describe('followRun', () => {
  test('goes on after the last event seen when the platform goes away and comes back', async () => {
    const connection = platform([
      async function* () {
        yield event(4n, RunState.RUN_STATE_RUNNING);
        throw new SluiceError('SERVICE_UNAVAILABLE', 'gone');
      },
      () => failing(new SluiceError('SERVICE_UNAVAILABLE', 'still gone')),
      () => Readable.from([]), // closed in order, before the run had ended
      async function* () {
        yield event(5n, RunState.RUN_STATE_SUCCEEDED);
      },
    ]);
    const view = new Recorder();
    expect((await follow(connection, view)).state).toBe(RunState.RUN_STATE_SUCCEEDED);
    expect(connection.asked).toEqual([0n, 4n, 4n, 4n]);
    expect(view).toMatchObject({ notes: ['lost'], ended: 1 });
  });

  test('gives other errors to its caller', async () => {
    const view = new Recorder();
    const connection = platform([() => failing(new SluiceError('RUN_NOT_FOUND', 'there is no run'))]);
    await expect(follow(connection, view)).rejects.toMatchObject({ reason: 'RUN_NOT_FOUND' });
    expect(view.ended).toBe(1);
  });
});
