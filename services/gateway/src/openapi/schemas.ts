import { ScalarType, type DescEnum, type DescField, type DescMessage } from '@bufbuild/protobuf';
import type { Comments } from '../contract/comments.js';

/** A JSON Schema, as OpenAPI 3.1 uses them. */
export type Schema = Readonly<Record<string, unknown>>;

/** How well-known messages look in JSON. */
const WELL_KNOWN: Readonly<Record<string, Schema>> = {
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time', examples: ['2026-11-21T10:00:00Z'] },
  'google.protobuf.Duration': { type: 'string', pattern: '^-?[0-9]+(\\.[0-9]{1,9})?s$', examples: ['3.5s'] },
  'google.protobuf.Struct': { type: 'object' },
  'google.protobuf.Value': { description: 'Any JSON value.' },
  'google.protobuf.ListValue': { type: 'array', items: {} },
  'google.protobuf.FieldMask': { type: 'string' },
  'google.protobuf.Any': { type: 'object', properties: { '@type': { type: 'string' } }, required: ['@type'] },
};

/** Schemas of messages and enums, each made once and referred to by its name. */
export class Schemas {
  readonly #comments: Comments;
  readonly #made = new Map<string, Schema>();
  readonly #owners = new Map<string, string>();

  constructor(comments: Comments) {
    this.#comments = comments;
  }

  /** Every schema that was referred to, by name, for `components.schemas`. */
  get all(): Readonly<Record<string, Schema>> {
    return Object.fromEntries([...this.#made].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Refers to a message. */
  message(desc: DescMessage): Schema {
    return WELL_KNOWN[desc.typeName] ?? this.#refer(desc, () => this.#ofMessage(desc));
  }

  /** The schema of one field, with its comment. */
  field(field: DescField): Schema {
    const description = this.#comments.of(field);
    return { ...this.#ofField(field), ...(description === '' ? {} : { description }) };
  }

  #ofField(field: DescField): Schema {
    if (field.fieldKind === 'list') return { type: 'array', items: this.#ofValue(field) };
    if (field.fieldKind === 'map') return { type: 'object', additionalProperties: this.#ofValue(field) };
    return this.#ofValue(field);
  }

  #ofValue(field: DescField): Schema {
    if (field.message !== undefined) return this.message(field.message);
    if (field.enum !== undefined) {
      const { enum: desc } = field;
      return this.#refer(desc, () => this.#ofEnum(desc));
    }
    return ofScalar(field.scalar);
  }

  #refer(desc: DescMessage | DescEnum, make: () => Schema): Schema {
    const name = this.#nameOf(desc);
    if (!this.#made.has(name)) {
      this.#made.set(name, {}); // A message may contain itself; the reference needs the name alone.
      this.#made.set(name, make());
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  /** The short name, or the full one for the second of two messages of the same name. */
  #nameOf({ name, typeName }: DescMessage | DescEnum): string {
    const owner = this.#owners.get(name) ?? typeName;
    this.#owners.set(name, owner);
    return owner === typeName ? name : typeName;
  }

  #ofMessage(desc: DescMessage): Schema {
    const description = this.#comments.of(desc);
    const properties = Object.fromEntries(desc.fields.map((field) => [field.jsonName, this.field(field)]));
    // At most one field of a oneof may be there.
    const pairs = desc.oneofs
      .filter(({ fields }) => fields.length > 1)
      .flatMap(({ fields }) =>
        fields.flatMap((a, index) => fields.slice(index + 1).map((b) => [a.jsonName, b.jsonName])),
      );
    return {
      type: 'object',
      ...(description === '' ? {} : { description }),
      properties,
      ...(pairs.length === 0 ? {} : { allOf: pairs.map((required) => ({ not: { required } })) }),
    };
  }

  #ofEnum(desc: DescEnum): Schema {
    const lines = desc.values.map((value) => `- \`${value.name}\`: ${this.#comments.of(value)}`);
    return {
      type: 'string',
      description: [this.#comments.of(desc), '', ...lines].join('\n'),
      enum: desc.values.map(({ name }) => name),
    };
  }
}

/** 64-bit integers are texts in JSON, as its numbers are not exact beyond 2^53; numbers are taken as well. */
function ofScalar(scalar: ScalarType | undefined): Schema {
  switch (scalar) {
    case ScalarType.BOOL:
      return { type: 'boolean' };
    case ScalarType.STRING:
      return { type: 'string' };
    case ScalarType.BYTES:
      return { type: 'string', contentEncoding: 'base64' };
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return { type: ['number', 'string'], format: scalar === ScalarType.DOUBLE ? 'double' : 'float' };
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return { type: ['string', 'integer'], format: 'int64' };
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return { type: ['string', 'integer'], format: 'uint64' };
    default:
      return { type: 'integer', format: scalar === ScalarType.UINT32 ? 'uint32' : 'int32' };
  }
}
