/** `${NAME}` and the beginning of `${NAME:-default}`; with another `$` before it, it stands for itself. */
const REFERENCE = /\$?\$\{([\p{L}_][\p{L}\p{N}_.-]*)(\}|:-)/gu;

/** Called with each name that has no value; `cycle` are the names that lead from a variable back to itself. */
export type ReportVariable = (name: string, cycle?: readonly string[]) => void;

/** The variables of a flow by name: PiFlow writes the keys as `${NAME}`. */
export function variablesByName(given: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => [/^\$\{(.*)\}$/s.exec(key.trim())?.[1] ?? key, value]),
  );
}

/**
 * Puts values for references in every text of a value, lists and objects included. Values may refer to others;
 * `${NAME:-default}` is the default where NAME has no value; `$${NAME}` becomes `${NAME}`.
 *
 * @param report called for what cannot be resolved; the reference stays
 */
export function resolveVariables(
  value: unknown,
  variables: Readonly<Record<string, string>>,
  report: ReportVariable,
): unknown {
  const resolve = (each: unknown): unknown => resolveVariables(each, variables, report);
  if (typeof value === 'string') return expand(value, variables, report, []);
  if (Array.isArray(value)) return value.map(resolve);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolve(each)]));
}

/** A text in which references stand for themselves. */
export function escapeReferences(text: string): string {
  return text.replace(REFERENCE, (reference) => `$${reference}`);
}

/** The names in all references of a value, those in defaults too. */
export function referencedNames(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value === 'string') {
    for (const [reference, name = ''] of value.matchAll(REFERENCE)) if (!reference.startsWith('$$')) found.add(name);
  } else if (typeof value === 'object' && value !== null) {
    for (const each of Object.values(value)) referencedNames(each, found);
  }
  return found;
}

function expand(
  text: string,
  variables: Readonly<Record<string, string>>,
  report: ReportVariable,
  within: readonly string[],
): string {
  let result = '';
  let at = 0;
  for (;;) {
    REFERENCE.lastIndex = at;
    const match = REFERENCE.exec(text);
    if (match === null) return result + text.slice(at);
    const [head, name = '', end] = match;
    const close = end === '}' ? match.index + head.length - 1 : closingBrace(text, match.index + head.length);
    result += text.slice(at, match.index);
    if (close < 0) {
      // What has no end is no reference.
      result += head;
      at = match.index + head.length;
      continue;
    }
    const reference = text.slice(match.index, close + 1);
    at = close + 1;
    if (head.startsWith('$$')) result += reference.slice(1);
    else if (within.includes(name)) {
      report(name, [...within.slice(within.indexOf(name)), name]);
      result += reference;
    } else if (Object.hasOwn(variables, name)) {
      result += expand(variables[name] ?? '', variables, report, [...within, name]);
    } else if (end === ':-') {
      result += expand(text.slice(match.index + head.length, close), variables, report, within);
    } else {
      report(name);
      result += reference;
    }
  }
}

/** The brace that ends a reference whose default begins at a place; the default may hold references. */
function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text.startsWith('${', at)) depth++;
    else if (text[at] === '}' && --depth === 0) return at;
  }
  return -1;
}
