import { parseWholeJson, type JsonNode } from './json-tree.js';
import { castText, type SparkType } from '../types.js';

/** schema_of_json: the type that fits a JSON text, as DDL; undefined for no JSON. */
export function schemaOfJson(text: string): string | undefined {
  const node = parseWholeJson(text);
  return node && castText(typeOf(node) ?? { kind: 'string' });
}

function typeOf(node: JsonNode): SparkType | undefined {
  switch (node.kind) {
    case 'null':
      return undefined;
    case 'boolean':
      return { kind: 'boolean' };
    case 'string':
      return { kind: 'string' };
    case 'number': {
      if (!/^-?\d+$/.test(node.text)) return { kind: 'double' };
      const value = BigInt(node.text);
      if (value >= -(1n << 63n) && value < 1n << 63n) return { kind: 'bigint' };
      const digits = node.text.replace('-', '').length;
      return digits <= 38 ? { kind: 'decimal', precision: digits, scale: 0 } : { kind: 'double' };
    }
    case 'array':
      return {
        kind: 'array',
        element: node.items.reduce<SparkType | undefined>((type, item) => merge(type, typeOf(item)), undefined) ?? {
          kind: 'string',
        },
      };
    case 'object': {
      const fields = [...node.fields].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      return {
        kind: 'struct',
        fields: fields.map(([name, value]) => ({ name, type: typeOf(value) ?? { kind: 'string' } })),
      };
    }
  }
}

function merge(a: SparkType | undefined, b: SparkType | undefined): SparkType | undefined {
  if (!a || !b) return a ?? b;
  if (a.kind === b.kind && a.kind === 'struct' && b.kind === 'struct') {
    const names = [...new Set([...a.fields, ...b.fields].map((f) => f.name))].sort();
    const of = (type: typeof a, name: string): SparkType | undefined => type.fields.find((f) => f.name === name)?.type;
    return {
      kind: 'struct',
      fields: names.map((name) => ({ name, type: merge(of(a, name), of(b, name)) ?? { kind: 'string' } })),
    };
  }
  if (a.kind === 'array' && b.kind === 'array')
    return { kind: 'array', element: merge(a.element, b.element) ?? { kind: 'string' } };
  if (a.kind === b.kind) return a;
  const kinds = new Set([a.kind, b.kind]);
  if (kinds.has('bigint') && kinds.has('double')) return { kind: 'double' };
  return { kind: 'string' };
}
