import { SluiceError, didYouMean } from '@sluice/plugin-sdk';

/** Types of made-up values, by PiFlow's words. */
export const MOCK_TYPES = {
  String: 'string',
  Int: 'int',
  Double: 'double',
  Float: 'float',
  Long: 'bigint',
  Boolean: 'boolean',
} as const;
export type MockType = keyof typeof MOCK_TYPES;

/** A column of made-up values. */
export interface MockColumn {
  readonly name: string;
  readonly type: MockType;
  /** Whether half of the values are NULL. */
  readonly nullable: boolean;
}

/** Reads `name:Type[:nullable]`, types in any case. */
export function readMockColumn(text: string): MockColumn {
  const [name = '', type = '', nullable = 'false', ...more] = text.split(':').map((part) => part.trim());
  const words = Object.keys(MOCK_TYPES) as MockType[];
  const known = words.find((word) => word.toLowerCase() === type.toLowerCase());
  const isNullable = /^(?:true|nullable)$/i.test(nullable);
  if (name !== '' && known !== undefined && more.length === 0 && (isNullable || /^false$/i.test(nullable))) {
    return { name, type: known, nullable: isNullable };
  }
  const isType = name !== '' && type !== '' && known === undefined;
  const remedy = isType
    ? `there is no type '${type}'${didYouMean(type, words)}; types are ${words.join(', ')}`
    : "write 'name:Type' or 'name:Type:true' for half of the values NULL";
  const message = `property 'schema': '${text}' is no column; ${remedy}`;
  throw new SluiceError('PROPERTY_INVALID', message, {
    problems: [{ reason: 'PROPERTY_INVALID', message, property: 'schema' }],
  });
}
