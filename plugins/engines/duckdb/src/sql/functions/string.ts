import { cast } from '../casts.js';
import { implicit, widest } from '../coercion.js';
import { match } from '../like.js';
import { constant } from '../literals.js';
import type { Scope } from '../scope.js';
import type { CallNode } from '../tree.js';
import { typed, type Typed } from '../typed.js';
import { BINARY, STRING, typeText, type SparkType } from '../types.js';
import { decodeCase } from './conditional.js';
import { TEXT_FORMATS } from './text-format.js';
import { scalar, special, type Analyze, type Call, type FunctionRow } from './row.js';

const isBinary = ({ args }: Call, index = 0): boolean => args[index]?.type.kind === 'binary';

/** A form for strings and one for binary values. */
const either =
  (text: string, bytes: string) =>
  (call: Call): string =>
    fill(isBinary(call) ? bytes : text, call);

function fill(template: string, call: Call): string {
  return template.replace(/\$(\d)/g, (_, digit: string) => call.sql(Number(digit) - 1));
}

/** concat of strings, of binary values, or of arrays; NULL in any gives NULL. */
function concat(scope: Scope, node: CallNode, analyze: Analyze): Typed {
  const values = node.args.map((arg) => analyze(scope, arg));
  const label = `concat(${values.map((value) => value.label).join(', ')})`;
  const arrays = values.some((value) => value.type.kind === 'array');
  const binary = values.length > 0 && values.every((value) => value.type.kind === 'binary');
  const type = arrays
    ? widest(
        scope,
        values.map((value) => value.type),
      )
    : binary
      ? values[0]?.type
      : STRING;
  const converted = values.map((value) => type && (arrays ? cast(scope, value, type) : implicit(scope, value, type)));
  if (!type || converted.some((value) => value === undefined)) {
    throw scope.fail(
      node.at,
      'SQL_ANALYSIS',
      `concat joins strings, binary values or arrays of one type, found ${values.map((v) => typeText(v.type)).join(', ')}`,
    );
  }
  const parts = converted.flatMap((value) => (value ? [value] : []));
  if (parts.length === 0) return constant(STRING, '', node.at);
  const joined = parts.length === 1 ? (parts[0]?.sql ?? '') : `(${parts.map((part) => part.sql).join(' || ')})`;
  return typed(parts, { sql: joined, type, label, at: node.at });
}

function concatWs({ args, scope, at }: Call): string {
  const [separator, ...rest] = args;
  const parts = rest.map((part) => {
    if (part.type.kind === 'array')
      return `list_filter(${cast(scope, part, { kind: 'array', element: STRING }).sql}, lambda v: v IS NOT NULL)`;
    const text = implicit(scope, part, STRING);
    if (!text)
      throw scope.fail(at, 'SQL_ANALYSIS', `concat_ws joins strings and arrays of strings, not '${part.label}'`);
    return `CASE WHEN ${text.sql} IS NOT NULL THEN [${text.sql}] END`;
  });
  const lists = parts.map((part) => `coalesce(${part}, CAST([] AS VARCHAR[]))`);
  const joined =
    lists.length === 0 ? 'CAST([] AS VARCHAR[])' : lists.length === 1 ? (lists[0] ?? '') : `(${lists.join(' || ')})`;
  const sql = separator?.sql ?? "''";
  // DuckDB joins with a constant alone.
  const text =
    typeof separator?.literal === 'string'
      ? `array_to_string(${joined}, ${sql})`
      : `list_reduce(${joined}, lambda a, v: a || ${sql} || v)`;
  const nothing = typeof separator?.literal === 'string' ? '' : `WHEN len(${joined}) = 0 THEN '' `;
  return `CASE WHEN ${sql} IS NULL THEN NULL ${nothing}ELSE coalesce(${text}, '') END`;
}

/** The bytes that a charset's name asks for; only UTF-8 and its subsets can be had without converting. */
function charset(call: Call, index: number): string {
  const name = call.args[index]?.literal;
  if (typeof name !== 'string')
    throw call.scope.unsupported(call.at, 'a charset that is not a literal', "write it as a literal such as 'UTF-8'");
  const upper = name.toUpperCase();
  if (!['UTF-8', 'UTF8', 'US-ASCII', 'ISO-8859-1', 'UTF-16', 'UTF-16BE', 'UTF-16LE', 'UTF-32'].includes(upper)) {
    throw call.scope.fail(
      call.at,
      'SQL_ANALYSIS',
      `the charset '${name}' is not known (INVALID_PARAMETER_VALUE.CHARSET)`,
    );
  }
  return upper === 'UTF8' ? 'UTF-8' : upper;
}

