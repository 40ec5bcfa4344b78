import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSluiceError, type Dataset, type SluiceError } from '@sluice/plugin-sdk';
import { openTestSession, toTable, type TestSession } from '@sluice/plugin-sdk/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { duckdb } from './engine.js';

let test_: TestSession;
beforeEach(async () => {
  test_ = await openTestSession({ engine: duckdb });
});
afterEach(() => test_.close());

/** A CSV file with ids from 1 and their squares. */
async function numbers(name: string, count: number): Promise<void> {
  const lines = Array.from({ length: count }, (_, i) => `${i + 1},${(i + 1) ** 2}`);
  await writeFile(join(test_.root, name), `id,square\n${lines.join('\n')}\n`);
}

const SCHEMA = { header: true, schema: 'id int, square bigint' };

async function refusal(work: () => Promise<unknown>): Promise<SluiceError> {
  const error: unknown = await work().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (isSluiceError(error)) return error;
  throw new Error(`expected a SluiceError, got ${String(error)}`);
}

/** The last count of each port, as `stop/port/side: rows`. */
function counts(): Record<string, number> {
  return Object.fromEntries(test_.events.counted.map((c) => [`${c.stop}/${c.port}/${c.side}`, c.rows]));
}

describe('a pipeline', () => {
  test('takes no more rows from outside for a sample than it shows, and does not take the rest for all', async () => {
    const { session } = test_;
    let made = 0;
    let left = false;
    const rows = async function* () {
      try {
        for (; made < 100_000; made += 100) {
          yield { length: 100, columns: [Array.from({ length: 100 }, (_, i) => made + i)] };
        }
      } finally {
        left = true;
      }
    };
    const dataset = await session.fromRows([{ name: 'n', type: 'int' }], rows());
    const same = await session.sql('SELECT * FROM t', { t: dataset });
    expect((await session.sample(same, 150)).rows.map(([n]) => n)).toEqual(Array.from({ length: 150 }, (_, i) => i));
    expect(made).toBeLessThan(1000);
    expect(left).toBe(true);
    await expect(toTable(same)).rejects.toMatchObject({ message: expect.stringContaining('for a sample') });
  });

  test('tells how far a long query is, in rows and in bytes of its files', async () => {
    const { session, events } = test_;
    // Parquet of several row groups: DuckDB tells of its progress by them.
    const made = await session.sql('SELECT id FROM range(600000)', {});
    const { bytes: total } = await session.write(made, 'parquet', 'ids', { single: true });
    const read = await session.read('parquet', 'ids');
    const text = 'SELECT md5(repeat(CAST(id AS STRING), 600)) AS digest FROM t';
    await session.drain(await session.sql(text, { t: read }));
    const told = events.progressed.filter(({ share }) => share > 0);
    expect(told.length).toBeGreaterThan(0);
    for (const { share, bytes } of told) expect(bytes).toBe(Math.round(share * total));
  });

  test('takes the largest and the smallest struct as Spark does: NULL is the smallest value of a field', async () => {
    const { session } = test_;
    const rows =
      "(named_struct('a', 2, 'b', 'x')), (named_struct('a', 2, 'b', CAST(NULL AS STRING))), (named_struct('a', CAST(NULL AS INT), 'b', 'z')), (NULL)";
    const text = `SELECT max(s).b AS largest, min(s).b AS smallest, max(s) FILTER (WHERE s.a > 9) AS none FROM VALUES ${rows} AS t(s)`;
    expect((await toTable(await session.sql(text, {}))).rows).toEqual([['x', 'z', null]]);
    await expect(session.sql('SELECT max(struct(array(1))) AS m', {})).rejects.toMatchObject({
      reason: 'SQL_UNSUPPORTED',
    });
  });

  test('runs as one query and counts its source and its sink exactly', async () => {
    const { session, root, events } = test_;
    await numbers('in.csv', 5000);
    const read = await session.forStop('read').read('csv', 'in.csv', SCHEMA);
    session.place(read, { stop: 'read', port: '' }, 1);
    const even = await session.forStop('even').sql('SELECT id, square FROM t WHERE id % 2 = 0', { t: read });
    session.place(even, { stop: 'even', port: '' }, 1);
    const tens = await session
      .forStop('tens')
      .sql('SELECT id % 10 AS digit, sum(square) AS s FROM t GROUP BY id % 10', {
        t: even,
      });
    session.place(tens, { stop: 'tens', port: '' }, 1);
    expect(events.started).toEqual([]);

    const written = await session.forStop('save').write(tens, 'csv', 'out', { header: true });

    expect(written.rows).toBe(5);
    const ports = ['read', 'even', 'tens'].map((stop) => ({ stop, port: '' }));
    expect(events.started).toEqual([ports]);
    expect(events.ended).toEqual([{ ports, error: undefined }]);
    expect(counts()).toEqual({ 'read//out': 5000, 'tens//out': 5, 'save//in': 5 });
    const [file = ''] = written.files;
    const rows = readFileSync(file, 'utf8').trim().split('\n').slice(1).sort();
    const expected = [0, 2, 4, 6, 8].map((digit) => {
      const sum = Array.from({ length: 5000 }, (_, i) => i + 1)
        .filter((id) => id % 10 === digit)
        .reduce((total, id) => total + id * id, 0);
      return `${digit},${sum}`;
    });
    expect(rows).toEqual(expected);
    expect(readdirSync(join(root, 'out')).sort()).toContain('_SUCCESS');
    expect(written.bytes).toBe(readFileSync(file).byteLength);
  });

  test('keeps rows that two sinks want, reads their source once, and runs the sinks at once', async () => {
    const { session, events } = test_;
    await numbers('in.csv', 100);
    const read = await session.forStop('read').read('csv', 'in.csv', SCHEMA);
    session.place(read, { stop: 'read', port: '' }, 1);
    // A value that differs with every computation shows whether the rows are computed twice.
    const marked = await session.forStop('mark').sql('SELECT id, uuid() AS mark FROM t', { t: read });
    session.place(marked, { stop: 'mark', port: '' }, 2);
    const [a, b] = await Promise.all([
      session.forStop('a').write(marked, 'csv', 'a', { single: true }),
      session.forStop('b').write(marked, 'csv', 'b', { single: true }),
    ]);
    expect([a.rows, b.rows]).toEqual([100, 100]);
    expect(readFileSync(join(test_.root, 'a'), 'utf8')).toBe(readFileSync(join(test_.root, 'b'), 'utf8'));
    expect(counts()).toEqual({ 'read//out': 100, 'mark//out': 100, 'a//in': 100, 'b//in': 100 });
    expect(events.started.filter((ports) => ports.some((port) => port.stop === 'read'))).toHaveLength(1);
  });

  test('keeps rows that one query reads twice', async () => {
    const { session } = test_;
    await numbers('in.csv', 10);
    const read = await session.read('csv', 'in.csv', SCHEMA);
    const marked = await session.sql('SELECT id, uuid() AS mark FROM t', { t: read });
    const joined = await session.sql('SELECT a.id FROM t a JOIN t b ON a.mark = b.mark', { t: marked });
    expect(await session.drain(joined)).toBe(10);
  });

  test('bears a chain of 400 stops', async () => {
    const { session } = test_;
    await numbers('in.csv', 3);
    let dataset: Dataset = await session.read('csv', 'in.csv', SCHEMA);
    for (let i = 0; i < 400; i++) {
      dataset = await session.sql('SELECT id + 1 AS id, square FROM t WHERE square >= 0', { t: dataset });
      session.place(dataset, { stop: `s${i}`, port: '' }, 1);
    }
    expect((await session.sample(dataset, 10)).rows).toEqual([
      [401, '1'],
      [402, '4'],
      [403, '9'],
    ]);
  });

  test('does not count a source whose query stops early', async () => {
    const { session } = test_;
    await numbers('in.csv', 5000);
    const read = await session.forStop('read').read('csv', 'in.csv', SCHEMA);
    session.place(read, { stop: 'read', port: '' }, 1);
    const first = await session.sql('SELECT id FROM t LIMIT 3', { t: read });
    expect(await session.drain(first)).toBe(3);
    expect(counts()['read//out']).toBeUndefined();
  });

  test('tells which columns of which stops a union cannot put together', async () => {
    const { session } = test_;
    await numbers('in.csv', 2);
    const one = await session.forStop('one').read('csv', 'in.csv', SCHEMA);
    const two = await session.forStop('two').sql('SELECT id FROM t', { t: one });
    const error = await refusal(() => session.union([one, two]));
    expect(error.reason).toBe('SCHEMA_MISMATCH');
    expect(error.message).toContain("'one' has id, square");
    expect(error.message).toContain("'two' has id");
  });

  test('puts rows together by position, with types that hold both', async () => {
    const { session } = test_;
    await numbers('in.csv', 2);
    const one = await session.read('csv', 'in.csv', SCHEMA);
    const two = await session.sql('SELECT square, id FROM t', { t: one });
    const both = await toTable(await session.union([one, two]));
    expect(both.columns).toEqual([
      ['id', 'bigint'],
      ['square', 'bigint'],
    ]);
    expect(both.rows).toEqual([
      [1n, 1n],
      [2n, 4n],
      [1n, 1n],
      [4n, 2n],
    ]);
  });
});

