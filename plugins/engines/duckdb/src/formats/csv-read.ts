import { type Column, type FormatOptions, SluiceError } from '@sluice/plugin-sdk';
import { isReadFault, mapError } from '../errors.js';
import { findFiles, type FoundFile } from '../files/find-files.js';
import { checkEncoding, isUtf8 } from '../files/text-stream.js';
import { quoteIdentifier, quoteLiteral } from '../sql/index.js';
import { readDialect } from './csv-dialect.js';
import { headOf } from './csv-head.js';
import { normaliseCsv, NORMAL } from './csv-normalise.js';
import { columnNames, type CsvLayout } from './csv-records.js';
import { inferTypes } from './infer.js';
import { timeSpelling } from './java-pattern.js';
import { OptionReader } from './options.js';
import { partitionColumns } from './partitions.js';
import { readSchema } from './schema.js';
import type { ReadContext, Source } from './source.js';
import { lineScan, LONG_LINES } from './text.js';
import { parsedCell, plainSpelling, valueOfText, type ParsedCell, type Spelling } from './text-values.js';

/** What a reader does with rows that do not fit: NULL in their place, left out and told, or an end with an error. */
const MODES = ['PERMISSIVE', 'DROPMALFORMED', 'FAILFAST'] as const;
/** DuckDB's own limit, in bytes of UTF-8. */
const LONGEST_DELIMITER = 4;

interface CsvOptions {
  readonly layout: CsvLayout;
  readonly encoding: string;
  readonly mode: (typeof MODES)[number];
  readonly infer: boolean;
  readonly schema: readonly Column[] | undefined;
  readonly compression: string;
  readonly spelling: Spelling;
}

function readOptions(given: FormatOptions | undefined, zone: string): CsvOptions {
  const options = new OptionReader(given, 'reading csv');
  const dateFormat = options.text(['dateFormat']);
  const timestampFormat = options.text(['timestampFormat']);
  const result: CsvOptions = {
    layout: {
      dialect: readDialect(options),
      multiLine: options.boolean(['multiLine'], false),
      trimLeft: options.boolean(['ignoreLeadingWhiteSpace'], false),
      trimRight: options.boolean(['ignoreTrailingWhiteSpace'], false),
    },
    encoding: options.text(['encoding', 'charset']) ?? 'UTF-8',
    mode: options.choice(['mode'], MODES, 'PERMISSIVE'),
    infer: options.boolean(['inferSchema'], false),
    schema: readSchema(options),
    compression: options.choice(['compression', 'codec'], ['auto', 'none', 'gzip', 'zstd'] as const, 'auto'),
    spelling: {
      date: timeSpelling(dateFormat, 'dateFormat'),
      timestamp: timeSpelling(timestampFormat, 'timestampFormat'),
      zone,
    },
  };
  options.end();
  checkEncoding(result.encoding);
  return result;
}

/**
 * Reads CSV files. Options: `header` (default false), `delimiter`/`sep` (`,`; any number of characters), `quote` (`"`),
 * `escape` (`\`), `nullValue`, `comment`, `encoding`/`charset` (UTF-8), `mode` (PERMISSIVE: what does not fit is NULL;
 * DROPMALFORMED: such rows are refused and told; FAILFAST), `inferSchema` (false), `schema` (columns with types, or
 * names), `compression` (by the name's ending), `dateFormat`, `timestampFormat` (Java's patterns),
 * `ignoreLeadingWhiteSpace`, `ignoreTrailingWhiteSpace`, `multiLine` (false: every line is a record, whatever quotes say).
 */
export async function readCsv(
  context: ReadContext,
  location: string | readonly string[],
  given: FormatOptions | undefined,
): Promise<Source> {
  const options = readOptions(given, context.zone);
  const files = await findFiles(context.files, location);
  const head = await headOfAll(files, options);
  const names = namesOf(head.cells, options, location);
  const reader = new CsvReader(context, files, options, names, head.isOdd);
  const columns = options.schema ?? (options.infer ? await reader.infer() : names.map(asString));
  const partitions = partitionColumns(files, columns);
  return {
    columns: [...columns, ...partitions],
    text: () => reader.query(columns, partitions),
    scan: {
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      mark: reader.mark,
      get paths() {
        return reader.paths;
      },
      cheap: false,
      yield: () => reader.yield(columns),
    },
    prepare: () => reader.prepare(columns),
  };
}

function asString(name: string): Column {
  return { name, type: 'string' };
}

