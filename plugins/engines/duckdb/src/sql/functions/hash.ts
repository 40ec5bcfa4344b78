import { quoteLiteral } from '../quote.js';
import type { SparkType } from '../types.js';
import { scalar, type Call, type FunctionRow } from './row.js';

/** The hash of a value of any type, folded into the hash so far; NULL leaves it as it is. */
function fold(call: Call, word: 'murmur' | 'xx', sql: string, type: SparkType, seed: string, depth = 0): string {
  const inner = `v${depth}`;
  const state = `s${depth}`;
  const stored = word === 'murmur' ? 'INTEGER' : 'BIGINT';
  const again = (text: string, t: SparkType, s: string): string => fold(call, word, text, t, s, depth + 1);
  const leaf = (kind: string, text: string): string => `coalesce(spark_${word}_${kind}(${text}, ${seed}), ${seed})`;
  switch (type.kind) {
    case 'void':
      return seed;
    case 'boolean':
      return leaf('int', `CAST(${sql} AS INTEGER)`);
    case 'tinyint':
    case 'smallint':
    case 'int':
      return leaf('int', `CAST(${sql} AS INTEGER)`);
    case 'date':
      return leaf('int', `CAST(${sql} - CAST('1970-01-01' AS DATE) AS INTEGER)`);
    case 'bigint':
      return leaf('long', sql);
    case 'timestamp':
    case 'timestamp_ntz':
      return leaf('long', `epoch_us(${sql})`);
    case 'day-time':
      return leaf('long', `epoch_us(${sql})`);
    case 'year-month':
      return leaf('int', `CAST(datepart('year', ${sql}) * 12 + datepart('month', ${sql}) AS INTEGER)`);
    case 'float':
      return leaf('float', `CAST(${sql} AS FLOAT)`);
    case 'double':
      return leaf('double', sql);
    case 'decimal':
      return leaf(type.precision <= 18 ? 'unscaled' : 'decimal', `CAST(${sql} AS VARCHAR)`);
    case 'string':
      return leaf('text', sql);
    case 'binary':
      return leaf('bytes', sql);
    case 'array': {
      // The hash so far and the element travel together through the list.
      const items = `list_transform(${sql}, lambda ${inner}: struct_pack(h := CAST(NULL AS ${stored}), e := ${inner}))`;
      const step = `struct_pack(h := ${again(`${inner}.e`, type.element, `${state}.h`)}, e := ${inner}.e)`;
      const start = `struct_pack(h := ${seed}, e := NULL)`;
      return `coalesce(list_reduce(${items}, lambda ${state}, ${inner}: ${step}, ${start}).h, ${seed})`;
    }
    case 'struct': {
      const all = type.fields.reduce(
        (hash, field) => again(`struct_extract(${sql}, ${quoteLiteral(field.name)})`, field.type, hash),
        seed,
      );
      return `CASE WHEN ${sql} IS NULL THEN ${seed} ELSE ${all} END`;
    }
    default:
      throw call.scope.unsupported(call.at, `the hash of a ${type.kind}`, 'hash its parts');
  }
}

const hashed =
  (word: 'murmur' | 'xx') =>
  (call: Call): string => {
    const seed = word === 'murmur' ? '42' : 'CAST(42 AS BIGINT)';
    return call.args.reduce((hash, value) => fold(call, word, value.sql, value.type, hash), seed);
  };

function sha2(call: Call): string {
  const bits = call.args[1]?.literal;
  if (bits === '0' || bits === '256') return `sha256(${call.sql(0)})`;
  return `spark_sha2(${call.sql(0)}, ${call.sql(1)})`;
}

export const ROWS: readonly FunctionRow[] = [
  scalar('hash(expr any, more any...) -> int', hashed('murmur')),
  scalar('xxhash64(expr any, more any...) -> bigint', hashed('xx')),
  scalar('crc32(expr binary) -> bigint', 'spark_crc32($1)'),
  scalar('md5(expr binary) -> string', 'md5($1)'),
  scalar('sha1(expr binary) -> string', 'sha1($1)', { aliases: ['sha'] }),
  scalar('sha2(expr binary, bits int) -> string', sha2),
];
