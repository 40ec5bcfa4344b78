import { schemaOf } from '../parse-type.js';
import type { SparkType } from '../types.js';
import { splitLine, type LineOptions } from './csv-lines.js';
import { parseJavaDouble } from './java-numbers.js';
import { jsonString } from './json-tree.js';
import { optionsOf, timeText, type ReadOptions } from './read-json.js';

type CsvOptions = ReadOptions & LineOptions;

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
