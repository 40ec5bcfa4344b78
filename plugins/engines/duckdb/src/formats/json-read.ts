import { SluiceError, type Column, type FormatOptions } from '@sluice/plugin-sdk';
import { mapError } from '../errors.js';
import { findFiles, type FoundFile } from '../files/find-files.js';
import { recode } from '../files/recode.js';
import { checkEncoding, isUtf8 } from '../files/text-stream.js';
import { duckdbType, quoteIdentifier, quoteLiteral, sparkType } from '../sql/index.js';
import { timeSpelling } from './java-pattern.js';
import { inferColumns, type JsonColumn } from './json-infer.js';
import { layoutOf, type JsonLayout } from './json-layout.js';
import { screenJson } from './json-screen.js';
import { OptionReader } from './options.js';
import { partitionColumns } from './partitions.js';
import { readSchema } from './schema.js';
import type { ReadContext, Source } from './source.js';
import { lineScan } from './text.js';
import { valueOfText, type Spelling } from './text-values.js';

const MODES = ['PERMISSIVE', 'DROPMALFORMED', 'FAILFAST'] as const;
/** Bytes of one object, at most. */
const LARGEST_OBJECT = 256 << 20;
const AS_IS: Spelling = { trimLeft: false, trimRight: false };

interface JsonOptions {
  readonly encoding: string;
  readonly mode: (typeof MODES)[number];
  readonly multiLine: boolean | undefined;
  readonly asStrings: boolean;
  readonly schema: readonly Column[] | undefined;
  readonly spelling: Spelling;
}

function readOptions(given: FormatOptions | undefined, lines: boolean): JsonOptions {
  const options = new OptionReader(given, lines ? 'reading ndjson' : 'reading json');
  const date = options.text(['dateFormat']);
  const timestamp = options.text(['timestampFormat']);
  const multiLine = options.take('multiLine', 'multiline');
  const result: JsonOptions = {
    encoding: options.text(['encoding', 'charset']) ?? 'UTF-8',
    mode: options.choice(['mode'], MODES, 'PERMISSIVE'),
    multiLine: lines ? false : multiLine === undefined ? undefined : String(multiLine).toLowerCase() === 'true',
    asStrings: options.boolean(['primitivesAsString'], false),
    schema: readSchema(options),
    spelling: {
      ...AS_IS,
      date: timeSpelling(date, 'dateFormat'),
      timestamp: timeSpelling(timestamp, 'timestampFormat'),
    },
  };
  options.end();
  checkEncoding(result.encoding);
  return result;
}

/**
 * Reads JSON. Options: `multiLine` (default: as the files look; false: an object a line), `schema` (default: inferred
 * from all objects), `mode` (PERMISSIVE: what does not fit is NULL, and a line that is no object comes in the column
 * `_corrupt_record` where the schema is inferred; DROPMALFORMED: such lines are refused and told; FAILFAST),
 * `encoding` (UTF-8), `primitivesAsString` (false), `dateFormat`, `timestampFormat`.
 */
export async function readJson(
  context: ReadContext,
  location: string | readonly string[],
  given: FormatOptions | undefined,
): Promise<Source> {
  return open(context, location, readOptions(given, false));
}

/** Reads JSON, an object a line. Options as for `json`, without `multiLine`. */
export async function readNdjson(
  context: ReadContext,
  location: string | readonly string[],
  given: FormatOptions | undefined,
): Promise<Source> {
  return open(context, location, readOptions(given, true));
}

async function open(context: ReadContext, location: string | readonly string[], options: JsonOptions): Promise<Source> {
  const files = await findFiles(context.files, location);
  const reader = new JsonReader(context, files, options);
  const columns = options.schema?.map((column) => ({ ...column, parsed: parsedType(column, options.spelling) }));
  const own = columns ?? (await reader.infer(String(location)));
  const partitions = partitionColumns(files, own);
  return {
    columns: [...own.map(({ name, type }) => ({ name, type })), ...partitions],
    text: () => reader.query(own, partitions),
    scan: {
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      mark: '',
      get paths() {
        return reader.paths;
      },
      cheap: false,
      yield: () => Promise.resolve(reader.yield()),
    },
    prepare: () => reader.prepare(own),
  };
}

