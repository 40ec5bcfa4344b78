import { expect, test } from 'vitest';
import { oneQuery, splitScript } from './statements.js';

test('a script is parted at semicolons outside of texts and comments', () => {
  const script = `-- first; comment
create table a (b string); /* ; */
insert into a values ('x;y'), ("it's;"), ('\\';');;
select 1-1 /* c */ as \`a;b\` -- end;
`;
  expect(splitScript(script)).toEqual([
    { text: 'create table a (b string)', line: 2 },
    { text: `insert into a values ('x;y'), ("it's;"), ('\\';')`, line: 3 },
    { text: 'select 1-1   as `a;b`', line: 4 },
  ]);
  expect(splitScript(' -- nothing\n;')).toEqual([]);
});

test('one query is taken, and what changes tables is refused', () => {
  expect(oneQuery(' select 1 ; ', 'q')).toBe('select 1');
  expect(oneQuery('-- c\n(select 1) union (select 2)', 'q')).toBe('(select 1) union (select 2)');
  expect(() => oneQuery('select 1; select 2', 'q')).toThrow(expect.objectContaining({ reason: 'SQL_STATEMENTS' }));
  expect(() => oneQuery('drop table t', 'q')).toThrow(expect.objectContaining({ reason: 'SQL_FORBIDDEN' }));
  expect(() => oneQuery(';', 'q')).toThrow(expect.objectContaining({ reason: 'PROPERTY_INVALID' }));
});
