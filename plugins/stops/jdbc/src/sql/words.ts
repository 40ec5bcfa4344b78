/** A name in the double quotes of the standard. */
export function doubleQuote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text in the single quotes of the standard. */
export function textLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** The word of a type in Spark's words, without what stands in brackets: `decimal` of `decimal(10,2)`. */
export function typeWord(type: string): string {
  return /^[a-z_]+/.exec(type.toLowerCase())?.[0] ?? '';
}

/** Precision and scale of `decimal(p,s)`. */
export function decimalSize(type: string): readonly [number, number] {
  const [, precision = '10', scale = '0'] = /\((\d+)(?:,\s*(\d+))?\)/.exec(type) ?? [];
  return [Number(precision), Number(scale)];
}

/** A list of names that a catalog in the standard's words gives: schemas, tables with their kinds, columns with types. */
export function informationSchema(
  path: readonly string[],
  order: string = '',
): { readonly sql: string; readonly kind: string } | undefined {
  const [schema, table] = path.map(textLiteral);
  if (schema === undefined) {
    return { sql: `SELECT schema_name FROM information_schema.schemata ORDER BY 1${order}`, kind: 'schema' };
  }
  if (table === undefined) {
    const sql = `SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = ${schema} ORDER BY 1${order}`;
    return { sql, kind: 'table' };
  }
  const sql = `SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = ${schema} AND table_name = ${table} ORDER BY ordinal_position${order}`;
  return { sql, kind: 'column' };
}
