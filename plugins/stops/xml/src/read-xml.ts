import {
  didYouMean,
  isSluiceError,
  quoteName,
  SluiceError,
  type Batch,
  type Dataset,
  type StopContext,
  type Value,
} from '@sluice/plugin-sdk';
import { isName, type Place } from './element.js';
import { RowParser, type TakeRow } from './row-parser.js';
import { rowReader } from './row-values.js';
import { newShape, observeRow, SPARK_NAMING } from './shape.js';
import { columnsOf, fieldsOf, type Field } from './xml-type.js';
import { xmlText } from './xml-text.js';

export interface ReadXml {
  /** Local paths of the files. */
  readonly paths: readonly string[];
  /** The name of the elements that are rows. */
  readonly rowTag: string;
  /** The number of rows from the beginning whose types are looked at; 0: all. */
  readonly sampleRows: number;
  readonly keepEntities: boolean;
}

type Context = Pick<StopContext, 'engine' | 'files' | 'log' | 'signal'>;

/**
 * Rows of XML files by spark-xml's rules. The files are read once for the types of all columns and once for the rows,
 * which are never in memory together.
 */
export async function readXml(context: Context, options: ReadXml): Promise<Dataset> {
  if (!isName(options.rowTag)) {
    const message = `property 'rowTag': '${options.rowTag}' cannot be the name of an element; give it without < and >`;
    throw new SluiceError('PROPERTY_INVALID', message);
  }
  const fields = await inferFields(context, options);
  for (const { name, source } of fields) {
    if (name !== source)
      context.log.warn(`the column for '${source}' is called '${name}': another differs in case alone`);
  }
  const rows = await context.engine.fromRows(columnsOf(fields), readRows(context, options, fields));
  return withTimes(context, rows, fields);
}

/** A cast in SQL reads wall clock times in the session's zone. */
async function withTimes({ engine }: Context, rows: Dataset, fields: readonly Field[]): Promise<Dataset> {
  if (!fields.some(({ type }) => type.scalar === 'timestamp')) return rows;
  const columns = fields.map(({ name, type }) => {
    const quoted = quoteName(name);
    return type.scalar === 'timestamp' ? `CAST(${quoted} AS timestamp) AS ${quoted}` : quoted;
  });
  return engine.sql(`SELECT ${columns.join(', ')} FROM rows_of_xml`, { rows_of_xml: rows });
}

async function inferFields(context: Context, options: ReadXml): Promise<Field[]> {
  const shape = newShape();
  const names = new Set<string>();
  let rows = 0;
  const isEnough = (): boolean => options.sampleRows > 0 && rows >= options.sampleRows;
  for (const path of options.paths) {
    const parser = parserOf(context, options, path, (row) => {
      if (isEnough()) return;
      observeRow(shape, row, SPARK_NAMING);
      rows++;
    });
    for await (const piece of xmlText(path, context.files.locate(path), context.signal)) {
      parser.write(piece);
      if (isEnough()) break;
    }
    if (isEnough()) break;
    parser.end();
    for (const name of parser.names) names.add(name);
  }
  const where =
    options.paths.length === 1 ? context.files.locate(options.paths[0] ?? '') : `${options.paths.length} files`;
  if (rows === 0) {
    const hint = didYouMean(options.rowTag, names) || listed(names);
    throw new SluiceError('DATA_INVALID', `no element <${options.rowTag}> is in '${where}'${hint}`, {
      details: { rowTag: options.rowTag },
    });
  }
  const fields = fieldsOf(shape, SPARK_NAMING, true);
  if (fields.length === 0) {
    throw new SluiceError(
      'DATA_INVALID',
      `the elements <${options.rowTag}> of '${where}' are all empty: they give no column`,
    );
  }
  return fields;
}

function listed(names: ReadonlySet<string>): string {
  const first = [...names].slice(0, 5).map((name) => `<${name}>`);
  return first.length === 0 ? '' : `; there are ${first.join(', ')}`;
}

async function* readRows(context: Context, options: ReadXml, fields: readonly Field[]): AsyncGenerator<Batch> {
  const read = rowReader(fields, SPARK_NAMING);
  let columns: Value[][] = fields.map(() => []);
  const taken = (): Batch => {
    const batch = { length: columns[0]?.length ?? 0, columns };
    columns = fields.map(() => []);
    return batch;
  };
  for (const path of options.paths) {
    const file = context.files.locate(path);
    const parser = parserOf(context, options, path, (row, place) => {
      const values = placed(() => read(row), file, place);
      for (let index = 0; index < values.length; index++) columns[index]?.push(values[index] ?? null);
    });
    for await (const piece of xmlText(path, file, context.signal)) {
      parser.write(piece);
      if ((columns[0]?.length ?? 0) > 0) yield taken();
    }
    parser.end();
    if ((columns[0]?.length ?? 0) > 0) yield taken();
  }
}

function parserOf(context: Context, options: ReadXml, path: string, take: TakeRow): RowParser {
  const { rowTag, keepEntities } = options;
  return new RowParser({ what: `'${context.files.locate(path)}'`, rowTag, keepEntities }, take);
}

/** Says where a row that is refused begins. */
function placed<T>(read: () => T, file: string, { line, column }: Place): T {
  try {
    return read();
  } catch (error) {
    if (!isSluiceError(error)) throw error;
    const details = { line: String(line), column: String(column), file };
    throw new SluiceError(error.reason, `'${file}', line ${line}: ${error.message}`, { details, cause: error });
  }
}
