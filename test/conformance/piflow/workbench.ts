import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TestPlatform } from '../../support/platform.js';
import { PiflowClient, type FlowDocument, type Row } from './client.js';

/** A platform whose files and tables a test sets out, and a client of its PiFlow routes. */
export class Workbench {
  readonly client: PiflowClient;

  constructor(readonly platform: TestPlatform) {
    this.client = new PiflowClient(platform.http);
  }

  /** Where a location such as `hdfs://any/in/a.csv` is: `file('in/a.csv')`. */
  file(path: string): string {
    return join(this.platform.home, 'files', path);
  }

  /** Writes a file. */
  async given(path: string, text: string): Promise<void> {
    await mkdir(dirname(this.file(path)), { recursive: true });
    await writeFile(this.file(path), text);
  }

  /** Removes a file or folder, if it is there. */
  async gone(path: string): Promise<void> {
    await rm(this.file(path), { recursive: true, force: true });
  }

  /** Writes a table from CSV with a header, in place of an older one; types are inferred. */
  async givenTable(database: string, table: string, csv: string): Promise<void> {
    const path = `setup/${database}.${table}.csv`;
    await this.given(path, csv);
    const flow = chain('set up a table', [
      ['Read', 'csv.CsvParser', { csvPath: `hdfs:///${path}`, header: 'true', delimiter: ',', schema: '' }],
      ['Put', 'hive.PutHiveMode', { database, table, saveMode: 'overwrite' }],
    ]);
    await this.client.run(flow);
  }

  /** The rows of a query over tables. */
  async query(hiveQL: string): Promise<Row[]> {
    const { id } = await this.client.run(chain('query', [['Query', 'hive.SelectHiveQL', { hiveQL }]]));
    return this.client.debugRows(id, 'Query');
  }
}

/** A debug run of stops in a row: their names, bundles behind `cn.piflow.bundle.`, and properties. */
export function chain(name: string, stops: readonly (readonly [string, string, object])[]): FlowDocument {
  const paths = stops.slice(1).map(([to], at) => ({ from: stops[at]?.[0] ?? '', outport: '', inport: '', to }));
  const written = stops.map(([stop, bundle, properties], at) => ({
    uuid: String(at),
    name: stop,
    bundle: `cn.piflow.bundle.${bundle}`,
    properties,
    customizedProperties: {},
  }));
  return { flow: { name, uuid: '1', runMode: 'DEBUG', stops: written, paths } };
}
