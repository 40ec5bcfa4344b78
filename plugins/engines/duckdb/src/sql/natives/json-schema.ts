import { array, BIGINT, BOOLEAN, DOUBLE, STRING, struct, VOID, castText, type SparkType } from '../types.js';
import { parseWholeJson, type JsonNode } from './json-tree.js';

/** The types that Spark infers for JSON: from one value, merged with those of others, and made such as columns have. */

/** schema_of_json: the type that fits a JSON text, as DDL; undefined for no JSON. */
export function schemaOfJson(text: string): string | undefined {
  const node = parseWholeJson(text);
  return node && castText(shownType(inferredType(node)) ?? struct([]));
}

/** @param asStrings whether numbers and truth values are taken for texts (`primitivesAsString`) */
export function inferredType(node: JsonNode, asStrings = false): SparkType {
  switch (node.kind) {
    case 'null':
      return VOID;
    case 'boolean':
      return asStrings ? STRING : BOOLEAN;
    case 'string':
      // Many programs write an empty text where there is nothing.
      return node.value === '' ? VOID : STRING;
    case 'number':
      return asStrings ? STRING : numberType(node.text);
    case 'array':
      return array(node.items.reduce<SparkType>((type, item) => mergedType(type, inferredType(item, asStrings)), VOID));
    case 'object':
      return struct(
        node.fields
          .map(([name, value]) => ({ name, type: inferredType(value, asStrings) }))
          .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
      );
  }
}

function numberType(text: string): SparkType {
  if (!/^-?\d+$/.test(text)) return DOUBLE;
  const value = BigInt(text);
  if (value >= -(1n << 63n) && value < 1n << 63n) return BIGINT;
  const precision = text.replace('-', '').length;
  return precision <= 38 ? { kind: 'decimal', precision, scale: 0 } : DOUBLE;
}

/** The type that holds the values of both. */
export function mergedType(a: SparkType, b: SparkType): SparkType {
  if (a.kind === 'void') return b;
  if (b.kind === 'void') return a;
  if (a.kind === 'struct' && b.kind === 'struct') {
    const names = [...new Set([...a.fields, ...b.fields].map((field) => field.name))].sort();
    const of = (type: typeof a, name: string): SparkType => type.fields.find((f) => f.name === name)?.type ?? VOID;
    return struct(names.map((name) => ({ name, type: mergedType(of(a, name), of(b, name)) })));
  }
  if (a.kind === 'array' && b.kind === 'array') return array(mergedType(a.element, b.element));
  if (a.kind === 'decimal' && b.kind === 'decimal')
    return { kind: 'decimal', precision: Math.max(a.precision, b.precision), scale: 0 };
  if (a.kind === b.kind) return a;
  const kinds = new Set([a.kind, b.kind]);
  if (![...kinds].every((kind) => kind === 'bigint' || kind === 'double' || kind === 'decimal')) return STRING;
  if (kinds.has('double')) return DOUBLE;
  // A bigint may have 19 digits, and Spark counts 20.
  const precision = Math.max(20, ...[a, b].map((type) => (type.kind === 'decimal' ? type.precision : 0)));
  return { kind: 'decimal', precision, scale: 0 };
}

/** The type as columns have it: string where nothing is known; undefined for an object without fields. */
export function shownType(type: SparkType): SparkType | undefined {
  if (type.kind === 'void') return STRING;
  if (type.kind === 'array') {
    const element = shownType(type.element);
    return element && array(element);
  }
  if (type.kind !== 'struct') return type;
  const fields = type.fields.flatMap(({ name, type: inner }) => {
    const shown = name === '' ? undefined : shownType(inner);
    return shown ? [{ name, type: shown }] : [];
  });
  return fields.length > 0 ? struct(fields) : undefined;
}
