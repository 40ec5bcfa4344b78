import { stat } from 'node:fs/promises';
import { SluiceError } from '@sluice/chassis';
import { inject, injectable } from 'tsyringe';
import { Generations } from '../plugins/generations.js';
import { needsOf, type RunNeeds } from '../plugins/run-needs.js';
import { STORE_FOLDER } from '../tokens.js';
import { RunnerPool } from '../node/runner-pool.js';
import { makePlan } from '../node/plan.js';
import type { Outcome, Work } from '../runner/protocol.js';
import { fromWireError } from '../runner/wire-error.js';
import { FlowPreparation, type ReadyFlow } from './flow-preparation.js';
import type { Flow } from '@sluice/proto/common/v1/flow';
import { portFolder, rejectsFolder, rowsFolder } from './run-folder.js';
import { RunStore } from './run.store.js';

/** Which stored rows are wanted. */
export interface RowsWish {
  readonly runId: string;
  readonly stop: string;
  readonly port: string;
  readonly rejected: boolean;
  readonly columns: readonly string[];
  readonly condition: string;
  readonly offset: number;
  readonly limit: number;
}

/** What a preview is of. */
export interface PreviewWish {
  readonly flow: Flow;
  readonly variables: Readonly<Record<string, string>>;
  readonly stop: string;
  readonly port: string;
  readonly limit: number;
}

type Good = Extract<Outcome, { ok: true }>;

/** Rows for people: those that runs stored, and previews. The engine that reads them runs in a runner, as always. */
@injectable()
export class RunRows {
  constructor(
    @inject(RunnerPool) private readonly pool: RunnerPool,
    @inject(RunStore) private readonly store: RunStore,
    @inject(STORE_FOLDER) private readonly storeFolder: string,
    @inject(Generations) private readonly generations: Generations,
    @inject(FlowPreparation) private readonly preparation: FlowPreparation,
  ) {}

  async stored(wish: RowsWish, signal: AbortSignal): Promise<Good> {
    const run = await this.store.get(wish.runId);
    const folder = wish.rejected
      ? rejectsFolder(this.storeFolder, run.id)
      : portFolder(rowsFolder(this.storeFolder, run.id), wish.stop, wish.port);
    if ((await stat(folder).catch(() => undefined)) === undefined) throw this.missing(wish, run.mode, run.stops);
    const { columns, offset, limit } = wish;
    const own = wish.stop === '' ? '' : `stop = '${wish.stop.replaceAll("'", "\\'")}'`;
    const condition = wish.rejected
      ? [own, wish.condition].filter((each) => each !== '').join(' AND ')
      : wish.condition;
    return this.work({ type: 'rows', folder, columns, condition, offset, limit }, run.engine, signal);
  }

  async preview(wish: PreviewWish, signal: AbortSignal): Promise<Good> {
    await this.generations.known();
    const ready = await this.preparation.prepare(wish.flow, this.generations.present, wish.variables, 'duckdb');
    const { checked } = ready;
    if (!checked.stops.some((stop) => stop.name === wish.stop)) {
      const names = checked.stops.map((stop) => stop.name).join(', ');
      throw new SluiceError('STOP_NOT_FOUND', `flow '${wish.flow.name}' has no stop '${wish.stop}'; it has ${names}`);
    }
    const { present } = this.generations;
    const about = { id: 'preview', flowName: wish.flow.name, engine: checked.engine };
    const plan = makePlan(about, ready, false, present.bundles);
    const { stop, port, limit } = wish;
    const work = { type: 'preview', plan: withPort(plan, stop, port), stop, port, limit } as const;
    return this.work(work, checked.engine, signal, needsOf(ready, present), ready.redact);
  }

  private async work(
    work: Work,
    engineName: string,
    signal: AbortSignal,
    needs?: RunNeeds,
    redact: ReadyFlow['redact'] = (value) => value,
  ): Promise<Good> {
    const { pool } = this;
    const engine = this.generations.present.engine(engineName);
    if (engine === undefined) throw new SluiceError('ENGINE_UNSUPPORTED', `no plugin gives the engine '${engineName}'`);
    const wish = pool.defaultWish({ name: engineName, entry: engine.plugin.entry });
    const runner = await pool.take({ ...wish, ...needs });
    const cancel = (): void => runner.cancel(0);
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const { outcome } = await runner.do(work, {
        updated: () => undefined,
        progressed: () => undefined,
        committing: () => Promise.resolve(),
      });
      if (!outcome.ok) throw fromWireError(redact(outcome.error));
      return outcome;
    } finally {
      signal.removeEventListener('abort', cancel);
      pool.give(runner);
    }
  }

  private missing(wish: RowsWish, mode: string, stops: readonly { readonly name: string }[]): SluiceError {
    const details = { run: wish.runId, stop: wish.stop, port: wish.port };
    if (wish.rejected) {
      const message = `run '${wish.runId}' refused no rows, or they are not kept on this node`;
      return new SluiceError('ROWS_NOT_FOUND', message, { details });
    }
    if (!stops.some((stop) => stop.name === wish.stop)) {
      const names = stops.map((stop) => stop.name).join(', ');
      const message = `run '${wish.runId}' has no stop '${wish.stop}'; its stops are ${names}`;
      return new SluiceError('STOP_NOT_FOUND', message, { details });
    }
    const why =
      mode === 'DEBUG' ? 'that stop did not get so far' : 'only runs with runMode DEBUG keep the rows of ports';
    const port = wish.port === '' ? 'the default port' : `port '${wish.port}'`;
    const message = `run '${wish.runId}' has no rows of stop '${wish.stop}' at ${port}: ${why}`;
    return new SluiceError('ROWS_NOT_FOUND', message, { details });
  }
}

/** The plan with the wanted port among the stop's out ports: a stop whose ports the flow names gives only those. */
function withPort<
  P extends { readonly stops: readonly { name: string; outports: readonly { port: string; consumers: number }[] }[] },
>(plan: P, stop: string, port: string): P {
  const stops = plan.stops.map((each) =>
    each.name !== stop || each.outports.some((out) => out.port === port)
      ? each
      : { ...each, outports: [...each.outports, { port, consumers: 1 }] },
  );
  return { ...plan, stops };
}