describe('a session', () => {
  test('stores rows as Parquet, whole or in part, and reads them back', async () => {
    const { session, scratch } = test_;
    await numbers('in.csv', 10);
    const read = await session.read('csv', 'in.csv', SCHEMA);
    const whole = await session.store(read, join(scratch, 'whole'));
    expect(whole.rows).toBe(10);
    expect((await toTable(whole.dataset)).rows.at(-1)).toEqual([10, 100n]);
    const part = await session.store(read, join(scratch, 'part'), 4);
    expect(part.rows).toBe(4);
    expect(existsSync(join(scratch, 'part', 'part-00000.parquet'))).toBe(true);
  });

  test('ends its queries when it is interrupted, at once', async () => {
    const { session } = test_;
    const rows = await session.fromRows([{ name: 'n', type: 'int' }], one());
    const huge = await session.sql('SELECT sum(a.id % 7 + b.id % 5) AS s FROM range(400000) a, range(400000) b', {});
    const running = refusal(() => session.drain(huge));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const start = performance.now();
    session.interrupt();
    expect((await running).reason).toBe('RUN_CANCELLED');
    expect(performance.now() - start).toBeLessThan(500);
    expect((await refusal(() => session.drain(rows))).reason).toBe('RUN_CANCELLED');
  });

  test('leaves nothing for the next one', async () => {
    const { session } = test_;
    await numbers('in.csv', 10);
    const read = await session.read('csv', 'in.csv', SCHEMA);
    const kept = await session.sql('SELECT id FROM t', { t: read });
    session.place(kept, { stop: 'kept', port: '' }, 2);
    await session.drain(kept);
    await session.close();
    const next = await openTestSession({ engine: duckdb, zone: 'Asia/Shanghai' });
    const shown = await next.session.sql("SELECT timestamp '2024-01-01 00:00:00' AS t", {});
    expect((await toTable(shown)).rows).toEqual([[1_704_038_400_000_000n]]);
    await next.close();
    test_ = await openTestSession({ engine: duckdb });
    const utc = await test_.session.sql("SELECT timestamp '2024-01-01 00:00:00' AS t", {});
    expect((await toTable(utc)).rows).toEqual([[1_704_067_200_000_000n]]);
  });

  test('writes nothing when the run no longer belongs to it', async () => {
    const { session, root } = test_;
    await numbers('in.csv', 10);
    const read = await session.read('csv', 'in.csv', SCHEMA);
    test_.beforeCommit = () => Promise.reject(new Error('fenced'));
    await expect(session.write(read, 'csv', 'out')).rejects.toThrow('fenced');
    expect(readdirSync(root)).toEqual(['in.csv']);
  });

  test('refuses a dataset of another session', async () => {
    const other = await openTestSession({ engine: duckdb });
    const rows = await other.session.fromRows([{ name: 'n', type: 'int' }], one());
    expect((await refusal(() => test_.session.drain(rows))).message).toContain('another run');
    await other.close();
  });
});

