import { jsonString } from './json-tree.js';
import { parseJavaDouble } from './java-numbers.js';
import { optionsOf, schemaOf, timeText, type ReadOptions } from './read-json.js';
import type { SparkType } from '../types.js';

interface CsvOptions extends ReadOptions {
  readonly sep?: string;
  readonly quote?: string;
  readonly escape?: string;
  readonly nullValue?: string;
}

/** The values of one line of CSV; undefined where nothing stands. */
export function splitLine(line: string, options: CsvOptions): (string | undefined)[] {
  const { sep = ',', quote = '"', escape = '\\' } = options;
  const values: (string | undefined)[] = [];
  let i = 0;
  for (;;) {
    while (line[i] === ' ' && sep !== ' ') i++;
    let value = '';
    let quoted = false;
    if (quote !== '' && line[i] === quote) {
      quoted = true;
      i++;
      while (i < line.length && line[i] !== quote) {
        if (line[i] === escape && (line[i + 1] === quote || line[i + 1] === escape)) i++;
        value += line[i++] ?? '';
      }
      i++;
      while (i < line.length && !line.startsWith(sep, i)) i++;
    } else {
      const end = line.indexOf(sep, i);
      value = line.slice(i, end < 0 ? line.length : end).replace(/ +$/, '');
      i = end < 0 ? line.length : end;
    }
    values.push(value === (options.nullValue ?? '') && !quoted ? undefined : value);
    if (i >= line.length) return values;
    i += sep.length;
  }
}

/** from_csv: one line by a schema, as JSON of texts. */
export function readCsv(line: string, schema: string, optionText: string): string | null {
  const type = schemaOf(schema);
  const options = optionsOf(optionText) as CsvOptions;
  if (type.kind !== 'struct') return null;
  const values = splitLine(line, options);
  const fields = type.fields.map((field, i) => {
    const value = values[i];
    const text = value === undefined ? undefined : leaf(value, field.type, options);
    return `${jsonString(field.name)}:${text === undefined ? 'null' : jsonString(text)}`;
  });
  return `{${fields.join(',')}}`;
}

const LIMITS: Readonly<Record<string, bigint>> = {
  tinyint: 1n << 7n,
  smallint: 1n << 15n,
  int: 1n << 31n,
  bigint: 1n << 63n,
};

function leaf(text: string, type: SparkType, options: CsvOptions): string | undefined {
  switch (type.kind) {
    case 'string':
      return text;
    case 'boolean':
      return /^(?:true|false)$/i.test(text) ? text.toLowerCase() : undefined;
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint': {
      if (!/^[+-]?\d+$/.test(text)) return undefined;
      const limit = LIMITS[type.kind] ?? 0n;
      const value = BigInt(text.replace('+', ''));
      return value >= -limit && value < limit ? String(value) : undefined;
    }
    case 'float':
    case 'double': {
      const value = parseJavaDouble(text);
      return value === undefined ? undefined : String(value);
    }
    case 'decimal':
      return /^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(text) ? text : undefined;
    case 'date':
    case 'timestamp':
    case 'timestamp_ntz':
      return timeText(text, type.kind, options);
    default:
      return undefined;
  }
}

/** to_csv: values joined to a line, quoted where they must be. */
export function writeCsv(
  values: readonly (string | null)[],
  sep: string,
  quote: string,
  escape: string,
  nullValue: string,
): string {
  return values
    .map((value) => {
      if (value === null) return nullValue;
      // eslint-disable-next-line no-control-regex -- Spark trims control characters
      const trimmed = value.replace(/^[\x00-\x20]+|[\x00-\x20]+$/g, '');
      if (trimmed === '' && !/[\r\n]/.test(value)) return `${quote}${quote}`;
      // A line end that is trimmed away asks for quotes all the same.
      if (!trimmed.includes(sep) && !trimmed.includes(quote) && !/[\r\n]/.test(value)) return trimmed;
      const escaped = trimmed
        .replaceAll(escape, escape === quote ? escape : `${escape}${escape}`)
        .replaceAll(quote, `${escape}${quote}`);
      return `${quote}${escape === '\\' ? trimmed.replaceAll(quote, `\\${quote}`) : escaped}${quote}`;
    })
    .join(sep);
}
