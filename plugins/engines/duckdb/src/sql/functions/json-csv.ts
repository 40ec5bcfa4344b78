import { ENTRY_KEY, ENTRY_VALUE } from '../bind.js';
import { cast } from '../casts.js';
import { implicit } from '../coercion.js';
import { storedType } from '../duckdb-types.js';
import { wallClock } from '../instants.js';
import { formatTime } from '../java-time.js';
import { constant } from '../literals.js';
import { splitLine } from '../natives/csv-lines.js';
import { schemaOfJson } from '../natives/json-schema.js';
import { schemaOf } from '../parse-type.js';
import { quoteLiteral } from '../quote.js';
import type { Scope } from '../scope.js';
import type { CallNode, Expression } from '../tree.js';
import { typed, type Typed } from '../typed.js';
import { STRING, typeText, type SparkType } from '../types.js';
import { scalar, special, type Analyze, type FunctionRow } from './row.js';

/** Options of a JSON or CSV function: a map of literals. Those that Sluice does not have are refused by name. */
function optionsOf(
  scope: Scope,
  node: CallNode,
  argument: Expression | undefined,
  known: readonly string[],
): Map<string, string> {
  const options = new Map<string, string>();
  if (!argument) return options;
  const literals = argument.kind === 'call' && argument.name.toLowerCase() === 'map' ? argument.args : undefined;
  if (!literals)
    throw scope.fail(
      node.at,
      'SQL_ANALYSIS',
      `the options of ${node.name} must be map('name', 'value', ...) (INVALID_OPTIONS.NON_MAP_FUNCTION)`,
    );
  for (let i = 0; i + 1 < literals.length; i += 2) {
    const [name, value] = [literals[i], literals[i + 1]];
    if (name?.kind !== 'literal' || value?.kind !== 'literal' || typeof name.value !== 'string') {
      throw scope.unsupported(
        node.at,
        `options of ${node.name} that are no literals`,
        'write names and values as string literals',
      );
    }
    const found = known.find((option) => option.toLowerCase() === String(name.value).toLowerCase());
    if (found === undefined)
      throw scope.unsupported(
        name.at,
        `the option '${name.value}' of ${node.name}`,
        `the options are ${known.join(', ')}`,
      );
    options.set(found, String(value.value));
  }
  return options;
}

function schemaArgument(scope: Scope, node: CallNode, value: Typed | undefined): { text: string; type: SparkType } {
  if (typeof value?.literal !== 'string')
    throw scope.unsupported(
      node.at,
      `${node.name} with a schema that is not a literal`,
      "write the schema as a string literal such as 'a INT, b STRING'",
    );
  return { text: value.literal, type: schemaOf(value.literal) };
}

function hasKind(type: SparkType, kinds: readonly string[]): boolean {
  if (kinds.includes(type.kind)) return true;
  if (type.kind === 'array') return hasKind(type.element, kinds);
  if (type.kind === 'map')
    return hasKind(type.key, ['array', 'map', 'struct', 'int', 'bigint', ...kinds]) || hasKind(type.value, kinds);
  return type.kind === 'struct' && type.fields.some((field) => hasKind(field.type, kinds));
}

function reader(format: 'json' | 'csv') {
  return (scope: Scope, node: CallNode, analyze: Analyze): Typed => {
    const [first, second, third] = node.args;
    if (!first || !second || node.args.length > 3)
      throw scope.fail(node.at, 'SQL_ANALYSIS', `${node.name}(text, schema[, options]) takes 2 or 3 arguments`);
    const value = analyze(scope, first);
    const text = implicit(scope, value, STRING);
    if (!text) throw scope.fail(value.at, 'SQL_ANALYSIS', `${node.name} reads a string, not ${typeText(value.type)}`);
    const schema = schemaArgument(scope, node, analyze(scope, second));
    if (hasKind(schema.type, ['binary', 'interval', 'day-time', 'year-month', 'time'])) {
      throw scope.unsupported(
        node.at,
        `${node.name} with the type ${typeText(schema.type)}`,
        'read such fields as string',
      );
    }
    const known =
      format === 'json'
        ? ['mode', 'dateFormat', 'timestampFormat']
        : ['mode', 'dateFormat', 'timestampFormat', 'sep', 'delimiter', 'quote', 'escape', 'nullValue'];
    const given = optionsOf(scope, node, third, known);
    const mode = given.get('mode')?.toUpperCase() ?? 'PERMISSIVE';
    if (mode !== 'PERMISSIVE' && mode !== 'FAILFAST')
      throw scope.fail(
        node.at,
        'SQL_ANALYSIS',
        `${node.name} knows the modes PERMISSIVE and FAILFAST, not ${mode} (PARSE_MODE_UNSUPPORTED)`,
      );
    const sep = given.get('sep') ?? given.get('delimiter');
    const options = {
      zone: scope.session.options.zone,
      ...(mode === 'FAILFAST' ? { failFast: true } : {}),
      ...Object.fromEntries(
        ['dateFormat', 'timestampFormat', 'quote', 'escape', 'nullValue'].flatMap((name) =>
          given.has(name) ? [[name, given.get(name)]] : [],
        ),
      ),
      ...(sep === undefined ? {} : { sep }),
    };
    const read = `spark_read_${format}(${text.sql}, ${quoteLiteral(schema.text)}, ${quoteLiteral(JSON.stringify(options))})`;
    const sql = `CAST(CAST(${read} AS JSON) AS ${storedType(schema.type)})`;
    // Spark shows a map that it has read by the name of its own making.
    const label = schema.type.kind === 'map' ? 'entries' : `${node.name.toLowerCase()}(${value.label})`;
    return typed([text], { sql, type: schema.type, label, at: node.at });
  };
}

