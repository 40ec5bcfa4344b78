import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SluiceError } from '@sluice/plugin-sdk';
import type { FoundFile } from '../files/find-files.js';
import { copyPath } from '../files/recode.js';
import { textOf } from '../files/text-stream.js';
import { writePieces } from '../files/write-pieces.js';
import { DEEPEST, jsonString, parseAllJson, parseJson, type JsonNode } from '../sql/natives/json-tree.js';
import { fitStruct, type ReadOptions } from '../sql/natives/read-json.js';
import { typeText, type SparkType } from '../sql/types.js';
import type { JsonLayout } from './json-layout.js';
import type { RejectedRow } from './source.js';

/** The column of records that do not fit, where a schema has it. */
export const CORRUPT = '_corrupt_record';

const REJECT_BATCH = 1000;
const SHOWN = 2000;
/** Bytes of a file whose records span lines, at most: it is read as a whole. */
const LARGEST = 256 << 20;

export interface Rewriting {
  readonly layouts: readonly JsonLayout[];
  /** Whether a file whose values span lines may break off. */
  readonly isLenient: boolean;
  readonly type: Extract<SparkType, { kind: 'struct' }>;
  /** What becomes of a record that does not fit: NULL where it does not, left out and told, or an error. */
  readonly mode: 'PERMISSIVE' | 'DROPMALFORMED' | 'FAILFAST';
  readonly times: ReadOptions;
  reject(rows: readonly RejectedRow[]): Promise<void>;
  locate(path: string): string;
}

/** A record of a file: a line, or the whole file where records span lines. */
export interface JsonRecord {
  /** From 1. */
  readonly line: number;
  readonly text: string;
  /** The values at the beginning of the record; undefined where it is no JSON. */
  readonly roots: readonly (JsonNode | undefined)[];
}

/**
 * The records of a file in UTF-8.
 *
 * @param isLenient whether a file that is one record may break off
 * @throws FILE_FORMAT for a file that may not, or is too large to be one record
 */
export async function* recordsOf(file: FoundFile, layout: JsonLayout, isLenient: boolean): AsyncGenerator<JsonRecord> {
  if (layout !== 'newline_delimited') {
    if (file.bytes > LARGEST) {
      const message = `'${file.path}' has ${file.bytes} bytes and values that must be read one by one; write an object a line`;
      throw new SluiceError('FILE_FORMAT', message, { details: { path: file.path } });
    }
    let text = '';
    for await (const piece of textOf(file.path, 'UTF-8')) text += piece;
    const roots = [...parseAllJson(text)];
    if (roots.includes(undefined) && !isLenient) {
      const message = `'${file.path}' is no JSON, is cut off, or is nested more than ${DEEPEST} levels deep; mend the file`;
      throw new SluiceError('FILE_FORMAT', message, { details: { path: file.path } });
    }
    yield { line: 1, text, roots };
    return;
  }
  let number = 0;
  let rest = '';
  const read = (raw: string): JsonRecord => {
    const text = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    return { line: ++number, text, roots: text.trim() === '' ? [] : [parseJson(text)] };
  };
  for await (const piece of textOf(file.path, 'UTF-8')) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield read(line);
  }
  if (rest !== '') yield read(rest);
}

/**
 * Copies JSON into a folder, an object a line whose values are texts that DuckDB casts without loss, as Spark reads them;
 * gives the copies' paths.
 */
export async function rewriteJson(
  files: readonly FoundFile[],
  folder: string,
  rewriting: Rewriting,
): Promise<string[]> {
  const copies: string[] = [];
  for (const [index, file] of files.entries()) {
    const copy = copyPath(file, index, folder);
    await mkdir(dirname(copy), { recursive: true });
    await writePieces(copy, rewritten(file, rewriting.layouts[index] ?? 'newline_delimited', rewriting));
    copies.push(copy);
  }
  return copies;
}

async function* rewritten(file: FoundFile, layout: JsonLayout, rewriting: Rewriting): AsyncGenerator<string> {
  const refused: RejectedRow[] = [];
  for await (const record of recordsOf(file, layout, rewriting.isLenient)) {
    const { rows, fault } = fittedAt(rewriting.locate(file.path), record, rewriting);
    if (fault !== undefined && rewriting.mode !== 'PERMISSIVE') {
      const text = record.text.slice(0, SHOWN);
      const row = { file: rewriting.locate(file.path), line: record.line, text, ...fault };
      if (rewriting.mode === 'FAILFAST') throw refusal(row);
      refused.push(row);
      if (refused.length >= REJECT_BATCH) await rewriting.reject(refused.splice(0));
    } else if (rows.length > 0) yield `${rows.join('\n')}\n`;
  }
  if (refused.length > 0) await rewriting.reject(refused);
}

interface Fault {
  readonly column: string | null;
  readonly reason: string;
}

function fittedAt(file: string, record: JsonRecord, rewriting: Rewriting): ReturnType<typeof fitted> {
  try {
    return fitted(record, rewriting);
  } catch (cause) {
    // A value that Spark has and DuckDB's texts have not.
    if (!(cause instanceof RangeError)) throw cause;
    const message = `'${file}' line ${record.line}: ${cause.message.replace(/^\[\w+\] /, '')}; read the field as string`;
    throw new SluiceError('DATA_INVALID', message, { cause, details: { file, line: String(record.line) } });
  }
}

/** The rows of a record, and the first thing in it that does not fit. */
function fitted({ text, roots }: JsonRecord, { type, times }: Rewriting): { rows: string[]; fault: Fault | undefined } {
  let fault: Fault | undefined;
  const own = { ...type, fields: type.fields.filter(({ name }) => name !== CORRUPT) };
  const options = {
    ...times,
    source: text,
    onMisfit: (column: string, value: JsonNode, wanted: SparkType): void => {
      const shown =
        'span' in value
          ? text.slice(...value.span)
          : 'text' in value
            ? value.text
            : 'value' in value
              ? JSON.stringify(value.value)
              : 'null';
      fault ??= { column, reason: `${shown.slice(0, 60)} is no ${typeText(wanted)}` };
    },
  };
  let rows: string[] = [];
  for (const root of roots) {
    if (root === undefined) {
      fault = { column: null, reason: 'it is no JSON' };
      rows = ['{}'];
      break;
    }
    for (const item of root.kind === 'array' ? root.items : [root]) {
      if (item.kind === 'object') rows.push(fitStruct(item, own, options));
      else {
        fault ??= { column: null, reason: 'it is no JSON object' };
        // Of an array only the objects count.
        if (root.kind !== 'array') rows.push('{}');
      }
    }
  }
  // A record without an object is a row all the same.
  if (fault !== undefined && rows.length === 0) rows = ['{}'];
  const keeps = fault !== undefined && own.fields.length < type.fields.length;
  return { rows: keeps ? rows.map((row) => withCorrupt(row, text)) : rows, fault };
}

const withCorrupt = (row: string, text: string): string =>
  `{${jsonString(CORRUPT)}:${jsonString(text)}${row === '{}' ? '' : ','}${row.slice(1)}`;

function refusal(row: RejectedRow): SluiceError {
  const where = row.column === null ? '' : `, field '${row.column}'`;
  const message = `'${row.file}' line ${row.line}${where}: ${row.reason}; mend the file or use mode DROPMALFORMED or PERMISSIVE`;
  const details = { file: row.file, line: String(row.line), ...(row.column === null ? {} : { column: row.column }) };
  return new SluiceError('DATA_INVALID', message, { details });
}
