import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SluiceError, type Column } from '@sluice/plugin-sdk';
import type { FoundFile } from '../files/find-files.js';
import { copyPath } from '../files/recode.js';
import { textOf } from '../files/text-stream.js';
import { writePieces } from '../files/write-pieces.js';
import type { RejectedRow } from './source.js';
import { faultOfText } from './text-values.js';
import { typeTree, type TypeTree } from './type-tree.js';

const REJECT_BATCH = 1000;

export interface Screening {
  readonly encoding: string;
  /** The columns that objects must fit; absent: any object will do. */
  readonly columns: readonly Column[] | undefined;
  /** What becomes of a line that does not fit: left out and told, an error, or an object that holds its text. */
  readonly onFault: 'reject' | 'fail' | 'keep';
  reject(rows: readonly RejectedRow[]): Promise<void>;
  locate(path: string): string;
}

/** Copies JSON lines into a folder without the lines that do not fit, a line at a time; gives the copies' paths. */
export async function screenJson(files: readonly FoundFile[], folder: string, options: Screening): Promise<string[]> {
  const copies: string[] = [];
  for (const [index, file] of files.entries()) {
    const copy = copyPath(file, index, folder);
    await mkdir(dirname(copy), { recursive: true });
    await writePieces(copy, fittingLines(file.path, options));
    copies.push(copy);
  }
  return copies;
}

/** The lines of a file that fit. */
async function* fittingLines(path: string, options: Screening): AsyncGenerator<string> {
  const columns = options.columns?.map(({ name, type }) => ({ name, type: typeTree(type) }));
  const refused: RejectedRow[] = [];
  let number = 0;
  let rest = '';
  const take = async (lines: readonly string[]): Promise<string> => {
    let text = '';
    for (const raw of lines) {
      number++;
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      if (line.trim() === '') continue;
      const fault = faultOf(line, columns);
      if (fault === undefined) text += `${line}\n`;
      else if (options.onFault === 'keep') text += `${JSON.stringify({ _corrupt_record: line })}\n`;
      else {
        const row = { file: options.locate(path), line: number, text: line, ...fault };
        if (options.onFault === 'fail') throw refusal(row);
        refused.push(row);
      }
    }
    if (refused.length >= REJECT_BATCH) await options.reject(refused.splice(0));
    return text;
  };
  for await (const piece of textOf(path, options.encoding)) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    yield await take(lines);
  }
  if (rest !== '') yield await take([rest]);
  if (refused.length > 0) await options.reject(refused);
}

interface Fault {
  readonly column: string | null;
  readonly reason: string;
}

function faultOf(line: string, columns: readonly { name: string; type: TypeTree }[] | undefined): Fault | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return { column: null, reason: `the line is no JSON: ${(error as Error).message}` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { column: null, reason: 'the line is no JSON object' };
  }
  for (const { name, type } of columns ?? []) {
    const reason = misfit((value as Readonly<Record<string, unknown>>)[name], type);
    if (reason !== undefined) return { column: name, reason };
  }
  return undefined;
}

/** Why a JSON value does not fit a type; undefined where it does. */
function misfit(value: unknown, type: TypeTree): string | undefined {
  if (value === undefined || value === null) return undefined;
  const shown = JSON.stringify(value).slice(0, 60);
  if (type.kind === 'array') {
    if (!Array.isArray(value)) return `${shown} is no array`;
    return value.map((item) => misfit(item, type.element)).find((reason) => reason !== undefined);
  }
  if (type.kind === 'plain') {
    const kind = typeof value;
    if (type.type === 'string' || type.type === 'binary') return undefined;
    const wantsNumber = /^(?:tinyint|smallint|int|bigint|float|double|decimal)/.test(type.type);
    const fits = wantsNumber ? kind === 'number' : kind === (type.type === 'boolean' ? 'boolean' : 'string');
    if (!fits) return `${shown} is no ${type.type}`;
    return faultOfText(String(value), type.type, { trimLeft: false, trimRight: false });
  }
  if (typeof value !== 'object' || Array.isArray(value)) return `${shown} is no object`;
  const fields = value as Readonly<Record<string, unknown>>;
  const wanted =
    type.kind === 'struct'
      ? type.fields.map((field) => misfit(fields[field.name], field.type))
      : Object.values(fields).map((item) => misfit(item, type.value));
  return wanted.find((reason) => reason !== undefined);
}

function refusal(row: RejectedRow): SluiceError {
  const where = row.column === null ? '' : `, field '${row.column}'`;
  const message = `'${row.file}' line ${row.line}${where}: ${row.reason}; mend the file or use mode DROPMALFORMED or PERMISSIVE`;
  const details = { file: row.file, line: String(row.line), ...(row.column === null ? {} : { column: row.column }) };
  return new SluiceError('DATA_INVALID', message, { details });
}
