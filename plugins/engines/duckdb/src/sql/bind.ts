import type { Scope } from './scope.js';

const SIMPLE = /^(?:[\w.]+|[\w.]*"(?:[^"]|"")*"|'(?:[^']|'')*'|CAST\((?:-?[\d.]+|'[^']*'|NULL) AS \w+\))$/;

/** Whether a text costs nothing to repeat: a column, a literal, a variable. */
export const isSimple = (sql: string): boolean => sql.length < 200 && SIMPLE.test(sql);

/**
 * A form that mentions an operand several times, without writing a long operand several times: nested forms would grow
 * beyond bounds. The operand becomes the variable of a lambda function over a list of one.
 */
export function once(scope: Scope, sql: string, form: (operand: string) => string): string {
  if (sql.length < 60 || isSimple(sql)) return form(sql);
  const variable = scope.session.fresh('o');
  return `list_transform([${sql}], lambda ${variable}: ${form(variable)})[1]`;
}
