import { SluiceError, type Column, type FormatOptions } from '@sluice/plugin-sdk';
import { findFiles, type FoundFile } from '../files/find-files.js';
import { recode } from '../files/recode.js';
import { checkEncoding, isUtf8 } from '../files/text-stream.js';
import { quoteIdentifier, quoteLiteral } from '../sql/index.js';
import { isUtc } from '../sql/instants.js';
import { parseType } from '../sql/parse-type.js';
import { typeText } from '../sql/types.js';
import { timeSpelling } from './java-pattern.js';
import { inferRecords, readStructure, typeOfStructure, type Structure } from './json-infer.js';
import { exactRead, fitsStructure, isPlain, plainRead } from './json-columns.js';
import { layoutOf, type JsonLayout } from './json-layout.js';
import { rewriteJson } from './json-rewrite.js';
import { OptionReader } from './options.js';
import { partitionColumns } from './partitions.js';
import { readSchema } from './schema.js';
import type { ReadContext, Source } from './source.js';
import { plainSpelling, valueOfText } from './text-values.js';

const MODES = ['PERMISSIVE', 'DROPMALFORMED', 'FAILFAST'] as const;
/** Bytes of one object, at most. */
const LARGEST_OBJECT = 256 << 20;

interface JsonOptions {
  readonly encoding: string;
  readonly mode: (typeof MODES)[number];
  readonly multiLine: boolean | undefined;
  readonly asStrings: boolean;
  readonly schema: readonly Column[] | undefined;
  /** Patterns of Java. */
  readonly date: string | undefined;
  readonly timestamp: string | undefined;
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
    date,
    timestamp,
  };
  options.end();
  // Patterns that cannot be read are refused before any file is.
  timeSpelling(date, 'dateFormat');
  timeSpelling(timestamp, 'timestampFormat');
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
  const columns = options.schema ?? (await reader.infer(String(location)));
  const partitions = partitionColumns(files, columns);
  return {
    columns: [...columns, ...partitions],
    text: () => reader.query(columns, partitions),
    scan: {
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      mark: '',
      get paths() {
        return reader.paths;
      },
      cheap: false,
      yield: () => reader.yield(columns),
    },
    prepare: () => reader.prepare(columns),
  };
}

/** Texts that DuckDB reads otherwise than Spark, wherever they stand: NaN, numbers of many digits, a comma too many. */
const SUSPICIOUS = 'NaN|Inf|INF|[0-9]{18}|,\\s*[}\\]]';

/**
 * DuckDB reads the files by itself where that is known to give what Spark gives. Where it is not, as for values of
 * several kinds or texts that are no JSON, JavaScript reads them first and leaves texts that have one meaning.
 */
class JsonReader {
  private found: readonly FoundFile[];
  private layouts: readonly JsonLayout[] | undefined;
  /** Whether JavaScript has read the files, or must. */
  private way: 'unknown' | 'plain' | 'exact' | 'rewritten' = 'unknown';

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

  /** Leaves to JavaScript what DuckDB cannot read; false when that is so already. */
  async yield(columns: readonly Column[]): Promise<boolean> {
    if (this.way !== 'plain') return false;
    await this.rewrite(columns);
    return true;
  }

  query(columns: readonly Column[], partitions: readonly Column[]): string {
    const reads = columns.map((column) => ({
      ...column,
      ...(this.way === 'plain' ? plainRead(column) : exactRead(column)),
    }));
    const values = reads.map(({ name, value }) => `${value} AS ${quoteIdentifier(name)}`);
    const folders = partitions.map(({ name, type }) => {
      return `${valueOfText(quoteIdentifier(name), type, plainSpelling(this.context.zone))} AS ${quoteIdentifier(name)}`;
    });
    const types = reads.map(({ name, parsed }) => `${quoteLiteral(name)}: ${quoteLiteral(parsed)}`);
    const scans = this.groups().map(({ layout, paths }) => {
      const settings = [
        `format = '${layout}'`,
        `columns = {${types.join(', ')}}`,
        'records = true',
        `maximum_object_size = ${this.objectSize()}`,
        partitions.length > 0 ? 'hive_partitioning = true, hive_types_autocast = false' : 'hive_partitioning = false',
      ];
      const list = paths.map(quoteLiteral).join(', ');
      return `SELECT ${[...values, ...folders].join(', ')} FROM read_json([${list}], ${settings.join(', ')})`;
    });
    return scans.join(' UNION ALL ');
  }

