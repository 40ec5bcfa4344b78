import type { Value } from '@sluice/plugin-sdk';
import { MOST_COLUMNS, type Area } from './address.js';
import type { SheetRow } from './sheet-rows.js';
import { asText, type CellValue } from './values.js';

/** Types that values of cells have, in Spark's words. */
export type ExcelType = 'string' | 'boolean' | 'bigint' | 'double' | 'date' | 'timestamp_ntz';

/** Rows without a header that are looked at for how many columns there are. */
const ROWS_FOR_WIDTH = 1000;

/**
 * The names of the columns: those of the header, or `_c0`, `_c1` ... as far to the right as the range says, else as the first
 * rows have values. A header that is empty or taken gets a name of its own.
 */
export async function columnsOf(
  rows: AsyncIterable<SheetRow>,
  area: Area,
  header: boolean,
): Promise<readonly string[]> {
  let width = area.lastColumn === undefined ? 0 : area.lastColumn - area.column + 1;
  let first: SheetRow | undefined;
  let count = 0;
  for await (const row of rows) {
    first ??= row;
    if (area.lastColumn === undefined) width = Math.max(width, 1 + Math.max(...row.values.keys()) - area.column);
    if (header || ++count === ROWS_FOR_WIDTH) break;
  }
  if (first === undefined) return [];
  const names: string[] = [];
  const taken = new Set<string>();
  for (let i = 0; i < Math.min(width, MOST_COLUMNS); i++) {
    const cell = header ? first.values.get(area.column + i) : undefined;
    const given = cell === undefined ? '' : asText(cell).trim();
    let name = given === '' ? `_c${i}` : given;
    if (taken.has(name.toLowerCase())) name = `${name}${i}`;
    while (taken.has(name.toLowerCase())) name = `${name}_`;
    taken.add(name.toLowerCase());
    names.push(name);
  }
  return names;
}

/** The narrowest types that fit all values. */
export async function typesOf(
  rows: AsyncIterable<SheetRow>,
  width: number,
  area: Area,
  header: boolean,
): Promise<readonly ExcelType[]> {
  const types: (ExcelType | undefined)[] = Array.from({ length: width }, () => undefined);
  let isFirst = true;
  for await (const { values } of rows) {
    if (isFirst && header) {
      isFirst = false;
      continue;
    }
    for (const [column, value] of values) {
      const i = column - area.column;
      if (i < width) types[i] = merged(types[i], typeOf(value));
    }
  }
  return types.map((type) => type ?? 'string');
}

function typeOf(value: CellValue): ExcelType {
  if (value.kind === 'text') return 'string';
  if (value.kind === 'number') return Number.isSafeInteger(value.number) ? 'bigint' : 'double';
  return value.kind === 'timestamp' ? 'timestamp_ntz' : value.kind;
}

function merged(a: ExcelType | undefined, b: ExcelType): ExcelType {
  if (a === undefined || a === b) return b;
  const both = [a, b];
  if (both.every((each) => each === 'bigint' || each === 'double')) return 'double';
  if (both.every((each) => each === 'date' || each === 'timestamp_ntz')) return 'timestamp_ntz';
  return 'string';
}

/** A value in the type of its column. */
export function valueIn(value: CellValue | undefined, type: ExcelType): Value {
  if (value === undefined) return null;
  switch (type) {
    case 'string':
      return asText(value);
    case 'boolean':
      return value.kind === 'boolean' ? value.is : null;
    case 'bigint':
      return value.kind === 'number' ? BigInt(value.number) : null;
    case 'double':
      return value.kind === 'number' ? value.number : null;
    case 'date':
      return millisOf(value) / 86_400_000;
    case 'timestamp_ntz':
      return BigInt(millisOf(value)) * 1000n;
  }
}

/** Wall-clock time as if in UTC. */
function millisOf(value: CellValue): number {
  return Date.parse(`${asText(value).replace(' ', 'T')}${asText(value).includes(' ') ? '' : 'T00:00:00'}Z`);
}
