import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, test } from 'vitest';

/** A process that answers a line of JSON with `{answer, ms, mb}`: the time it took, and the most memory it ever held. */
const SCRIPT = `
import { createInterface } from 'node:readline';
import { DuckDBInstance } from '@duckdb/node-api';
import { answerLine, prepareInstance } from '@sluice/engine-duckdb/sql';
const connection = await (await DuckDBInstance.create(':memory:', { memory_limit: '1GB', threads: '2' })).connect();
await prepareInstance(connection);
for await (const line of createInterface({ input: process.stdin })) {
  const began = performance.now();
  const answer = JSON.parse(await answerLine(connection, line, []));
  console.log(JSON.stringify({ answer, ms: performance.now() - began, mb: process.resourceUsage().maxRSS / 1024 }));
}`;

interface Answered {
  readonly answer: { readonly rows?: readonly unknown[][]; readonly error?: { readonly reason: string } };
  readonly ms: number;
  readonly mb: number;
}

const nested = (times: number, open: string, close: string, inner = '1'): string =>
  open.repeat(times) + inner + close.repeat(times);
const megabyte = (part: (i: number) => string, separator: string): string => {
  const parts: string[] = [];
  for (let size = 0, i = 0; size < 1_000_000; i++) {
    const text = part(i);
    parts.push(text);
    size += text.length + separator.length;
  }
  return parts.join(separator);
};

/** Texts that no one writes by hand; machines do. The whole process may take 1.5 GB, and no text a minute. */
describe('a text that is', () => {
  const child = spawn(process.execPath, ['--max-old-space-size=768', '--input-type=module', '-e', SCRIPT], {
    cwd: import.meta.dirname,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  afterAll(() => child.kill());

  const ask = async (sql: string): Promise<Answered> => {
    child.stdin.write(`${JSON.stringify({ sql })}\n`);
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`the process ended over a text of ${sql.length} characters`);
    const answered = JSON.parse(value) as Answered;
    if (process.env['SLUICE_TEST_FIGURES'] !== undefined)
      console.log(
        `${sql.slice(0, 40)}… ${answered.ms.toFixed(0)} ms, ${answered.mb.toFixed(0)} MB`,
        answered.answer.error,
      );
    expect(answered.ms).toBeLessThan(60_000);
    expect(answered.mb).toBeLessThan(1_500);
    return answered;
  };

  test.each<readonly [what: string, sql: string, rows: readonly unknown[][]]>([
    [
      'a list of a million numbers',
      `SELECT count(*) FROM range(10) WHERE id IN (${Array.from({ length: 1_000_000 }, (_, i) => i * 2).join(',')})`,
      [['5']],
    ],
    ['1 MB of conditions', `SELECT count(*) FROM range(10) WHERE ${megabyte((i) => `id = ${i * 2}`, ' OR ')}`, [['5']]],
    ['1 MB of one text', `SELECT length('${'é'.repeat(500_000)}')`, [['500000']]],
    [
      '1 MB of rows',
      `SELECT count(*) FROM VALUES ${megabyte((i) => `(${i}, 'x')`, ', ')} AS t(a, b) WHERE a < 5`,
      [['5']],
    ],
    ['1 MB of blanks and comments', `SELECT ${' /* none */ -- none\n'.repeat(50_000)} 1`, [['1']]],
  ])('%s is answered', { timeout: 90_000 }, async (_, sql, rows) => {
    expect((await ask(sql)).answer.rows).toEqual(rows);
  });

  test.each<readonly [what: string, sql: string]>([
    ['parentheses', `SELECT ${nested(1000, '(', ')')}`],
    ['functions', `SELECT ${nested(1000, 'abs(', ')')}`],
    ['functions of several arguments', `SELECT ${nested(1000, 'coalesce(', ', 2)')}`],
    ['texts of functions', `SELECT ${nested(1000, "concat('a', ", ')')}`],
    ['cases', `SELECT ${nested(1000, 'CASE WHEN true THEN ', ' END')}`],
    ['negations', `SELECT ${nested(1000, 'NOT ', '', 'true')}`],
    ['casts', `SELECT ${nested(1000, 'CAST(', ' AS string)')}`],
    ['arrays', `SELECT ${nested(1000, 'array(', ')')}`],
    ['subqueries', `SELECT ${nested(1000, '(SELECT ', ')')}`],
    ['queries in FROM', `${nested(1000, 'SELECT * FROM (', ')', 'SELECT 1')}`],
    ['sums', `SELECT ${Array(1000).fill('id').join(' + ')} FROM range(1)`],
    ['unions', Array(1000).fill('SELECT 1').join(' UNION ALL ')],
  ])('1,000 deep in %s is answered or refused by name', { timeout: 90_000 }, async (_, sql) => {
    const { answer } = await ask(sql);
    if (answer.error) expect(answer.error.reason).toBe('SQL_UNSUPPORTED');
    else expect(answer.rows?.length).toBeGreaterThan(0);
  });
});