  /** Makes the files such that DuckDB reads them as Spark. */
  async prepare(columns: readonly Column[]): Promise<void> {
    await this.decode();
    if (this.way === 'unknown') {
      const structure = columns.every((column) => isPlain(parseType(column.type)))
        ? await this.structure('')
        : undefined;
      const fits =
        structure !== undefined && columns.every(({ name, type }) => fitsStructure(parseType(type), structure[name]));
      this.way = fits && this.hasPlainTimes(columns) ? 'plain' : 'exact';
    }
    if (this.way === 'exact') await this.rewrite(columns);
  }

  /** The columns of all objects; in mode PERMISSIVE records that are none become a column of their own. */
  async infer(location: string): Promise<Column[]> {
    await this.decode();
    const structure = this.options.asStrings ? undefined : await this.structure(location);
    const plain = structure === undefined ? undefined : typeOfStructure(structure);
    this.way = plain === undefined ? 'exact' : 'plain';
    const columns =
      plain?.kind === 'struct'
        ? plain.fields.map(({ name, type }) => ({ name, type: typeText(type) }))
        : await inferRecords(
            this.found,
            { ...this.options, isLenient: this.options.multiLine === true, layouts: this.layouts ?? [] },
            (path) => this.context.files.locate(path),
          );
    if (columns.length === 0) {
      const message = `'${location}' has no JSON objects, so there are no columns; give the option schema, or a file with objects`;
      throw new SluiceError('FILE_FORMAT', message, { details: { path: location } });
    }
    checkNames(columns, location);
    return columns;
  }

  /** Dates and times are read by DuckDB in their usual spelling alone, and instants in UTC alone. */
  private hasPlainTimes(columns: readonly Column[]): boolean {
    const { date, timestamp } = this.options;
    return columns.every(({ type }) =>
      type === 'date'
        ? date === undefined
        : !type.startsWith('timestamp') ||
          (timestamp === undefined && (type !== 'timestamp' || isUtc(this.context.zone))),
    );
  }

  /** What stands in the files, where all of it is objects that DuckDB reads as Spark; else undefined. */
  private async structure(location: string): Promise<Readonly<Record<string, Structure>> | undefined> {
    const scans = this.groups().map(({ layout, paths }) => {
      const isLines = layout === 'newline_delimited';
      const list = paths.map(quoteLiteral).join(', ');
      const settings = `format = '${layout}', ignore_errors = ${isLines}, maximum_object_size = ${this.objectSize()}`;
      return `SELECT json FROM read_json_objects([${list}], ${settings})`;
    });
    const isObject = "json_type(json) = 'OBJECT'";
    const keys = `CASE WHEN ${isObject} THEN json_keys(json) END`;
    const isOdd = `NOT coalesce(${isObject}, false) OR regexp_matches(CAST(json AS VARCHAR), ${quoteLiteral(SUSPICIOUS)}) OR len(${keys}) > len(list_distinct(${keys}))`;
    const query = `SELECT json_group_structure(CASE WHEN ${isObject} THEN json END), count(*) FILTER (WHERE ${isOdd}) FROM (${scans.join(' UNION ALL ')})`;
    const row = await this.context.executor.connected(async ({ connection }) => {
      try {
        return (await (await connection.run(query)).getRows())[0] ?? [];
      } catch {
        // Whatever is wrong is said by JavaScript, with its line.
        return [null, 1n];
      }
    });
    if (row[0] === null || Number(row[1]) > 0) return undefined;
    return readStructure(String(row[0]), location) as Readonly<Record<string, Structure>>;
  }

  private async rewrite(columns: readonly Column[]): Promise<void> {
    const { mode, date, timestamp } = this.options;
    const type = {
      kind: 'struct' as const,
      fields: columns.map((column) => ({ name: column.name, type: parseType(column.type) })),
    };
    const copies = await rewriteJson(this.found, await this.context.scratch(`json-${this.context.id}`), {
      layouts: this.layouts ?? [],
      isLenient: this.options.multiLine === true,
      type,
      mode,
      times: {
        zone: this.context.zone,
        ...(date === undefined ? {} : { dateFormat: date }),
        ...(timestamp === undefined ? {} : { timestampFormat: timestamp }),
      },
      reject: (rows) => this.context.reject(rows),
      locate: (path) => this.context.files.locate(path),
    });
    this.found = this.found.map((file, index) => ({ ...file, path: copies[index] ?? file.path }));
    this.layouts = this.found.map(() => 'newline_delimited');
    this.way = 'rewritten';
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
