import { implicit } from '../coercion.js';
import { window, type Call, type FunctionRow } from './row.js';

function offset(word: 'lag' | 'lead') {
  return (call: Call): string => {
    const [value, distance, preset] = call.args;
    if (typeof distance?.literal !== 'string')
      throw call.scope.fail(call.at, 'SQL_ANALYSIS', `the offset of ${word} must be a literal`);
    // A negative offset looks the other way.
    const back = distance.literal.startsWith('-');
    const name = back ? (word === 'lag' ? 'lead' : 'lag') : word;
    const steps = distance.literal.replace('-', '');
    const fallback =
      preset && preset.type.kind !== 'void' && value ? implicit(call.scope, preset, value.type)?.sql : 'NULL';
    if (fallback === undefined)
      throw call.scope.fail(call.at, 'SQL_ANALYSIS', `the default of ${word} must have the type of its value`);
    const ignore = call.node.ignoreNulls === true ? ' IGNORE NULLS' : '';
    return call.run(`${name}(${value?.sql}, ${steps}, ${fallback}${ignore})`);
  };
}

export const ROWS: readonly FunctionRow[] = [
  window('row_number() -> int', (call) => `CAST(${call.run('row_number()')} AS INTEGER)`),
  window('rank(more any...) -> int', (call) => `CAST(${call.run('rank()')} AS INTEGER)`, { label: () => 'RANK()' }),
  window('dense_rank(more any...) -> int', (call) => `CAST(${call.run('dense_rank()')} AS INTEGER)`, {
    label: () => 'DENSE_RANK()',
  }),
  window('percent_rank(more any...) -> double', (call) => call.run('percent_rank()'), {
    label: () => 'PERCENT_RANK()',
  }),
  window('cume_dist() -> double', (call) => call.run('cume_dist()')),
  window('ntile(n int = 1) -> int', (call) => `CAST(${call.run(`ntile(${call.sql(0)})`)} AS INTEGER)`),
  window('lag(input any, offset int = 1, default any = null) -> $1', offset('lag')),
  window('lead(input any, offset int = 1, default any = null) -> $1', offset('lead')),
  window(
    'nth_value(input any, offset int, ignore_nulls boolean = false) -> $1',
    (call) => {
      const [, offset, flag] = call.args;
      if (typeof offset?.literal !== 'string' || Number(offset.literal) < 1)
        throw call.scope.fail(call.at, 'SQL_ANALYSIS', 'the offset of nth_value must be a literal from 1 on');
      if (typeof flag?.literal !== 'boolean')
        throw call.scope.fail(call.at, 'SQL_ANALYSIS', 'the third argument of nth_value must be true or false');
      const ignore = call.node.ignoreNulls === true || call.args[2]?.literal === true ? ' IGNORE NULLS' : '';
      return call.run(`nth_value(${call.sql(0)}, ${call.sql(1)}${ignore})`);
    },
    {
      label: ({ args, node }) =>
        `nth_value(${args[0]?.label}, ${args[1]?.label})${node.ignoreNulls === true || args[2]?.literal === true ? ' ignore nulls' : ''}`,
    },
  ),
];
