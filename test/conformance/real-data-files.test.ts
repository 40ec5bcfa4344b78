import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Json } from '@duckdb/node-api';
import { rowOfStops, runFlow, startRequest } from '../bench/flows.js';
import { ROOT } from '../support/root.js';
import { hasVega, NONE, readCsv, readJson, RealData, VEGA, widened, withoutNulls, writeParquet } from './real-data.js';

/** The types that Spark 4.1 finds in each file, as `DataFrame.schema.simpleString()` gave them. */
const TYPES = JSON.parse(readFileSync(join(ROOT, 'test/conformance/real-data-types.json'), 'utf8')) as Readonly<
  Record<string, string>
>;
const FILES = hasVega ? readdirSync(VEGA).sort() : [];
const CSV = FILES.filter((file) => /\.(csv|tsv)$/.test(file));
const JSONS = FILES.filter((file) => file.endsWith('.json'));
/** Spark's escape is `\`, that of the file the quote itself, so that one cell keeps its quotes; `escape` mends it. */
const DOUBLED_QUOTES = {
  unwanted: [expect.objectContaining({ iata: 'DBN', name: '"W. H. ""Bud"" Barron"' })],
  missing: [expect.objectContaining({ iata: 'DBN', name: 'W. H. "Bud" Barron' })],
};

const delimiterOf = (file: string) => (file.endsWith('.tsv') ? '\\t' : ',');

describe.skipIf(!hasVega)('the files of vega-datasets', () => {
  let data: RealData;
  beforeAll(async () => {
    data = await RealData.start();
  });
  afterAll(() => data?.close());

  /** The types of the rows that a stop gives, as a preview tells them. */
  const typesOf = async (stop: ReturnType<typeof readCsv>): Promise<string> => {
    const { source } = startRequest(rowOfStops('types', [stop]));
    const { rows } = await data.runs.previewFlow({ source, stop: stop.name, port: '', limit: 1, variables: {} });
    return `struct<${rows?.columns.map(({ name, type }) => `${name}:${type}`).join()}>`;
  };
  /** The file as plain DuckDB reads it, every cell a text and an empty one NULL. */
  const plainCsv = (file: string) =>
    `read_csv('${join(VEGA, file)}', header = true, all_varchar = true, delim = '${delimiterOf(file)}', quote = '"', escape = '"')`;

  test('are those whose types were asked from Spark', () => {
    expect([...CSV, ...JSONS].sort()).toEqual(Object.keys(TYPES).sort());
  });

  describe.each(CSV)('%s', (file) => {
    const path = `hdfs://vega/${file}`;
    const read = readCsv(path, delimiterOf(file));

    test('has the types that Spark finds', async () => {
      expect(await typesOf(read)).toBe(TYPES[file]);
    });

    test('has every value that plain DuckDB reads', async () => {
      await runFlow(data.runs, rowOfStops(file, [read, writeParquet(`typed/${file}`)]));
      const got = `'${data.file(`typed/${file}`)}'`;
      const columns = await data.query(`DESCRIBE FROM read_parquet(${got})`);
      // A cell that is no value of the type fails the cast: nothing can be lost by becoming NULL.
      const casts = columns.map(({ column_name: name, column_type: type }) => `"${name}"::${type} AS "${name}"`);
      const want = `SELECT ${casts.join(', ')} FROM ${plainCsv(file)}`;
      const difference = await data.difference(`FROM read_parquet(${got})`, want);
      expect(difference).toEqual(file === 'airports.csv' ? DOUBLED_QUOTES : NONE);
    });

    test('has every cell as a text, where no types are asked for', async () => {
      const properties = { path, header: true, delimiter: delimiterOf(file), escape: '"' };
      const texts = { name: 'read', bundle: 'sluice.csv.read', properties };
      await runFlow(data.runs, rowOfStops(file, [texts, writeParquet(`texts/${file}`)]));
      const got = `FROM read_parquet('${data.file(`texts/${file}`)}')`;
      expect(await data.difference(got, `FROM ${plainCsv(file)}`)).toEqual(NONE);
      expect((await data.query(`DESCRIBE ${got}`)).map((each) => each['column_name'])).toEqual(
        (await data.query(`DESCRIBE FROM ${plainCsv(file)}`)).map((each) => each['column_name']),
      );
    });
  });

  describe.each(JSONS)('%s', (file) => {
    const read = readJson(`hdfs://vega/${file}`);

    test('has the types that Spark finds', async () => {
      expect(await typesOf(read)).toBe(TYPES[file]);
    });

    test('has every value that the file has, row by row', async () => {
      await runFlow(data.runs, rowOfStops(file, [read, writeParquet(`json/${file}`)]));
      const texts = await data.query(
        `SELECT to_json(t)::VARCHAR AS row FROM read_parquet('${data.file(`json/${file}`)}') t`,
      );
      const rows = texts.map(({ row }) => JSON.parse(String(row)) as Json);
      const document = JSON.parse(readFileSync(join(VEGA, file), 'utf8')) as Json;
      const objects = Array.isArray(document) ? document : [document];
      expect(rows.length).toBe(objects.length);
      // Of many rows, the first that differs says enough.
      const at = rows.findIndex((row, index) => text(row) !== text(widened(objects[index] ?? null, row)));
      expect(text(rows[at])).toBe(text(widened(objects[at] ?? null, rows[at])));
    });
  });
});

function text(value: Json | undefined): string {
  return JSON.stringify(withoutNulls(value ?? null));
}
