import {
  SluiceError,
  nearest,
  type Column,
  type Dataset,
  type Engine,
  type FormatOptions,
  type Warehouse,
  type Written,
} from '@sluice/plugin-sdk';
import { READERS, WRITERS } from './formats/formats.js';
import { copyRows } from './formats/writer.js';
import { Staging } from './files/staging.js';
import { mapError } from './errors.js';
import type { RunContext } from './run-context.js';
import { spoolRows } from './values/spool.js';
import { DuckWarehouse } from './warehouse/warehouse.js';

/** The engine on behalf of one stop. */
export class StopEngine implements Engine {
  readonly name = 'duckdb';
  private ownWarehouse: Warehouse | undefined;

  constructor(
    private readonly context: RunContext,
    private readonly stop: string,
  ) {}

  async read(format: string, location: string | readonly string[], options?: FormatOptions): Promise<Dataset> {
    const { context, stop } = this;
    const reader = READERS[format];
    if (reader === undefined) throw unknownFormat(format, Object.keys(READERS));
    const id = context.nextId();
    const reading = {
      executor: context.executor,
      files: context.options.files,
      zone: context.options.zone,
      id,
      stop,
      scratch: (name: string) => context.scratch(name),
      reject: (rows: Parameters<typeof context.rejected.add>[1]) => context.rejected.add(stop, rows),
    };
    return context.dataset({ ...(await reader(reading, location, options)), stop }, id);
  }

  sql(text: string, views: Readonly<Record<string, Dataset>>): Promise<Dataset> {
    return Promise.resolve().then(() => this.context.query(this.stop, text, Object.entries(views)));
  }

  async write(dataset: Dataset, format: string, location: string, given?: FormatOptions): Promise<Written> {
    const { context, stop } = this;
    const makeWriter = WRITERS[format];
    if (makeWriter === undefined) throw unknownFormat(format, Object.keys(WRITERS));
    const node = context.used(dataset);
    const { writer, options } = makeWriter(given, node.columns);
    const target = await context.options.files.resolve(location, 'write');
    if (context.options.files.roots.includes(target)) {
      throw new SluiceError('FILE_FORBIDDEN', `'${location}' is a whole root of files; write to a place inside it`);
    }
    if (options.single && options.mode === 'append') {
      throw new SluiceError('PROPERTY_INVALID', 'the option single cannot append; write a folder, or overwrite');
    }
    const doing = `writing '${location}'`;
    const staging = await Staging.open(target, location, options.mode, options.single).catch((error: unknown) => {
      throw mapError(error, doing);
    });
    if (staging === undefined) return { rows: 0, bytes: 0, files: [] };
    try {
      // Each part is a query of its own over the same rows.
      if (options.parts > 1) await context.keeper.keep(node);
      const rows = await context.keeper.query(node, { doing }, (connection, prefix) =>
        staging
          .fresh()
          .then(() =>
            copyRows(
              connection,
              { prefix, relation: node.relation, columns: node.columns },
              staging.path,
              writer,
              options,
            ),
          ),
      );
      const { finish } = writer;
      if (finish !== undefined) await staging.eachFile((path) => finish(path, node.columns));
      await context.options.beforeCommit();
      const { bytes, files } = await staging.commit();
      context.executor.countNode(node, rows);
      context.executor.countSink(stop, rows, bytes);
      return { rows, bytes, files };
    } catch (error) {
      await staging.discard();
      throw mapError(error, doing);
    }
  }

  async fromRows(columns: readonly Column[], rows: Parameters<Engine['fromRows']>[1]): Promise<Dataset> {
    return Promise.resolve(spoolRows(this.context, this.stop, columns, rows));
  }

  async union(datasets: readonly Dataset[]): Promise<Dataset> {
    const [first] = datasets;
    if (first === undefined) throw new SluiceError('INPUT_MISSING', 'a union needs at least one dataset');
    if (datasets.length === 1) return first;
    const nodes = datasets.map((dataset) => this.context.nodeOf(dataset));
    for (const node of nodes) {
      if (node.columns.length === first.columns.length) continue;
      const listed = nodes.map(
        (each) => `${nameOf(each.ports, each.stop)} has ${each.columns.map((c) => c.name).join(', ')}`,
      );
      const message = `rows are put together by the position of their columns, but their numbers differ: ${listed.join('; ')}`;
      throw new SluiceError('SCHEMA_MISMATCH', message);
    }
    const views = datasets.map((dataset, index): [string, Dataset] => [`u${index}`, dataset]);
    try {
      return await Promise.resolve(
        this.context.query(this.stop, views.map(([name]) => `SELECT * FROM ${name}`).join(' UNION ALL '), views),
      );
    } catch (error) {
      const listed = nodes.map((each) => {
        return `${nameOf(each.ports, each.stop)} has ${each.columns.map((c) => `${c.name} ${c.type}`).join(', ')}`;
      });
      const message = `the columns cannot be put together: ${listed.join('; ')}`;
      throw new SluiceError('SCHEMA_MISMATCH', message, { cause: error });
    }
  }

  get warehouse(): Warehouse {
    this.ownWarehouse ??= new DuckWarehouse(this.context, this.stop);
    return this.ownWarehouse;
  }
}

function nameOf(ports: readonly { readonly stop: string; readonly port: string }[], stop: string): string {
  const [port] = ports;
  if (port === undefined) return stop === '' ? 'one' : `'${stop}'`;
  return port.port === '' ? `'${port.stop}'` : `'${port.stop}' port '${port.port}'`;
}

function unknownFormat(format: string, known: readonly string[]): SluiceError {
  const similar = nearest(format, known).map((name) => `'${name}'`);
  const hint = similar.length > 0 ? `; did you mean ${similar.join(' or ')}?` : `; there are ${known.join(', ')}`;
  return new SluiceError('PROPERTY_INVALID', `the engine duckdb has no format '${format}'${hint}`);
}
