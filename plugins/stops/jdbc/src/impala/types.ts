import type { Value } from '@sluice/plugin-sdk';
import hive from 'hive-driver';
import type { ResultColumn } from '../sql/session.js';
import { daysOf, microsOf } from '../times.js';

const { TTypeId: ID } = hive.thrift.TCLIService_types;

/** A column of a result (TColumnDesc of TCLIService.thrift). */
export interface ColumnDescription {
  readonly columnName: string;
  readonly typeDesc: { readonly types: readonly { readonly primitiveEntry?: PrimitiveEntry | null }[] };
}

interface PrimitiveEntry {
  readonly type: number;
  readonly typeQualifiers?: {
    readonly qualifiers: Readonly<Record<string, { readonly i32Value?: number | null } | undefined>>;
  } | null;
}

interface Values {
  readonly values: readonly unknown[];
  /** A bit for each row, set where it is NULL. */
  readonly nulls: Buffer;
}

/** A column of rows (TColumn): the values stand under the name of their type. */
export interface RowSet {
  readonly columns: readonly Readonly<Record<string, Values | null | undefined>>[];
}

/** The rows of a set, which has them column by column. */
export function rowsOf({ columns }: RowSet): readonly (readonly unknown[])[] {
  const found = columns.map((column) => Object.values(column).find((each) => each !== null && each !== undefined));
  const length = found[0]?.values.length ?? 0;
  return Array.from({ length }, (_, r) =>
    found.map((column) => (((column?.nulls[r >> 3] ?? 0) >> (r & 7)) & 1 ? null : (column?.values[r] ?? null))),
  );
}

/** How a column of a result is taken; nested values are the JSON that the server writes. */
export function resultColumn({ columnName, typeDesc }: ColumnDescription): ResultColumn {
  const [type, read] = typeOf(typeDesc.types[0]?.primitiveEntry ?? undefined);
  // Hive puts the table before the name.
  return { name: columnName.split('.').at(-1) ?? columnName, type, read };
}

function typeOf(entry: PrimitiveEntry | undefined): readonly [string, ((cell: unknown) => Value | undefined)?] {
  switch (entry?.type) {
    case ID.BOOLEAN_TYPE:
      return ['boolean'];
    case ID.TINYINT_TYPE:
      return ['tinyint', (cell) => (typeof cell === 'number' && cell > 127 ? cell - 256 : (cell as number))];
    case ID.SMALLINT_TYPE:
      return ['smallint'];
    case ID.INT_TYPE:
      return ['int'];
    case ID.BIGINT_TYPE:
      return ['bigint', (cell) => (cell as { readonly buffer: Buffer; readonly offset: number }).buffer.readBigInt64BE((cell as { readonly offset: number }).offset)]; // prettier-ignore
    case ID.FLOAT_TYPE:
      return ['float', (cell) => Math.fround(cell as number)];
    case ID.DOUBLE_TYPE:
      return ['double'];
    case ID.DECIMAL_TYPE: {
      const { qualifiers = {} } = entry.typeQualifiers ?? {};
      const [precision, scale] = [qualifiers['precision']?.i32Value ?? 38, qualifiers['scale']?.i32Value ?? 0];
      return [`decimal(${precision},${scale})`, (cell) => padded(String(cell), scale)];
    }
    case ID.DATE_TYPE:
      return ['date', (cell) => daysOf(String(cell))];
    case ID.TIMESTAMP_TYPE:
      return ['timestamp_ntz', (cell) => microsOf(String(cell))];
    case ID.BINARY_TYPE:
      return ['binary', (cell) => Uint8Array.from(typeof cell === 'string' ? Buffer.from(cell, 'latin1') : (cell as Buffer))]; // prettier-ignore
    default:
      return ['string', String];
  }
}

/** A decimal with all places of its scale, which some servers leave out. */
function padded(text: string, scale: number): string {
  const [whole = '', fraction = ''] = text.split('.');
  return scale === 0 ? whole : `${whole}.${fraction.padEnd(scale, '0')}`;
}