/** Spark's own pattern says XXX; offsets of old times are written with their seconds all the same. */
const LTZ = "yyyy-MM-dd'T'HH:mm:ss.SSSXXXXX";
const NTZ = "yyyy-MM-dd'T'HH:mm:ss.SSS";

/** A value as JSON text; NULL for NULL. */
function jsonText(
  scope: Scope,
  sql: string,
  type: SparkType,
  options: ReadonlyMap<string, string>,
  at: number,
): string {
  const again = (text: string, t: SparkType): string => jsonText(scope, text, t, options, at);
  const whole = (text: string, t: SparkType): string => `coalesce(${again(text, t)}, 'null')`;
  switch (type.kind) {
    case 'string':
      return `spark_json_string(${sql})`;
    case 'float':
    case 'double': {
      const text = cast(scope, typed([], { sql, type, label: '', at }), STRING).sql;
      return `CASE WHEN isfinite(${sql}) THEN ${text} WHEN ${sql} IS NOT NULL THEN '"' || ${text} || '"' END`;
    }
    case 'boolean':
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'decimal':
      return cast(scope, typed([], { sql, type, label: '', at }), STRING).sql;
    case 'date': {
      const pattern = options.get('dateFormat');
      const stamp = `CAST(${sql} AS TIMESTAMP)`;
      return `'"' || ${pattern === undefined ? `CAST(${sql} AS VARCHAR)` : formatTime(scope, stamp, stamp, pattern, at)} || '"'`;
    }
    case 'timestamp':
      return `'"' || ${formatTime(scope, sql, wallClock(sql, scope.session.options.zone), options.get('timestampFormat') ?? LTZ, at)} || '"'`;
    case 'timestamp_ntz':
      return `'"' || ${formatTime(scope, sql, sql, NTZ, at)} || '"'`;
    case 'binary':
      return `'"' || base64(${sql}) || '"'`;
    case 'array':
      return `'[' || array_to_string(list_transform(${sql}, lambda v: ${whole('v', type.element)}), ',') || ']'`;
    case 'map': {
      const key =
        type.key.kind === 'struct'
          ? rowText(scope, ENTRY_KEY, type.key, at)
          : cast(scope, typed([], { sql: ENTRY_KEY, type: type.key, label: '', at }), STRING).sql;
      return `'{' || array_to_string(list_transform(map_entries(${sql}), lambda e: spark_json_string(${key}) || ':' || ${whole(ENTRY_VALUE, type.value)}), ',') || '}'`;
    }
    case 'struct': {
      const keep = options.get('ignoreNullFields')?.toLowerCase() === 'false';
      const fields = type.fields.map((field) => {
        const value = again(`struct_extract(${sql}, ${quoteLiteral(field.name)})`, field.type);
        return `${quoteLiteral(`${JSON.stringify(field.name)}:`)} || ${keep ? `coalesce(${value}, 'null')` : value}`;
      });
      const list = `list_filter([${fields.join(', ')}], lambda v: v IS NOT NULL)`;
      return `CASE WHEN ${sql} IS NOT NULL THEN '{' || coalesce(array_to_string(${list}, ','), '') || '}' END`;
    }
    default:
      throw scope.unsupported(at, `to_json of ${typeText(type)}`, 'cast it to string first');
  }
}

/** A struct as Spark prints an internal row, which is what it takes for the key of a JSON object: `[1,a]`. */
function rowText(scope: Scope, sql: string, type: Extract<SparkType, { kind: 'struct' }>, at: number): string {
  const fields = type.fields.map(
    (field) =>
      `coalesce(${cast(scope, typed([], { sql: `struct_extract(${sql}, ${quoteLiteral(field.name)})`, type: field.type, label: '', at }), STRING).sql}, 'null')`,
  );
  return `('[' || ${fields.join(" || ',' || ")} || ']')`;
}

function toJson(scope: Scope, node: CallNode, analyze: Analyze): Typed {
  const [first, second] = node.args;
  if (!first || node.args.length > 2)
    throw scope.fail(node.at, 'SQL_ANALYSIS', 'to_json(expr[, options]) takes 1 or 2 arguments');
  const value = analyze(scope, first);
  if (!['struct', 'array', 'map'].includes(value.type.kind))
    throw scope.fail(node.at, 'SQL_ANALYSIS', `to_json takes a struct, an array or a map, not ${typeText(value.type)}`);
  const options = optionsOf(scope, node, second, ['dateFormat', 'timestampFormat', 'ignoreNullFields']);
  return typed([value], {
    sql: `(${jsonText(scope, value.sql, value.type, options, node.at)})`,
    type: STRING,
    label: `to_json(${value.label})`,
    at: node.at,
  });
}