const likeRow = (name: 'like' | 'ilike' | 'rlike', aliases: readonly string[] = []): FunctionRow =>
  special(
    `${name}(str string, pattern string${name === 'rlike' ? '' : ', escape? string'}) -> boolean`,
    (scope, node, analyze) => {
      const [operand, pattern, escape] = node.args
        .map((arg) => analyze(scope, arg))
        .map((value) => implicit(scope, value, STRING) ?? value);
      const most = name === 'rlike' ? 2 : 3;
      if (!operand || !pattern || node.args.length > most)
        throw scope.fail(
          node.at,
          'SQL_ANALYSIS',
          `${name}(str, pattern) takes 2${most > 2 ? ' or 3' : ''} arguments (WRONG_NUM_ARGS)`,
        );
      const character = typeof escape?.literal === 'string' ? escape.literal : undefined;
      const literal = node.args[1] ? analyze(scope, node.args[1]).literal : undefined;
      const exact = { ...pattern, ...(literal === undefined ? {} : { literal }) };
      const value = match(scope, name.toUpperCase() as 'LIKE', operand, exact, character, node.at);
      return name === 'rlike'
        ? { ...value, label: `${node.name.toUpperCase()}(${operand.label}, ${pattern.label})` }
        : value;
    },
    { aliases },
  );

const trimRow = (name: string, side: string): FunctionRow[] => [
  scalar(
    `${name}(str string, characters? string) -> string`,
    (call) =>
      call.node.args.length < 2
        ? `${side}(${call.sql(0)}, ' ')`
        : `${side}(${name === 'btrim' ? call.sql(0) : call.sql(1)}, ${name === 'btrim' ? call.sql(1) : call.sql(0)})`,
    { label: (call) => trimLabel(call, name) },
  ),
  scalar(`${name}_of(str string, characters string) -> string`, `${side}($1, $2)`, {
    label: ({ args }) =>
      `TRIM(${name === 'trim' ? 'BOTH' : name === 'ltrim' ? 'LEADING' : 'TRAILING'} ${args[1]?.label} FROM ${args[0]?.label})`,
  }),
];

function trimLabel({ args, node }: Call, name: string): string {
  if (name === 'btrim')
    return `btrim(${args
      .slice(0, node.args.length)
      .map((a) => a.label)
      .join(', ')})`;
  if (node.args.length < 2) return `${name}(${args[0]?.label})`;
  const side = name === 'trim' ? 'BOTH' : name === 'ltrim' ? 'LEADING' : 'TRAILING';
  return `TRIM(${side} ${args[0]?.label} FROM ${args[1]?.label})`;
}

/** A search for one text in another; a binary value on either side makes both bytes. */
const search = (name: string, form: string, ofBytes: (text: string, part: string) => string): FunctionRow =>
  scalar(`${name}(left string|binary, right string|binary) -> boolean`, (call) => {
    const { args, sql } = call;
    if (!isBinary(call) && !isBinary(call, 1)) return `${form}(${sql(0)}, ${sql(1)})`;
    const hex = (value: Typed | undefined): string =>
      value?.type.kind === 'binary' ? `hex(${value.sql})` : `hex(encode(${value?.sql ?? 'NULL'}))`;
    return ofBytes(hex(args[0]), hex(args[1]));
  });

/** Bytes are filled up with bytes; with a text on either side all is text. */
const padType = ([value, , filler]: readonly Typed[]): SparkType =>
  value?.type.kind === 'binary' && (filler?.type.kind === 'binary' || filler?.literal === null) ? BINARY : STRING;

