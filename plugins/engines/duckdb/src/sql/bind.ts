import type { Scope } from './scope.js';

const SIMPLE = /^(?:[\w.]+|[\w.]*"(?:[^"]|"")*"|'(?:[^']|'')*'|CAST\((?:-?[\d.]+|'[^']*'|NULL) AS \w+\))$/;

/** Whether a text costs nothing to repeat: a column, a literal, a variable. */
export const isSimple = (sql: string): boolean => sql.length < 200 && SIMPLE.test(sql);

/** Operands shorter than this are written several times rather than bound: that is faster to run. */
const SHORT = 120;

/**
 * A form that mentions an operand several times, without writing a long operand several times: nested forms would grow
 * beyond bounds. The operand becomes the variable of a lambda function over a list of one.
 */
export function once(scope: Scope, sql: string, form: (operand: string) => string): string {
  if (sql.length < SHORT || isSimple(sql)) return form(sql);
  const variable = scope.session.fresh('_o');
  return `list_transform([${sql}], lambda ${variable}: ${form(variable)})[1]`;
}

/**
 * A text by which two expressions are known to be the same: the variables of lambda functions are fresh wherever one is
 * written, so they are numbered by their first appearance.
 */
export function identity(sql: string): string {
  if (!sql.includes('_')) return sql;
  const numbers = new Map<string, number>();
  return sql.replace(/\b_[a-z]\d+\b/g, (name) => {
    if (!numbers.has(name)) numbers.set(name, numbers.size);
    return `_${numbers.get(name)}`;
  });
}

/** The key and the value of an entry `e` of a map. Not `e.key`: where a column is named e, DuckDB would look there. */
export const ENTRY_KEY = "struct_extract(e, 'key')";
export const ENTRY_VALUE = "struct_extract(e, 'value')";