/** Whole numbers are read as texts, for DuckDB would round 1.7 to 2; so are dates in a spelling of their own. */
function parsedType({ type }: Column, spelling: Spelling): string {
  if (/^(?:tinyint|smallint|int|bigint)$/.test(type)) return 'VARCHAR';
  if (type === 'date' && spelling.date !== undefined) return 'VARCHAR';
  if (type.startsWith('timestamp') && spelling.timestamp !== undefined) return 'VARCHAR';
  return duckdbType(type);
}

class JsonReader {
  private found: readonly FoundFile[];
  private layouts: readonly JsonLayout[] | undefined;
  private tolerant = false;
  private screened = false;

  constructor(
    private readonly context: ReadContext,
    found: readonly FoundFile[],
    private readonly options: JsonOptions,
  ) {
    this.found = found;
  }

  get paths(): string[] {
    return this.found.map((file) => file.path);
  }

  /** Turns to reading with NULL in place of what does not fit; false when that is so already. */
  yield(): boolean {
    if (this.tolerant || this.options.mode !== 'PERMISSIVE') return false;
    if (this.layouts?.some((layout) => layout !== 'newline_delimited') === true) return false;
    this.tolerant = true;
    return true;
  }

  query(columns: readonly JsonColumn[], partitions: readonly Column[]): string {
    const values = columns.map(({ name, type, parsed }) => {
      const quoted = quoteIdentifier(name);
      if (parsed === duckdbType(type)) return quoted;
      const value =
        parsed === 'VARCHAR'
          ? valueOfText(quoted, type, this.options.spelling)
          : `CAST(${quoted} AS ${duckdbType(type)})`;
      return `${value} AS ${quoted}`;
    });
    const folders = partitions.map(({ name, type }) => {
      return `${valueOfText(quoteIdentifier(name), type, AS_IS)} AS ${quoteIdentifier(name)}`;
    });
    const types = columns.map(({ name, parsed }) => `${quoteLiteral(name)}: ${quoteLiteral(parsed)}`);
    const scans = this.groups().map(({ layout, paths }) => {
      const settings = [
        `format = '${layout}'`,
        `columns = {${types.join(', ')}}`,
        'records = true',
        `maximum_object_size = ${this.objectSize()}`,
        `ignore_errors = ${this.tolerant && layout === 'newline_delimited'}`,
        partitions.length > 0 ? 'hive_partitioning = true, hive_types_autocast = false' : 'hive_partitioning = false',
      ];
      const list = paths.map(quoteLiteral).join(', ');
      return `SELECT ${[...values, ...folders].join(', ')} FROM read_json([${list}], ${settings.join(', ')})`;
    });
    return scans.join(' UNION ALL ');
  }

  /** Makes the files such that DuckDB reads them: in UTF-8, without lines that are to be refused. */
  async prepare(columns: readonly JsonColumn[] | undefined): Promise<void> {
    await this.decode();
    const { mode } = this.options;
    const isLines = this.layouts?.every((layout) => layout === 'newline_delimited') === true;
    if (this.screened || mode === 'PERMISSIVE' || !isLines) return;
    if (columns !== undefined && (await this.isSound(columns))) return;
    await this.screen(columns, mode === 'FAILFAST' ? 'fail' : 'reject');
  }

  /** The columns of all objects; lines that are none become a column of their own, or are refused. */
  async infer(location: string): Promise<JsonColumn[]> {
    await this.decode();
    let structure = await this.structure();
    const hasFaults = structure.objects < structure.lines;
    if (hasFaults && this.layouts?.some((layout) => layout !== 'newline_delimited') !== true) {
      const { mode } = this.options;
      await this.screen(undefined, mode === 'PERMISSIVE' ? 'keep' : mode === 'FAILFAST' ? 'fail' : 'reject');
      structure = await this.structure();
    }
    const columns = structure.text === null ? [] : inferColumns(structure.text, location);
    if (columns.length === 0) {
      const message = `'${location}' has no JSON objects, so there are no columns; give the option schema, or a file with objects`;
      throw new SluiceError('FILE_FORMAT', message, { details: { path: location } });
    }
    checkNames(columns, location);
    if (!this.options.asStrings) return columns;
    return columns.map((column) =>
      /^(?:bigint|double|boolean)$/.test(column.type) ? { ...column, type: 'string', parsed: 'VARCHAR' } : column,
    );
  }

