import { didYouMean, isSluiceError, SluiceError, type Dataset, type StopContext, type Value } from '@sluice/plugin-sdk';
import { isName } from './element.js';
import { RowParser, type RowElement } from './row-parser.js';
import { rowReader } from './row-values.js';
import { newShape, observeRow, SPARK_NAMING } from './shape.js';
import { columnsOf, fieldsOf, quoteName, type Field } from './xml-type.js';
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
  files: for (const path of options.paths) {
    for await (const batch of parsedRows(context, options, path, names)) {
      for (const { element } of batch) {
        observeRow(shape, element, SPARK_NAMING);
        rows++;
        if (rows === options.sampleRows) break files;
      }
    }
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

async function* readRows(
  context: Context,
  options: ReadXml,
  fields: readonly Field[],
): AsyncGenerator<{ length: number; columns: Value[][] }> {
  const read = rowReader(fields, SPARK_NAMING);
  for (const path of options.paths) {
    for await (const batch of parsedRows(context, options, path)) {
      const columns = fields.map(() => new Array<Value>(batch.length));
      batch.forEach((row, index) => {
        const values = placed(() => read(row.element), context.files.locate(path), row);
        for (let column = 0; column < values.length; column++)
          (columns[column] as Value[])[index] = values[column] ?? null;
      });
      yield { length: batch.length, columns };
    }
  }
}

/** Says where a row that is refused begins. */
function placed<T>(read: () => T, file: string, { place }: RowElement): T {
  try {
    return read();
  } catch (error) {
    if (!isSluiceError(error)) throw error;
    const details = { line: String(place.line), column: String(place.column), file };
    throw new SluiceError(error.reason, `'${file}', line ${place.line}: ${error.message}`, { details, cause: error });
  }
}

/** The rows of one file, as many at a time as end in one piece of it. */
async function* parsedRows(
  context: Context,
  options: ReadXml,
  path: string,
  names?: Set<string>,
): AsyncGenerator<readonly RowElement[]> {
  const shown = context.files.locate(path);
  const { rowTag, keepEntities } = options;
  const parser = new RowParser({ what: `'${shown}'`, rowTag, keepEntities });
  for await (const piece of xmlText(path, shown, context.signal)) {
    const rows = parser.write(piece);
    if (rows.length > 0) yield rows;
  }
  const rows = parser.end();
  if (rows.length > 0) yield rows;
  for (const name of parser.names) names?.add(name);
}
