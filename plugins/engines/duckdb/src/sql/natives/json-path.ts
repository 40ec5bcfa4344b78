import { parseHiveJson as parseJson, writeJson, type JsonNode } from './json-tree.js';

/** get_json_object and its kin, with Hive's rules for wildcards as Spark keeps them. */

type Step =
  | { readonly kind: 'key'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  /** `.*`, which Spark reads but which finds nothing. */
  | { readonly kind: 'any-key' }
  | { readonly kind: 'any-index' };
type Style = 'raw' | 'quoted' | 'flatten';

const paths = new Map<string, readonly Step[] | null>();

function parsePath(path: string): readonly Step[] | null {
  const known = paths.get(path);
  if (known !== undefined) return known;
  const steps: Step[] = [];
  let valid = path.startsWith('$');
  let at = 1;
  while (valid && at < path.length) {
    const rest = path.slice(at);
    const match =
      /^\.\*/.exec(rest) ??
      /^\.([^.[]+)/.exec(rest) ??
      /^\[\*\]/.exec(rest) ??
      /^\[(\d+)\]/.exec(rest) ??
      /^\['\*'\]/.exec(rest) ??
      /^\['([^']+)'\]/.exec(rest);
    if (!match) {
      valid = false;
      break;
    }
    const text = match[0];
    if (text === '.*' || text === "['*']") steps.push({ kind: 'any-key' });
    else if (text === '[*]') steps.push({ kind: 'any-index' });
    else if (/^\[\d/.test(text)) steps.push({ kind: 'index', index: Number(match[1]) });
    else steps.push({ kind: 'key', name: match[1] ?? '' });
    at += text.length;
  }
  const result = valid ? steps : null;
  if (paths.size > 1000) paths.clear();
  paths.set(path, result);
  return result;
}

export function getJsonObject(text: string, path: string): string | null {
  const steps = parsePath(path);
  const node = steps ? parseJson(text) : undefined;
  if (!steps || !node) return null;
  const out: string[] = [];
  return evaluate(node, steps, 0, 'raw', out) ? out.join(',') : null;
}

/** Writes what a path finds, value by value; whether it found anything. */
function evaluate(node: JsonNode, steps: readonly Step[], at: number, style: Style, out: string[]): boolean {
  const step = steps[at];
  if (!step) {
    if (node.kind === 'string' && style === 'raw') out.push(node.value);
    else if (node.kind === 'array' && style === 'flatten')
      return node.items.map((item) => evaluate(item, steps, at, style, out)).includes(true);
    else out.push(writeJson(node));
    return true;
  }
  if (node.kind === 'object') return inObject(node, step, steps, at, style, out);
  return node.kind === 'array' ? inArray(node, step, steps, at, style, out) : false;
}

function inObject(
  node: Extract<JsonNode, { kind: 'object' }>,
  step: Step,
  steps: readonly Step[],
  at: number,
  style: Style,
  out: string[],
): boolean {
  for (const [name, value] of node.fields) {
    const isHit = step.kind === 'key' && step.name === name && value.kind !== 'null';
    if (isHit && evaluate(value, steps, at + 1, style, out)) return true;
  }
  return false;
}

function inArray(
  node: Extract<JsonNode, { kind: 'array' }>,
  step: Step,
  steps: readonly Step[],
  at: number,
  style: Style,
  out: string[],
): boolean {
  const next = steps[at + 1];
  if (step.kind === 'any-index') {
    const inner: string[] = [];
    const twice = next?.kind === 'any-index';
    const innerStyle: Style = twice ? 'flatten' : style === 'raw' ? 'quoted' : style;
    const found = node.items.filter((item) => evaluate(item, steps, at + (twice ? 2 : 1), innerStyle, inner)).length;
    if (!twice && style !== 'quoted') {
      if (found > 1) out.push(`[${inner.join(',')}]`);
      else if (found === 1) out.push(inner.join(','));
      return found > 0;
    }
    out.push(`[${inner.join(',')}]`);
    return found > 0;
  }
  if (step.kind !== 'index') return false;
  const item = node.items[step.index];
  if (!item || item.kind === 'null') return false;
  return evaluate(item, steps, at + 1, next?.kind === 'any-index' ? 'quoted' : style, out);
}

/** The text of a field of an object, for json_tuple. */
export function jsonField(text: string, name: string): string | null {
  const node = parseJson(text);
  if (node?.kind !== 'object') return null;
  const value = node.fields.find(([field]) => field === name)?.[1];
  if (!value || value.kind === 'null') return null;
  return value.kind === 'string' ? value.value : writeJson(value);
}

export function jsonArrayLength(text: string): number | null {
  const node = parseJson(text);
  return node?.kind === 'array' ? node.items.length : null;
}

export function jsonObjectKeys(text: string): string[] | null {
  const node = parseJson(text);
  return node?.kind === 'object' ? node.fields.map(([name]) => name) : null;
}
