import type { Typed } from './typed.js';
import { typeText, type SparkType } from './types.js';

/** What was found of the expressions of a tree. */
export type Known = ReadonlyMap<object, Pick<Typed, 'type'>>;

/** Properties that say no more than the line above them. */
const UNSHOWN = new Set(['at', 'kind', 'type', 'parts', 'operator', 'name', 'alias', 'value', 'word', 'text', 'sets']);

/** The parts of a query, one a line beneath what they belong to, expressions with their types in Spark's words. */
export function treeText(query: object, known: Known): string {
  const lines: string[] = [];
  const show = (name: string, node: unknown, depth: number): void => {
    if (Array.isArray(node)) {
      for (const item of node) show(name, item, depth);
      return;
    }
    if (node instanceof Map) {
      for (const [key, item] of node) show(`${name} ${String(key)}`, item, depth);
      return;
    }
    if (typeof node !== 'object' || node === null) {
      if (node !== undefined && node !== null && node !== false && node !== '')
        lines.push(`${'  '.repeat(depth)}${name}: ${String(node)}`);
      return;
    }
    const { type } = known.get(node) ?? {};
    const title = titleOf(node as Fields);
    // An item of SELECT or ORDER BY is its expression, with a name or a direction.
    lines.push(`${'  '.repeat(depth)}${name}${title === '' ? '' : `: ${title}`}${type ? `  ${typeText(type)}` : ''}`);
    for (const [key, child] of Object.entries(node)) {
      if (!UNSHOWN.has(key) || (typeof child === 'object' && child !== null && 'kind' in child && key !== 'type'))
        show(key, child, depth + 1);
    }
  };
  show('query', query, 0);
  return lines.join('\n');
}

interface Fields {
  readonly kind?: string;
  readonly operator?: string;
  readonly name?: string | readonly string[];
  readonly parts?: readonly unknown[];
  readonly value?: unknown;
  readonly alias?: string;
  readonly word?: string;
  readonly text?: string;
  readonly type?: unknown;
}

/** A node in a few words: its kind, and what makes it the one it is. */
function titleOf({ kind = '', operator, name, parts, value, alias, word, text, type }: Fields): string {
  const words = [
    kind,
    operator,
    Array.isArray(name) ? name.join('.') : name,
    parts?.every((part) => typeof part === 'string') === true ? parts.join('.') : undefined,
    typeof value === 'object' && value !== null ? undefined : value === undefined ? undefined : String(value),
    word,
    text,
    kind === 'cast' ? `to ${typeText(type as SparkType)}` : typeof type === 'string' ? type : undefined,
    alias === undefined ? undefined : `as ${alias}`,
  ];
  return words.filter((each) => each !== undefined && each !== '').join(' ');
}