describe('files', () => {
  test('outside the roots are out of reach: by .., by a link, by a pattern over a link', async () => {
    const { session, root } = test_;
    const outside = join(root, '..', '..', 'secret.csv');
    await writeFile(outside, 'a\n1\n');
    await symlink(outside, join(root, 'link.csv'));
    await mkdir(join(root, 'folder'));
    await symlink(outside, join(root, 'folder', 'b.csv'));
    for (const location of ['../../secret.csv', 'link.csv', 'folder', '*.csv', 'folder/*.csv']) {
      const error = await refusal(() => session.read('csv', location, { header: true }));
      expect([location, error.reason]).toEqual([location, 'FILE_FORBIDDEN']);
    }
    expect(
      (await refusal(async () => session.write(await session.sql('SELECT 1 AS a', {}), 'csv', '../../x'))).reason,
    ).toBe('FILE_FORBIDDEN');
  });

  test('cannot be named in SQL', async () => {
    const { session, root } = test_;
    await numbers('in.csv', 1);
    for (const text of [
      `SELECT * FROM read_csv('${root}/in.csv')`,
      `SELECT * FROM '${root}/in.csv'`,
      `SELECT * FROM csv.\`${root}/in.csv\``,
      `COPY (SELECT 1) TO '${root}/x.csv'`,
      `ATTACH '${root}/x.db'`,
      `SELECT 1; SELECT 2`,
      `SET lock_configuration = false`,
    ]) {
      await expect(
        session.sql(text, {}).then((d) => session.drain(d)),
        text,
      ).rejects.toMatchObject({ name: 'SluiceError' });
    }
    expect(readdirSync(root)).toEqual(['in.csv']);
  });
});

async function* one(): AsyncGenerator<readonly number[]> {
  yield [1];
}
