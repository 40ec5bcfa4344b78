import { isSluiceError, type Reason } from '@sluice/plugin-sdk';
import { describe, expect, test } from 'vitest';
import { translateCondition, translateQuery } from './translate.js';

const OPTIONS = { zone: 'UTC', ansi: false };
const PEOPLE = {
  name: 'people',
  relation: '"p"',
  columns: [
    { name: 'name', type: 'string' },
    { name: 'age', type: 'int' },
  ],
};

function refusal(run: () => unknown): { reason: Reason; message: string; line: number | undefined } {
  try {
    run();
  } catch (error) {
    if (isSluiceError(error)) return { reason: error.reason, message: error.message, line: error.problems[0]?.line };
    throw error;
  }
  throw new Error('nothing was refused');
}
const refused = (sql: string): ReturnType<typeof refusal> => refusal(() => translateQuery(sql, [PEOPLE], OPTIONS));

describe('a query', () => {
  test('tells its columns in Spark words, and how often it reads which view', () => {
    const query = translateQuery(
      'SELECT upper(q.name), age + 1, count(*) OVER () AS n FROM people JOIN People q USING (age)',
      [PEOPLE],
      OPTIONS,
    );
    expect(query.views).toEqual(['people']);
    expect(query.counts).toBe(2);
    expect(query.columns.at(-1)).toEqual({ name: 'n', type: 'bigint' });
  });

  test.each<readonly [sql: string, reason: Reason, message: RegExp]>([
    ['SELECT nme FROM people', 'COLUMN_UNKNOWN', /did you mean 'name'/],
    ['SELECT name FROM peple', 'VIEW_UNKNOWN', /did you mean 'people'/],
    ['SELECT a.name FROM people a, people b WHERE name = 1', 'COLUMN_AMBIGUOUS', /a\.name or b\.name/],
    ['SELECT 1; SELECT 2', 'SQL_STATEMENTS', /two statements/],
    ['DROP TABLE people', 'SQL_UNSUPPORTED', /DROP is no query/],
    ["COPY people TO 'x'", 'SQL_FORBIDDEN', /COPY/],
    ["SELECT * FROM read_csv('/etc/passwd')", 'SQL_FORBIDDEN', /read_csv/],
    ["SELECT * FROM '/etc/passwd'", 'SQL_FORBIDDEN', /file/],
    ["SELECT read_text('/etc/passwd')", 'SQL_UNSUPPORTED', /read_text/],
    ['SELECT substring(name) FROM people', 'SQL_ANALYSIS', /substring\(str, pos, \[len\]\) takes 2 to 3/],
    ['SELECT name, sum(age) FROM people', 'SQL_ANALYSIS', /MISSING_AGGREGATION/],
    ['SELECT name FROM people WHERE sum(age) > 1', 'SQL_ANALYSIS', /WHERE/],
    [`SELECT count(*) FROM people GROUP BY CUBE(${Array(30).fill('name').join()})`, 'SQL_UNSUPPORTED', /4096/],
    ['FROM people |> WHERE true', 'SQL_UNSUPPORTED', /pipe/],
    ["SELECT name RLIKE '(a)\\\\1' FROM people", 'SQL_UNSUPPORTED', /back reference/],
    ['SELECT name FROM people WHERE', 'SQL_SYNTAX', /end of the text/],
  ])('%s is refused', (sql, reason, message) => {
    const found = refused(sql);
    expect(found.reason).toBe(reason);
    expect(found.message).toMatch(message);
  });

  test('says line and column of what is wrong', () => {
    expect(refused('SELECT name,\n  agee\nFROM people')).toMatchObject({ reason: 'COLUMN_UNKNOWN', line: 2 });
  });

  test.each([
    ['parentheses', `SELECT ${'('.repeat(1000)}1${')'.repeat(1000)}`],
    ['negations', `SELECT ${'NOT '.repeat(5000)}true`],
    ['a chain of operators', `SELECT ${Array(5000).fill('age').join(' + ')} FROM people`],
    ['subqueries', Array.from({ length: 1000 }).reduce<string>((q) => `SELECT a FROM (${q})`, 'SELECT 1 AS a')],
  ])('that is too deep in %s is refused, not a crash', (_, sql) => {
    expect(refused(sql).reason).toBe('SQL_UNSUPPORTED');
  });

  test('does not grow beyond bounds where functions nest', () => {
    const nested = Array.from({ length: 25 }).reduce<string>((inner) => `substring(${inner}, -3)`, 'name');
    expect(translateQuery(`SELECT ${nested} AS x FROM people`, [PEOPLE], OPTIONS).sql.length).toBeLessThan(100_000);
  });
});

describe('a condition', () => {
  test('reads the columns of its input', () => {
    expect(translateCondition("age >= 18 AND name <> ''", PEOPLE.columns, OPTIONS)).toBe(
      `(("age" >= 18) AND (NOT ("name" = '')))`,
    );
  });

  test('with an aggregate function is refused', () => {
    expect(refusal(() => translateCondition('max(age) > 1', PEOPLE.columns, OPTIONS)).reason).toBe('SQL_ANALYSIS');
  });
});
