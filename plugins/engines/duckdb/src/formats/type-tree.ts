/** A type in Spark's words as a tree. */
export type TypeTree =
  | { readonly kind: 'plain'; readonly type: string }
  | { readonly kind: 'array'; readonly element: TypeTree }
  | { readonly kind: 'map'; readonly key: TypeTree; readonly value: TypeTree }
  | { readonly kind: 'struct'; readonly fields: readonly { readonly name: string; readonly type: TypeTree }[] };

/** Reads a type such as `array<struct<a:int,b:string>>`; one that nobody nests is `plain`. */
export function typeTree(type: string): TypeTree {
  const match = /^\s*(array|map|struct)\s*<([^]*)>\s*$/i.exec(type);
  const inside = match?.[2] ?? '';
  switch (match?.[1]?.toLowerCase()) {
    case 'array':
      return { kind: 'array', element: typeTree(inside) };
    case 'map': {
      const [key = 'string', value = 'string'] = splitTypes(inside);
      return { kind: 'map', key: typeTree(key), value: typeTree(value) };
    }
    case 'struct':
      return { kind: 'struct', fields: splitTypes(inside).map(fieldOf) };
    default:
      return { kind: 'plain', type: type.trim().toLowerCase() };
  }
}

function fieldOf(text: string): { name: string; type: TypeTree } {
  const quoted = /^\s*`((?:[^`]|``)*)`\s*:?\s*([^]*)$/.exec(text);
  if (quoted !== null) return { name: (quoted[1] ?? '').replaceAll('``', '`'), type: typeTree(quoted[2] ?? 'string') };
  const plain = /^\s*([^\s:]+)\s*:?\s*([^]*)$/.exec(text);
  return { name: plain?.[1] ?? '', type: typeTree(plain?.[2] ?? 'string') };
}

/** The parts between commas that stand in no brackets and no backquotes. */
export function splitTypes(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '`') quoted = !quoted;
    else if (quoted) continue;
    else if (c === '(' || c === '<') depth++;
    else if (c === ')' || c === '>') depth--;
    else if (c === ',' && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return text.trim() === '' ? [] : [...parts, text.slice(start)];
}
