/** An identifier as DuckDB reads it, whatever it contains. With {@link quoteLiteral} the one audited place of quoting. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * A text as a DuckDB string literal. NUL cannot stand in a statement of DuckDB's C interface, so it is spelled with
 * chr(0).
 */
export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return quoted.includes('\0') ? `(${quoted.split('\0').join("' || chr(0) || '")})` : quoted;
}