function toCsv(scope: Scope, node: CallNode, analyze: Analyze): Typed {
  const [first, second] = node.args;
  if (!first || node.args.length > 2)
    throw scope.fail(node.at, 'SQL_ANALYSIS', 'to_csv(expr[, options]) takes 1 or 2 arguments');
  const value = analyze(scope, first);
  if (value.type.kind !== 'struct')
    throw scope.fail(node.at, 'SQL_ANALYSIS', `to_csv takes a struct, not ${typeText(value.type)}`);
  const options = optionsOf(scope, node, second, [
    'dateFormat',
    'timestampFormat',
    'sep',
    'delimiter',
    'quote',
    'escape',
    'nullValue',
  ]);
  const parts = value.type.fields.map((field) => {
    const sql = `struct_extract(${value.sql}, ${quoteLiteral(field.name)})`;
    if (field.type.kind === 'timestamp')
      return formatTime(
        scope,
        sql,
        wallClock(sql, scope.session.options.zone),
        options.get('timestampFormat') ?? LTZ,
        node.at,
      );
    if (field.type.kind === 'date' && options.has('dateFormat')) {
      const stamp = `CAST(${sql} AS TIMESTAMP)`;
      return formatTime(scope, stamp, stamp, options.get('dateFormat') ?? '', node.at);
    }
    return cast(scope, typed([], { sql, type: field.type, label: '', at: node.at }), STRING).sql;
  });
  const literal = (name: string, preset: string): string => quoteLiteral(options.get(name) ?? preset);
  const sep = quoteLiteral(options.get('sep') ?? options.get('delimiter') ?? ',');
  const sql = `CASE WHEN ${value.sql} IS NOT NULL THEN spark_write_csv(CAST([${parts.join(', ')}] AS VARCHAR[]), ${sep}, ${literal('quote', '"')}, ${literal('escape', '\\')}, ${literal('nullValue', '')}) END`;
  return typed([value], { sql, type: STRING, label: `to_csv(${value.label})`, at: node.at });
}

function literalText(scope: Scope, node: CallNode, value: Typed | undefined): string {
  if (typeof value?.literal !== 'string')
    throw scope.fail(
      node.at,
      'SQL_ANALYSIS',
      `${node.name} takes a string literal (DATATYPE_MISMATCH.NON_FOLDABLE_INPUT)`,
    );
  return value.literal;
}

export const ROWS: readonly FunctionRow[] = [
  scalar('get_json_object(json string, path string) -> string', 'spark_get_json_object($1, $2)'),
  scalar('json_array_length(json string) -> int', 'spark_json_array_length($1)'),
  scalar('json_object_keys(json string) -> array<string>', 'spark_json_object_keys($1)'),
  special('from_json(json string, schema string, options? map) -> any', reader('json')),
  special('to_json(expr any, options? map) -> string', toJson),
  special('schema_of_json(json string) -> string', (scope, node, analyze) => {
    const [value] = node.args.map((arg) => analyze(scope, arg));
    if (node.args.length > 1) throw scope.unsupported(node.at, 'options of schema_of_json', 'leave them out');
    const schema = schemaOfJson(literalText(scope, node, value));
    if (schema === undefined) throw scope.fail(node.at, 'SQL_ANALYSIS', 'schema_of_json: the text is no JSON');
    return { ...constant(STRING, schema, node.at), label: `schema_of_json(${value?.label})` };
  }),
  special('from_csv(csv string, schema string, options? map) -> any', reader('csv')),
  special('to_csv(expr any, options? map) -> string', toCsv),
  special('schema_of_csv(csv string) -> string', (scope, node, analyze) => {
    const [value] = node.args.map((arg) => analyze(scope, arg));
    if (node.args.length > 1) throw scope.unsupported(node.at, 'options of schema_of_csv', 'leave them out');
    const fields = splitLine(literalText(scope, node, value), {}).map((text, i) => `_c${i}: ${inferred(text)}`);
    return { ...constant(STRING, `STRUCT<${fields.join(', ')}>`, node.at), label: `schema_of_csv(${value?.label})` };
  }),
];

/** The type that Spark infers for a field of CSV. */
function inferred(text: string | undefined): string {
  if (text === undefined) return 'STRING';
  if (/^[+-]?\d+$/.test(text)) {
    const value = BigInt(text);
    if (value >= -(1n << 31n) && value < 1n << 31n) return 'INT';
    if (value >= -(1n << 63n) && value < 1n << 63n) return 'BIGINT';
    return `DECIMAL(${text.replace(/[+-]/, '').length},0)`;
  }
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) || /^(?:NaN|[+-]?Infinity)$/.test(text)) return 'DOUBLE';
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return 'DATE';
  if (/^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}/.test(text)) return 'TIMESTAMP';
  return /^(?:true|false)$/i.test(text) ? 'BOOLEAN' : 'STRING';
}
