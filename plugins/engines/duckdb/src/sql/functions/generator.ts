import { cast } from '../casts.js';
import { widest } from '../coercion.js';
import { quoteLiteral } from '../quote.js';
import { STRING, typeText, VOID, INT } from '../types.js';
import { generator, type Call, type FunctionRow, type GeneratedColumn } from './row.js';

/** The columns of an exploded array or map. */
function exploded(call: Call): GeneratedColumn[] {
  const [value] = call.args;
  if (value?.type.kind === 'array') return [{ name: 'col', type: value.type.element, list: value.sql }];
  if (value?.type.kind === 'map') {
    return [
      { name: 'key', type: value.type.key, list: `map_keys(${value.sql})` },
      { name: 'value', type: value.type.value, list: `map_values(${value.sql})` },
    ];
  }
  throw call.scope.fail(
    call.at,
    'SQL_ANALYSIS',
    `${call.node.name} takes an array or a map, found ${value ? typeText(value.type) : 'nothing'}`,
  );
}

function positioned(call: Call): GeneratedColumn[] {
  const columns = exploded(call);
  const list = columns[0]?.list ?? '[]';
  return [{ name: 'pos', type: INT, list: `CAST(range(len(${list})) AS INTEGER[])` }, ...columns];
}

function inline(call: Call): GeneratedColumn[] {
  const [value] = call.args;
  const element = value?.type.kind === 'array' ? value.type.element : VOID;
  if (!value || element.kind !== 'struct')
    throw call.scope.fail(call.at, 'SQL_ANALYSIS', `${call.node.name} takes an array of structs`);
  return element.fields.map((field) => ({
    name: field.name,
    type: field.type,
    list: `list_transform(${value.sql}, lambda v: struct_extract(v, ${quoteLiteral(field.name)}))`,
  }));
}

function stack(call: Call): GeneratedColumn[] {
  const [rows, ...values] = call.args;
  const count = typeof rows?.literal === 'string' ? Number(rows.literal) : NaN;
  if (!(count > 0)) throw call.scope.fail(call.at, 'SQL_ANALYSIS', 'stack(n, ...): n must be a positive whole number');
  const width = Math.ceil(values.length / count);
  return Array.from({ length: width }, (_, c) => {
    const column = Array.from({ length: count }, (__, r) => values[r * width + c]);
    const type = widest(
      call.scope,
      column.map((value) => value?.type ?? VOID),
    );
    if (!type) throw call.scope.fail(call.at, 'SQL_ANALYSIS', `stack: the values of column ${c} have no common type`);
    const list = `[${column.map((value) => (value ? cast(call.scope, value, type).sql : 'NULL')).join(', ')}]`;
    return { name: `col${c}`, type, list };
  });
}

function jsonTuple(call: Call): GeneratedColumn[] {
  const [text, ...names] = call.args;
  return names.map((name, i) => ({
    name: `c${i}`,
    type: STRING,
    list: `[spark_json_field(${text?.sql}, ${name.sql})]`,
  }));
}

export const ROWS: readonly FunctionRow[] = [
  generator('explode(collection any) -> any', exploded, { aliases: ['explode_outer'] }),
  generator('posexplode(collection any) -> any', positioned, { aliases: ['posexplode_outer'] }),
  generator('inline(input any) -> any', inline, { aliases: ['inline_outer'] }),
  generator('stack(n int, more any...) -> any', stack),
  generator('json_tuple(json string, field string, more string...) -> any', jsonTuple),
];