const pad = (name: 'lpad' | 'rpad'): FunctionRow =>
  scalar(
    `${name}(str string|binary, len int, pad? string|binary) -> any`,
    (call) => {
      const { args, node, scope } = call;
      const sql = (i: number): string => {
        const value = args[i];
        const mixed = call.type.kind === 'string' && value?.type.kind === 'binary';
        return value && mixed ? cast(scope, value, STRING).sql : call.sql(i);
      };
      if (call.type.kind === 'binary')
        return `spark_${name}_binary(${sql(0)}, ${sql(1)}, ${node.args.length > 2 ? sql(2) : "unhex('00')"})`;
      const filler = node.args.length > 2 ? sql(2) : "' '";
      if (args[2]?.literal === '')
        return `CASE WHEN ${sql(1)} IS NOT NULL THEN left(${sql(0)}, CAST(greatest(${sql(1)}, 0) AS BIGINT)) END`;
      return `CASE WHEN ${sql(1)} <= 0 THEN CASE WHEN ${sql(0)} IS NOT NULL AND ${filler} IS NOT NULL THEN '' END WHEN ${filler} = '' THEN left(${sql(0)}, ${sql(1)}) ELSE ${name}(${sql(0)}, ${sql(1)}, ${filler}) END`;
    },
    {
      result: padType,
      label: (call) => {
        const preset = isBinary(call) ? "X'00'" : ' ';
        return `${name}(${call.args[0]?.label}, ${call.args[1]?.label}, ${call.node.args.length > 2 ? call.args[2]?.label : preset})`;
      },
    },
  );

const SUBSTRING = (call: Call): string => {
  if (isBinary(call)) return fill('spark_substring_binary($1, $2, $3)', call);
  const [s, pos, len] = [call.sql(0), call.sql(1), call.sql(2)];
  const position = call.args[1]?.literal;
  const length = call.args[2]?.literal;
  if (typeof position === 'string' && typeof length === 'string' && Number(position) >= 0) {
    const start = Math.max(Number(position), 1);
    if (Number(length) <= 0) return `CASE WHEN ${s} IS NOT NULL THEN '' END`;
    if (length === '2147483647') return `substring(${s}, ${start})`;
    return `substring(${s}, ${start}, ${length})`;
  }
  // A start before the beginning eats into the length: substring('abc', -5, 3) is 'a'.
  const start = `(CASE WHEN ${pos} > 0 THEN CAST(${pos} AS BIGINT) - 1 WHEN ${pos} < 0 THEN length(${s}) + ${pos} ELSE 0 END)`;
  const end = `(${start} + ${len})`;
  const cut = `substring(${s}, greatest(${start}, 0) + 1, ${end} - greatest(${start}, 0))`;
  return `CASE WHEN ${s} IS NULL OR ${pos} IS NULL OR ${len} IS NULL THEN NULL WHEN ${len} <= 0 OR ${end} <= 0 THEN '' ELSE ${cut} END`;
};

