import { once } from './bind.js';
import { INT, isInteger, STRING, typeText, type SparkType } from './types.js';
import { implicit } from './coercion.js';
import { storedType } from './duckdb-types.js';
import { quoteLiteral } from './quote.js';
import type { Scope } from './scope.js';
import { typed, type Typed } from './typed.js';

export function column(scope: Scope, parts: readonly string[], at: number): Typed {
  const [first = '', ...rest] = parts;
  const variable = scope.lambdas.get(first.toLowerCase());
  if (variable) return rest.reduce((value, name) => field(scope, value, name, at), { ...variable, at });
  const found = scope.find(parts, at);
  if (found) return reach(scope, found.column, found.rest, parts, at);
  const alias = scope.aliases.get(first.toLowerCase());
  if (alias) {
    const value = { ...alias, label: `lateralAliasReference(${first})`, at };
    return rest.reduce((inner, name) => field(scope, inner, name, at), value);
  }
  for (let outer = scope.parent; outer; outer = outer.parent) {
    const match = outer.find(parts, at);
    if (match) {
      scope.correlated = true;
      const value = reach(scope, match.column, match.rest, parts, at);
      // A column of an outer query is a constant for this one: it needs no place in GROUP BY.
      return { ...value, uses: [], untried: true };
    }
  }
  throw scope.unknown(parts, at);
}

function reach(
  scope: Scope,
  found: { readonly name: string; readonly type: Typed['type']; readonly sql: string },
  rest: readonly string[],
  parts: readonly string[],
  at: number,
): Typed {
  const uses = [found as Typed['uses'][number]];
  const written = parts[parts.length - rest.length - 1] ?? found.name;
  const value: Typed = {
    ...typed([], { sql: found.sql, type: found.type, label: found.name, at, name: written }),
    uses,
  };
  return rest.reduce((inner, name) => field(scope, inner, name, at), value);
}

/** A field of a struct, of every struct in an array, or the value of a map under a key. */
export function field(scope: Scope, value: Typed, name: string, at: number): Typed {
  const type = value.type;
  const label = `${value.label}.${name}`;
  if (type.kind === 'struct' || (type.kind === 'array' && type.element.kind === 'struct')) {
    const inner = type.kind === 'struct' ? type : (type.element as Extract<typeof type, { kind: 'struct' }>);
    const found = inner.fields.filter((f) => f.name.toLowerCase() === name.toLowerCase());
    if (found.length > 1)
      throw scope.fail(at, 'COLUMN_AMBIGUOUS', `the field '${name}' of '${value.label}' is ambiguous`);
    const [match] = found;
    if (!match) {
      const names = inner.fields.map((f) => f.name).join(', ');
      throw scope.fail(at, 'COLUMN_UNKNOWN', `'${value.label}' has no field '${name}'; it has ${names}`, {
        column: name,
      });
    }
    const read = (source: string): string => `struct_extract(${source}, ${quoteLiteral(match.name)})`;
    const base = { label, at, name };
    if (type.kind === 'struct') return typed([value], { ...base, sql: read(value.sql), type: match.type });
    const variable = scope.session.fresh('_x');
    const sql = `list_transform(${value.sql}, lambda ${variable}: ${read(variable)})`;
    return typed([value], { ...base, sql, type: { kind: 'array', element: match.type } });
  }
  if (type.kind === 'map') {
    const key: Typed = typed([], { sql: quoteLiteral(name), type: STRING, label: name, at, literal: name });
    return { ...index(scope, value, key, at), label: `${value.label}[${name}]`, name };
  }
  throw scope.fail(at, 'SQL_ANALYSIS', `'${value.label}' is of type ${typeText(type)}: it has no field '${name}'`);
}

export function index(scope: Scope, value: Typed, key: Typed, at: number): Typed {
  const label = `${value.label}[${key.label}]`;
  if (value.type.kind === 'array') {
    const position = isInteger(key.type) || key.type.kind === 'void' ? key : implicit(scope, key, INT);
    if (!position)
      throw scope.fail(key.at, 'SQL_ANALYSIS', `an array is read by a whole number, not by ${typeText(key.type)}`);
    return typed([value, position], {
      sql: scope.session.options.ansi
        ? checkedElement(value.sql, position, value.type.element)
        : elementAt(scope, value.sql, position),
      untried: scope.session.options.ansi || value.untried || position.untried,
      type: value.type.element,
      label,
      at,
    });
  }
  if (value.type.kind === 'map') {
    const converted = implicit(scope, key, value.type.key);
    if (!converted)
      throw scope.fail(key.at, 'SQL_ANALYSIS', `the keys of '${value.label}' are ${typeText(value.type.key)}`);
    return typed([value, converted], { sql: `(${value.sql})[${converted.sql}]`, type: value.type.value, label, at });
  }
  if (value.type.kind === 'struct' && typeof key.literal === 'string')
    return { ...field(scope, value, key.literal, at), label };
  throw scope.fail(
    at,
    'SQL_ANALYSIS',
    `'${value.label}' is of type ${typeText(value.type)}: it cannot be read with [...]`,
  );
}

/** In ANSI mode an index outside the array is an error. */
function checkedElement(list: string, position: Typed, element: SparkType): string {
  const fault = `CAST(error('[INVALID_ARRAY_INDEX] The index is out of bounds. Use get() to get NULL instead.') AS ${storedType(element)})`;
  const outside = `(${position.sql} < 0 OR ${position.sql} >= len(${list}))`;
  return `CASE WHEN ${outside} THEN ${fault} ELSE (${list})[CAST(${position.sql} AS BIGINT) + 1] END`;
}

/** `array[i]`, counted from 0; NULL outside the array. */
function elementAt(scope: Scope, list: string, position: Typed): string {
  if (typeof position.literal === 'string') {
    const at = BigInt(position.literal);
    return at < 0n ? `(${list})[0]` : `(${list})[${at + 1n}]`;
  }
  const wide = `CAST(${position.sql} AS BIGINT)`;
  return once(scope, wide, (i) => `(${list})[CASE WHEN ${i} >= 0 THEN ${i} + 1 ELSE 0 END]`);
}
