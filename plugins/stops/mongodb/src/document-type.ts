import { mergeTypes, NO_TYPE, SluiceError, type InferredType, type Value } from '@sluice/plugin-sdk';
import { BSON, type Binary, type Document } from 'mongodb';

/** Levels of nesting that a type may have; SQL over deeper ones would be refused. */
const DEEPEST = 100;

/** The narrowest type of one value. What Spark has no type for, such as an ObjectId or a Decimal128, is a text. */
export function typeOf(value: unknown, level = 0): InferredType {
  if (level > DEEPEST) throw new SluiceError('DATA_INVALID', `a document is nested more than ${DEEPEST} levels deep`);
  const kind = kindOf(value);
  if (kind === 'array') {
    const items = (value as readonly unknown[]).map((each) => typeOf(each, level + 1));
    return { kind, item: items.reduce(mergeTypes, NO_TYPE) };
  }
  if (kind !== 'struct') return { kind };
  const fields = Object.entries(value as Document).map(([name, each]) => [name, typeOf(each, level + 1)] as const);
  return { kind, fields: new Map(fields) };
}

function kindOf(value: unknown): InferredType['kind'] {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'boolean' || typeof value === 'string') return typeof value as 'boolean' | 'string';
  if (value instanceof Date) return 'timestamp';
  if (Array.isArray(value)) return 'array';
  switch (bsonType(value)) {
    case undefined:
      return 'struct';
    case 'Int32':
      return 'int';
    case 'Long':
      return 'bigint';
    case 'Double':
      return 'double';
    case 'Binary':
      return isUuid(value as Binary) ? 'string' : 'binary';
    default:
      return 'string';
  }
}

/** A value in a type; undefined where it does not fit, which it does unless the type was made without it. */
export function valueAs(value: unknown, type: InferredType): Value | undefined {
  if (value === null || value === undefined) return null;
  const own = kindOf(value);
  switch (type.kind) {
    case 'array': {
      if (own !== 'array') return undefined;
      const items = (value as readonly unknown[]).map((each) => valueAs(each, type.item));
      return items.includes(undefined) ? undefined : (items as Value[]);
    }
    case 'struct': {
      if (type.fields.size === 0) return textOf(value);
      if (own !== 'struct') return undefined;
      const document = value as Document;
      if (Object.keys(document).some((name) => !type.fields.has(name))) return undefined;
      const fields = [...type.fields].map(
        ([name, each]) => [name, valueAs(Object.hasOwn(document, name) ? document[name] : null, each)] as const,
      );
      return fields.some(([, each]) => each === undefined) ? undefined : (Object.fromEntries(fields) as Value);
    }
    case 'string':
    case 'null':
      return textOf(value);
    case 'timestamp':
      return own === 'timestamp' ? BigInt((value as Date).getTime()) * 1000n : undefined;
    case 'binary':
      return own === 'binary' ? (value as Binary).value() : undefined;
    case 'boolean':
      return own === 'boolean' ? (value as boolean) : undefined;
    default:
      return numberAs(value, own, type.kind);
  }
}

function numberAs(value: unknown, own: string, kind: 'int' | 'bigint' | 'double'): Value | undefined {
  if (own !== 'int' && own !== 'bigint' && own !== 'double') return undefined;
  if (kind === 'double') return Number(String(value));
  if (own === 'double' || (own === 'bigint' && kind === 'int')) return undefined;
  return kind === 'int' ? Number(String(value)) : BigInt(String(value));
}

/** A value as text: documents and arrays as JSON, moments in UTC. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid date' : value.toISOString();
  switch (typeof value === 'object' && value !== null ? bsonType(value) : 'plain') {
    case 'plain':
    case 'Int32':
    case 'Long':
    case 'Double':
    case 'Decimal128':
    case 'BSONSymbol':
      return String(value);
    case 'ObjectId':
      return (value as { toHexString(): string }).toHexString();
    case 'Binary':
      return isUuid(value as Binary) ? (value as Binary).toUUID().toString() : (value as Binary).toString('base64');
    default:
      return BSON.EJSON.stringify(value, { relaxed: true });
  }
}

/** What the driver calls a value's type; undefined for a plain document. */
function bsonType(value: object): string | undefined {
  return (value as { readonly _bsontype?: string })._bsontype;
}

function isUuid(value: Binary): boolean {
  return value.sub_type === BSON.Binary.SUBTYPE_UUID && value.length() === 16;
}