/** The cells of the first record; `isOdd`: DuckDB would read the files otherwise, whose beginnings tell. */
async function headOfAll(
  files: readonly FoundFile[],
  { layout, encoding }: CsvOptions,
): Promise<{ cells: readonly (string | null)[] | undefined; isOdd: boolean }> {
  const { header } = layout.dialect;
  let cells: readonly (string | null)[] | undefined;
  let isOdd = false;
  for (const file of files.filter(({ bytes }) => bytes > 0)) {
    const { record, hasSpacedQuotes } = await headOf(file.path, layout, encoding);
    cells ??= record?.cells;
    // DuckDB takes lines that are no records for the header, and what an open quote in it spans.
    isOdd ||= hasSpacedQuotes || (header && record !== undefined && (record.line > 1 || record.open));
    // Without a header the other files are not asked.
    if (!header && cells !== undefined) break;
  }
  return { cells, isOdd };
}

function namesOf(
  cells: readonly (string | null)[] | undefined,
  { layout: { dialect }, schema }: CsvOptions,
  location: string | readonly string[],
): string[] {
  if (cells !== undefined) return columnNames(cells, dialect.header, dialect.nullValue);
  if (schema !== undefined) return schema.map((column) => column.name);
  const message = `'${String(location)}' is empty, so there are no columns; give the option schema, or a file with a line`;
  throw new SluiceError('FILE_FORMAT', message, { details: { path: String(location) } });
}

/**
 * The ways to read one CSV source, the fastest first: DuckDB's strict parallel reader with its own conversions; the same
 * with all cells as texts, where some do not fit their columns; and where a file is not well formed, a copy that is.
 */
class CsvReader {
  readonly mark: string;
  paths: readonly string[];
  private asTexts = false;
  private normalised = false;
  private isProven = false;
  /** Whether the rows that do not fit are refused already. */
  private isScreened = false;

  constructor(
    private readonly context: ReadContext,
    private readonly found: readonly FoundFile[],
    private readonly options: CsvOptions,
    private readonly names: readonly string[],
    private readonly isOdd: boolean,
  ) {
    this.mark = `s${context.id}c`;
    this.paths = found.map((file) => file.path);
  }

  /** Turns to the next way; false when there is none. */
  async yield(columns: readonly Column[]): Promise<boolean> {
    const hasConversions = columns.some(({ type }) => type !== 'string');
    if (!this.asTexts && hasConversions) {
      this.asTexts = true;
      return true;
    }
    if (this.normalised) return false;
    this.asTexts = true;
    await this.normalise(columns.length, undefined);
    return true;
  }

  query(columns: readonly Column[], partitions: readonly Column[]): string {
    const parsed = columns.map((column) => this.parsed(column));
    const values = parsed.map((each, index) => {
      const name = quoteIdentifier(columns[index]?.name ?? '');
      return `${each.value(`${this.mark}${index}`)} AS ${name}`;
    });
    const folders = partitions.map(({ name, type }) => {
      return `${valueOfText(quoteIdentifier(name), type, plainSpelling(this.context.zone))} AS ${quoteIdentifier(name)}`;
    });
    const types = parsed.map((each) => each.type);
    const from = `SELECT ${[...values, ...folders].join(', ')} FROM ${this.scan(types, partitions.length > 0)}`;
    if (columns.length !== 1 || this.normalised) return from;
    // In an only column DuckDB cannot tell a line of blanks, which is none to Spark, from an empty text in quotes.
    const cell = `${this.mark}0`;
    const isBlank = types[0] === 'VARCHAR' ? `${cell} IS NULL OR trim(${cell}) = ''` : `${cell} IS NULL`;
    return `${from} WHERE CASE WHEN ${isBlank} THEN CAST(error('CSV Error: a blank line') AS BOOLEAN) ELSE true END`;
  }

  private parsed(column: Column): ParsedCell {
    const { spelling } = this.options;
    if (!this.asTexts) return parsedCell(column, spelling, this.isProven);
    return { type: 'VARCHAR', value: (cell) => valueOfText(cell, column.type, spelling) };
  }

  /** Makes the files such that DuckDB reads them: decoded, with a delimiter it knows, without rows to be refused. */
  async prepare(columns: readonly Column[]): Promise<void> {
    const { mode } = this.options;
    const isForeign = this.isForeign;
    const isStrict = mode !== 'PERMISSIVE';
    if (this.normalised && (!isStrict || this.isScreened)) return;
    if (!isForeign && !this.normalised && (!isStrict || (await this.isSound(columns)))) return;
    await this.normalise(columns.length, isStrict ? columns : undefined);
  }

  /** Whether DuckDB cannot read the files as they are; it wants no character of the escape in a word for NULL. */
  private get isForeign(): boolean {
    const { layout, encoding } = this.options;
    const { dialect, trimLeft, trimRight } = layout;
    // In the only column a blank line, which is no record, looks as NULL does.
    if (this.names.length === 1 && dialect.nullValue !== '') return true;
    const isLong = Buffer.byteLength(dialect.delimiter) > LONGEST_DELIMITER;
    return (
      this.isOdd ||
      trimLeft ||
      trimRight ||
      !isUtf8(encoding) ||
      isLong ||
      (dialect.escape !== '' && dialect.nullValue.includes(dialect.escape))
    );
  }

