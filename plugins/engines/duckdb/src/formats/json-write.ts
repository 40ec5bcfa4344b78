import type { Column, FormatOptions } from '@sluice/plugin-sdk';
import { SluiceError } from '@sluice/plugin-sdk';
import { encodeFile } from '../files/encode-file.js';
import { checkEncoding, isUtf8 } from '../files/text-stream.js';
import { quoteIdentifier, quoteLiteral } from '../sql/index.js';
import { TEXT_COMPRESSIONS, textCompression } from './csv-write.js';
import { strptimePattern } from './java-pattern.js';
import { RAW_LINES } from './text.js';
import { typeTree, type TypeTree } from './type-tree.js';
import { textOfValue, type TextFormats } from './value-texts.js';
import { takeWriteOptions, writeOptions, type FormatWriter, type WriteOptions } from './writer.js';

/**
 * Writes JSON as Spark does: an object a line, without fields that are NULL. Options: those of every format,
 * `ignoreNullFields` (true), `compression` (none), `encoding` (UTF-8), `dateFormat`, `timestampFormat`.
 */
export function jsonWriter(
  given: FormatOptions | undefined,
  columns: readonly Column[],
): { readonly writer: FormatWriter; readonly options: WriteOptions } {
  const options = writeOptions(given, 'json');
  const common = takeWriteOptions(options, columns);
  const compression = options.choice(['compression', 'codec'], TEXT_COMPRESSIONS, 'none');
  const encoding = options.text(['encoding', 'charset']) ?? 'UTF-8';
  const skipNulls = options.boolean(['ignoreNullFields'], true);
  const date = options.text(['dateFormat']);
  const timestamp = options.text(['timestampFormat']);
  options.end();
  checkEncoding(encoding);
  if (!isUtf8(encoding) && compression !== 'none') {
    throw new SluiceError(
      'PROPERTY_INVALID',
      'compression is for UTF-8 only; leave one of compression and encoding out',
    );
  }
  const json = new JsonText(skipNulls, {
    date: date === undefined ? undefined : strptimePattern(date, 'dateFormat'),
    timestamp: timestamp === undefined ? undefined : strptimePattern(timestamp, 'timestampFormat'),
  });
  const { ending, settings } = textCompression(compression);
  const writer: FormatWriter = {
    extension: `json${ending}`,
    select: (all, relation) => {
      const fields = all
        .filter((column) => !common.partitionBy.includes(column.name))
        .map(({ name, type }) => ({ name, type: typeTree(type), value: quoteIdentifier(name) }));
      const folders = common.partitionBy.map((name) => `, ${quoteIdentifier(name)}`);
      return `SELECT ${json.object(fields)} AS "json line"${folders.join('')} FROM ${relation}`;
    },
    settings: [...RAW_LINES, ...settings],
    ...(isUtf8(encoding) ? {} : { finish: (path: string) => encodeFile(path, encoding) }),
  };
  return { writer, options: common };
}

/** Expressions that give the JSON text of values. */
class JsonText {
  private depth = 0;

  constructor(
    private readonly skipNulls: boolean,
    private readonly formats: TextFormats,
  ) {}

  object(fields: readonly { readonly name: string; readonly type: TypeTree; readonly value: string }[]): string {
    const parts = fields.map(({ name, type, value }) => {
      const key = quoteLiteral(`${JSON.stringify(name)}:`);
      if (this.skipNulls) return `CASE WHEN ${value} IS NOT NULL THEN ${key} || ${this.text(value, type)} END`;
      return `${key} || coalesce(${this.text(value, type)}, 'null')`;
    });
    return parts.length === 0 ? `'{}'` : `'{' || concat_ws(',', ${parts.join(', ')}) || '}'`;
  }

  private text(value: string, type: TypeTree): string {
    switch (type.kind) {
      case 'plain':
        return this.plain(value, type.type);
      case 'array': {
        const item = `x${++this.depth}`;
        const each = `list_transform(${value}, lambda ${item}: coalesce(${this.text(item, type.element)}, 'null'))`;
        return `'[' || array_to_string(${each}, ',') || ']'`;
      }
      case 'struct': {
        const fields = type.fields.map((field) => ({ ...field, value: `(${value}).${quoteIdentifier(field.name)}` }));
        return `CASE WHEN ${value} IS NOT NULL THEN ${this.object(fields)} END`;
      }
      case 'map': {
        const entry = `x${++this.depth}`;
        const key = `CAST(to_json(CAST(${entry}.key AS VARCHAR)) AS VARCHAR)`;
        const item = `coalesce(${this.text(`${entry}.value`, type.value)}, 'null')`;
        const each = `list_transform(map_entries(${value}), lambda ${entry}: ${key} || ':' || ${item})`;
        return `'{' || array_to_string(${each}, ',') || '}'`;
      }
    }
  }

  private plain(value: string, type: string): string {
    if (/^(?:tinyint|smallint|int|bigint|boolean|decimal)/.test(type)) return `CAST(${value} AS VARCHAR)`;
    if (type === 'double' || type === 'float') {
      const text = textOfValue(value, type, this.formats);
      return `CASE WHEN isfinite(${value}) THEN ${text} ELSE '"' || ${text} || '"' END`;
    }
    if (type === 'binary') return `'"' || to_base64(${value}) || '"'`;
    const text = type === 'string' ? value : `CAST(${textOfValue(value, type, this.formats)} AS VARCHAR)`;
    return `CAST(to_json(${text}) AS VARCHAR)`;
  }
}
