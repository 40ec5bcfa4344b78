import type { Column } from '@sluice/plugin-sdk';
import type { FoundFile } from '../files/find-files.js';

/**
 * The columns that folders such as `year=2024` give to files, with the narrowest of int, bigint, double, date and
 * string that fits all values; those that the files have themselves are left to them.
 */
export function partitionColumns(files: readonly FoundFile[], own: readonly Column[]): Column[] {
  const names = new Set(files.flatMap((file) => Object.keys(file.partitions)));
  const taken = new Set(own.map((column) => column.name.toLowerCase()));
  return [...names]
    .filter((name) => !taken.has(name.toLowerCase()))
    .map((name) => {
      const values = files.map((file) => file.partitions[name] ?? null).filter((value) => value !== null);
      return { name, type: typeOf(values) };
    });
}

function typeOf(values: readonly string[]): string {
  if (values.length === 0) return 'string';
  const isWhole = values.every((value) => /^[+-]?\d{1,18}$/.test(value));
  if (isWhole) return values.every((value) => Math.abs(Number(value)) < 2 ** 31) ? 'int' : 'bigint';
  if (values.every((value) => /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(value))) return 'double';
  if (values.every((value) => /^\d{4}-\d{2}-\d{2}$/.test(value))) return 'date';
  return 'string';
}