  /** The columns with the types that all texts of each fit. */
  async infer(): Promise<Column[]> {
    const strings = this.names.map(asString);
    const { spelling } = this.options;
    // The types are those of all rows, also of those that a mode leaves out.
    if (this.isForeign) await this.normalise(this.names.length, undefined);
    const columns = this.names.map((name, index) => ({ name, quoted: `${this.mark}${index}` }));
    for (;;) {
      const relation = `SELECT * FROM ${this.scan(
        this.names.map(() => 'VARCHAR'),
        false,
      )}`;
      try {
        const inferred = await this.context.executor.connected(({ connection }) =>
          inferTypes(connection, relation, columns, spelling),
        );
        this.isProven = true;
        return inferred;
      } catch (error) {
        if (!isReadFault(error) || !(await this.yield(strings))) throw mapError(error, 'inferring the schema');
      }
    }
  }

  /** Whether every row has the right number of cells and every cell fits its column. */
  private async isSound(columns: readonly Column[]): Promise<boolean> {
    const { spelling } = this.options;
    const faults = columns.map((column, index) => {
      const cell = `${this.mark}${index}`;
      return `(${cell} IS NOT NULL AND (${valueOfText(cell, column.type, spelling)}) IS NULL)`;
    });
    const types = columns.map(() => 'VARCHAR');
    // DuckDB passes over an empty cell at the end of a row that has all its cells.
    const delimiter = quoteLiteral(this.options.layout.dialect.delimiter);
    const full = `len(string_split(l, ${delimiter})) > ${columns.length}`;
    const lines = lineScan(this.paths, 'l', false, this.asTexts);
    const checks = [
      `SELECT 1 FROM ${this.scan(types, false)} WHERE ${faults.join(' OR ')} LIMIT 1`,
      `SELECT 1 FROM ${lines} WHERE suffix(l, ${delimiter}) AND ${full} LIMIT 1`,
    ];
    try {
      return await this.context.executor.connected(async ({ connection }) => {
        for (const check of checks) if ((await (await connection.run(check)).getRows()).length > 0) return false;
        return true;
      });
    } catch (error) {
      if (isReadFault(error)) return false;
      throw mapError(error, 'checking the rows');
    }
  }

  private async normalise(width: number, columns: readonly Column[] | undefined): Promise<void> {
    const { layout, encoding, mode, spelling } = this.options;
    const folder = await this.context.scratch(`csv-${this.context.id}`);
    this.paths = await normaliseCsv(this.found, folder, {
      layout,
      encoding,
      width,
      columns,
      spelling,
      failFast: mode === 'FAILFAST',
      reject: (rows) => this.context.reject(rows),
      locate: (path) => this.context.files.locate(path),
    });
    this.normalised = true;
    this.isScreened = columns !== undefined;
  }

  private scan(types: readonly string[], folders: boolean): string {
    const { dialect: own, multiLine } = this.options.layout;
    const dialect = this.normalised ? NORMAL : own;
    const columns = types.map((type, index) => `'${this.mark}${index}': '${type}'`);
    const nulls = [...new Set([dialect.nullValue, ''])].map(quoteLiteral);
    const settings = [
      'auto_detect = false',
      `columns = {${columns.join(', ')}}`,
      `header = ${dialect.header}`,
      `delim = ${quoteLiteral(dialect.delimiter)}`,
      `quote = ${quoteLiteral(dialect.quote)}`,
      `escape = ${quoteLiteral(dialect.quote === '' ? '' : dialect.escape)}`,
      `nullstr = [${nulls.join(', ')}]`,
      // To Spark an empty text in quotes is NULL too, unless another word stands for it.
      `allow_quoted_nulls = ${!this.normalised && dialect.nullValue === ''}`,
      ...(dialect.comment === '' ? [] : [`comment = ${quoteLiteral(dialect.comment)}`]),
      ...(this.options.compression === 'auto' || this.normalised
        ? []
        : [`compression = '${this.options.compression}'`]),
      ...(folders ? ['hive_partitioning = true', 'hive_types_autocast = false'] : ['hive_partitioning = false']),
      'strict_mode = true',
      ...(this.asTexts ? [LONG_LINES] : []),
    ];
    const scan = `read_csv([${this.paths.map(quoteLiteral).join(', ')}], ${settings.join(', ')})`;
    if (multiLine || this.normalised) return scan;
    // To DuckDB a quoted cell may span lines; cells of other types than text cannot.
    const spans = types.flatMap((type, index) =>
      type === 'VARCHAR' ? [`contains(${this.mark}${index}, chr(10)) OR contains(${this.mark}${index}, chr(13))`] : [],
    );
    const fault = `CAST(error('CSV Error: a record of several lines') AS BOOLEAN)`;
    return spans.length === 0
      ? scan
      : `(SELECT * FROM ${scan} WHERE CASE WHEN ${spans.join(' OR ')} THEN ${fault} ELSE true END)`;
  }
}