export const ROWS: readonly FunctionRow[] = [
  scalar('ascii(str string) -> int', "CASE WHEN $1 = '' THEN 0 ELSE CAST(unicode($1) AS INTEGER) END"),
  scalar('base64(bin binary) -> string', 'base64($1)'),
  scalar('unbase64(str string) -> binary', 'spark_unbase64($1)'),
  scalar(
    'bit_length(expr string|binary) -> int',
    either('CAST(bit_length($1) AS INTEGER)', 'CAST(octet_length($1) * 8 AS INTEGER)'),
  ),
  scalar(
    'octet_length(expr string|binary) -> int',
    either('CAST(strlen($1) AS INTEGER)', 'CAST(octet_length($1) AS INTEGER)'),
  ),
  scalar(
    'length(expr string|binary) -> int',
    either('CAST(length($1) AS INTEGER)', 'CAST(octet_length($1) AS INTEGER)'),
    { aliases: ['len', 'char_length', 'character_length'] },
  ),
  ...trimRow('trim', 'trim'),
  ...trimRow('ltrim', 'ltrim'),
  ...trimRow('rtrim', 'rtrim'),
  ...trimRow('btrim', 'trim'),
  scalar('chr(n bigint) -> string', "CASE WHEN $1 < 0 THEN '' ELSE chr(CAST($1 & 255 AS INTEGER)) END", {
    aliases: ['char'],
    shown: 'chr',
  }),
  special('concat(a any, more any...) -> any', concat),
  scalar('concat_ws(sep string, more any...) -> string', concatWs),
  // A match within hexadecimal digits must begin at a whole byte.
  search('contains', 'contains', (text, part) => `regexp_matches(${text}, '^(?:..)*' || ${part})`),
  search('startswith', 'starts_with', (text, part) => `starts_with(${text}, ${part})`),
  search('endswith', 'ends_with', (text, part) => `ends_with(${text}, ${part})`),
  special('decode(bin any, charset any, more any...) -> any', (scope, node, analyze) => {
    if (node.args.length !== 2) return decodeCase(scope, node, analyze);
    const [bytes, name] = node.args.map((arg) => analyze(scope, arg));
    if (!bytes || !name) throw scope.fail(node.at, 'SQL_ANALYSIS', 'decode(bin, charset) takes 2 arguments');
    const binary = implicit(scope, bytes, { kind: 'binary' });
    if (!binary) throw scope.fail(bytes.at, 'SQL_ANALYSIS', 'decode(bin, charset) reads a binary value');
    if (typeof name.literal !== 'string' || !/^utf-?8$/i.test(name.literal))
      throw scope.unsupported(node.at, 'decode with a charset other than UTF-8', "use 'UTF-8'");
    return typed([binary], {
      sql: `decode(${binary.sql})`,
      type: STRING,
      label: `decode(${bytes.label}, ${name.label})`,
      at: node.at,
    });
  }),
  scalar('encode(str string, charset string) -> binary', (call) => {
    const name = charset(call, 1);
    return name === 'UTF-8' ? `encode(${call.sql(0)})` : `spark_encode(${call.sql(0)}, '${name}')`;
  }),
  scalar(
    'elt(n int, more any...) -> any',
    ({ args, scope, type }) => {
      const [n, ...rest] = args;
      return `CASE ${n?.sql} ${rest.map((value, i) => `WHEN ${i + 1} THEN ${cast(scope, value, type).sql}`).join(' ')} END`;
    },
    { result: ([, ...rest]) => (rest.every((value) => value.type.kind === 'binary') ? BINARY : STRING) },
  ),
  scalar(
    'find_in_set(str string, list string) -> int',
    "CASE WHEN $1 IS NULL OR $2 IS NULL THEN NULL WHEN contains($1, ',') THEN 0 ELSE CAST(coalesce(list_position(string_split($2, ','), $1), 0) AS INTEGER) END",
  ),
  ...TEXT_FORMATS,
  scalar('initcap(str string) -> string', 'spark_initcap($1)'),
  scalar('instr(str string, substr string) -> int', 'CAST(instr($1, $2) AS INTEGER)'),
  scalar(
    'locate(substr string, str string, pos int = 1) -> int',
    ({ sql, args }) =>
      args[2]?.literal === '1'
        ? `CAST(instr(${sql(1)}, ${sql(0)}) AS INTEGER)`
        : `CASE WHEN ${sql(2)} IS NULL THEN 0 WHEN ${sql(0)} IS NULL OR ${sql(1)} IS NULL THEN NULL WHEN ${sql(2)} < 1 THEN 0 WHEN ${sql(0)} = '' THEN 1 WHEN instr(substring(${sql(1)}, ${sql(2)}), ${sql(0)}) = 0 THEN 0 ELSE CAST(instr(substring(${sql(1)}, ${sql(2)}), ${sql(0)}) + ${sql(2)} - 1 AS INTEGER) END`,
    { aliases: ['position'] },
  ),
  scalar('is_valid_utf8(str string|binary) -> boolean', either('($1 IS NOT NULL OR NULL)', 'spark_valid_utf8($1)')),
  scalar('make_valid_utf8(str string|binary) -> string', either('$1', 'spark_make_valid_utf8($1)')),
  scalar(
    'validate_utf8(str string|binary) -> string',
    either(
      '$1',
      "CASE WHEN spark_valid_utf8($1) THEN decode($1) WHEN $1 IS NOT NULL THEN error('[INVALID_UTF8_STRING] the bytes are no UTF-8') END",
    ),
    { untried: true },
  ),
  scalar(
    'try_validate_utf8(str string|binary) -> string',
    either('$1', 'CASE WHEN spark_valid_utf8($1) THEN decode($1) END'),
  ),
  scalar(
    'left(str string|binary, len int) -> $1',
    either(
      "CASE WHEN $2 <= 0 AND $1 IS NOT NULL THEN '' ELSE left($1, $2) END",
      'CASE WHEN $2 IS NOT NULL THEN spark_substring_binary($1, 1, greatest($2, 0)) END',
    ),
  ),
  scalar('right(str string, len int) -> string', "CASE WHEN $2 <= 0 AND $1 IS NOT NULL THEN '' ELSE right($1, $2) END"),
  scalar(
    'levenshtein(a string, b string, threshold? int) -> int',
    ({ sql, node }) => {
      const ascii = `strlen(${sql(0)}) = length(${sql(0)}) AND strlen(${sql(1)}) = length(${sql(1)})`;
      const distance = `CASE WHEN ${ascii} THEN CAST(levenshtein(${sql(0)}, ${sql(1)}) AS INTEGER) ELSE spark_levenshtein(${sql(0)}, ${sql(1)}) END`;
      return node.args.length < 3 ? distance : `CASE WHEN ${distance} > ${sql(2)} THEN -1 ELSE ${distance} END`;
    },
    {
      label: ({ args, node }) =>
        `levenshtein(${args
          .slice(0, node.args.length)
          .map((a) => a.label)
          .join(', ')})`,
    },
  ),
  likeRow('like'),
  likeRow('ilike'),
  likeRow('rlike', ['regexp', 'regexp_like']),
  scalar('lower(str string) -> string', 'CASE WHEN strlen($1) = length($1) THEN lower($1) ELSE spark_lower($1) END', {
    aliases: ['lcase'],
  }),
  scalar('upper(str string) -> string', 'CASE WHEN strlen($1) = length($1) THEN upper($1) ELSE spark_upper($1) END', {
    aliases: ['ucase'],
  }),
  pad('lpad'),
  pad('rpad'),
  scalar('luhn_check(str string) -> boolean', 'spark_luhn_check($1)'),
  scalar(
    "mask(str string, upperChar string = 'X', lowerChar string = 'x', digitChar string = 'n', otherChar string = null) -> string",
    'spark_mask($1, $2, $3, $4, $5)',
  ),
  scalar(
    'overlay(input string|binary, replace string|binary, pos int, len int = -1) -> $1',
    either('spark_overlay($1, $2, $3, $4)', 'spark_overlay_binary($1, $2, $3, $4)'),
  ),
  scalar('quote(str string) -> string', "'''' || replace($1, '''', '\\''') || ''''"),
  scalar('repeat(str string, n int) -> string', 'CASE WHEN $2 IS NOT NULL THEN repeat($1, greatest($2, 0)) END'),
  scalar(
    "replace(str string, search string, replace string = '') -> string",
    "CASE WHEN $2 = '' AND $3 IS NOT NULL THEN $1 ELSE replace($1, $2, $3) END",
  ),
  scalar('soundex(str string) -> string', 'spark_soundex($1)'),
  scalar('space(n int) -> string', "CASE WHEN $1 IS NOT NULL THEN repeat(' ', greatest($1, 0)) END"),
  scalar(
    'split_part(str string, delimiter string, part int) -> string',
    ({ sql }) =>
      `CASE WHEN ${sql(0)} IS NOT NULL AND ${sql(1)} IS NOT NULL AND ${sql(2)} = 0 THEN error('[INVALID_INDEX_OF_ZERO] The index 0 is invalid.') WHEN ${sql(1)} = '' THEN CASE WHEN abs(${sql(2)}) = 1 THEN ${sql(0)} WHEN ${sql(0)} IS NOT NULL AND ${sql(2)} IS NOT NULL THEN '' END ELSE split_part(${sql(0)}, ${sql(1)}, ${sql(2)}) END`,
    { untried: true },
  ),
  scalar('substring(str string|binary, pos int, len int = 2147483647) -> $1', SUBSTRING, { aliases: ['substr'] }),
  scalar('substring_index(str string, delim string, count int) -> string', 'spark_substring_index($1, $2, $3)'),
  scalar('translate(input string, from string, to string) -> string', 'spark_translate($1, $2, $3)'),
  scalar('reverse(expr array|string) -> $1', ({ sql, args }) =>
    args[0]?.type.kind === 'array'
      ? `list_reverse(${sql(0)})`
      : `CASE WHEN strlen(${sql(0)}) = length(${sql(0)}) THEN reverse(${sql(0)}) ELSE spark_reverse(${sql(0)}) END`,
  ),
  scalar('uuid() -> string', 'CAST(gen_random_uuid() AS VARCHAR)', { untried: true }),
  scalar('typeof(expr any) -> string', ({ args }) => `'${typeText(args[0]?.type ?? STRING)}'`),
];