  private async structure(): Promise<{ text: string | null; lines: number; objects: number }> {
    const scans = this.groups().map(({ layout, paths }) => {
      const isLines = layout === 'newline_delimited';
      const list = paths.map(quoteLiteral).join(', ');
      const settings = `format = '${layout}', ignore_errors = ${isLines}, maximum_object_size = ${this.objectSize()}`;
      return `SELECT json FROM read_json_objects([${list}], ${settings})`;
    });
    const isObject = "json_type(json) = 'OBJECT'";
    const query =
      `SELECT json_group_structure(CASE WHEN ${isObject} THEN json END), count(*), count(*) FILTER (WHERE ${isObject}) ` +
      `FROM (${scans.join(' UNION ALL ')})`;
    return this.context.executor.connected(async ({ connection }) => {
      try {
        const [row = []] = await (await connection.run(query)).getRows();
        return { text: row[0] === null ? null : String(row[0]), lines: Number(row[1]), objects: Number(row[2]) };
      } catch (error) {
        throw mapError(error, 'inferring the schema');
      }
    });
  }

  /** Whether every line is an object that fits the columns. */
  private async isSound(columns: readonly JsonColumn[]): Promise<boolean> {
    const isObject = "json_valid(line) AND json_type(line) = 'OBJECT'";
    const lines = `SELECT count(*) FROM ${lineScan(this.paths, 'line', false)} WHERE line IS NOT NULL AND NOT (${isObject})`;
    const asRead = columns.map((column) => ({ ...column, type: sparkType(column.parsed) }));
    const unfit = columns
      .filter(({ type, parsed }) => parsed !== duckdbType(type))
      .map(({ name, type }) => {
        const quoted = quoteIdentifier(name);
        return `(${quoted} IS NOT NULL AND (${valueOfText(quoted, type, this.options.spelling)}) IS NULL)`;
      });
    // Every column is read, so that the reader's own conversions are tried too.
    const fits = `SELECT count(*) FILTER (WHERE ${unfit.join(' OR ') || 'false'}), count(hash(t)) FROM (${this.query(asRead, [])}) t`;
    try {
      return await this.context.executor.connected(async ({ connection }) => {
        for (const query of [lines, fits]) {
          const [[faults] = []] = await (await connection.run(query)).getRows();
          if (Number(faults) > 0) return false;
        }
        return true;
      });
    } catch {
      // Whatever is wrong is said by the screening, with its line.
      return false;
    }
  }

  private async screen(columns: readonly Column[] | undefined, onFault: 'reject' | 'fail' | 'keep'): Promise<void> {
    const folder = await this.context.scratch(`json-${this.context.id}`);
    const copies = await screenJson(this.found, folder, {
      encoding: 'UTF-8',
      columns,
      onFault,
      reject: (rows) => this.context.reject(rows),
      locate: (path) => this.context.files.locate(path),
    });
    this.found = this.found.map((file, index) => ({ ...file, path: copies[index] ?? file.path }));
    this.screened = true;
  }

  private async decode(): Promise<void> {
    if (this.layouts !== undefined) return;
    const { encoding, multiLine } = this.options;
    this.layouts = await Promise.all(this.found.map((file) => layoutOf(file.path, encoding, multiLine)));
    if (isUtf8(encoding)) return;
    const copies = await recode(this.found, await this.context.scratch(`utf8-${this.context.id}`), encoding);
    this.found = this.found.map((file, index) => ({ ...file, path: copies[index] ?? file.path }));
  }

  /** Files one after another that have the same layout. */
  private groups(): { layout: JsonLayout; paths: string[] }[] {
    const groups: { layout: JsonLayout; paths: string[] }[] = [];
    for (const [index, file] of this.found.entries()) {
      const layout = this.layouts?.[index] ?? 'newline_delimited';
      const last = groups.at(-1);
      if (last?.layout === layout) last.paths.push(file.path);
      else groups.push({ layout, paths: [file.path] });
    }
    return groups;
  }

  /** DuckDB reads with buffers of this size, so it is no larger than the files need. */
  private objectSize(): number {
    const largest = Math.max(...this.found.map((file) => file.bytes));
    return Math.min(LARGEST_OBJECT, Math.max(16 << 20, largest + 1024));
  }
}

/** Names that differ in case alone are one name to SQL. */
function checkNames(columns: readonly Column[], location: string): void {
  const seen = new Map<string, string>();
  for (const { name } of columns) {
    const other = seen.get(name.toLowerCase());
    if (other !== undefined) {
      const message = `'${location}' has fields '${other}' and '${name}', which differ in case alone; name the one you want in the option schema`;
      throw new SluiceError('COLUMN_AMBIGUOUS', message);
    }
    seen.set(name.toLowerCase(), name);
  }
}
