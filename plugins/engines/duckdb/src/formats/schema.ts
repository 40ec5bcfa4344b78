import type { Column } from '@sluice/plugin-sdk';
import { duckdbType } from '../sql/index.js';
import type { OptionReader } from './options.js';
import { splitTypes } from './type-tree.js';

/**
 * The `schema` option: columns with types, a list of names (all strings), or a text of either kind (`a, b` or
 * `a int, b decimal(10,2)`); undefined when it is not given.
 */
export function readSchema(options: OptionReader): readonly Column[] | undefined {
  const value = options.take('schema');
  if (value === undefined || value === '') return undefined;
  const parts: readonly unknown[] = typeof value === 'string' ? splitTypes(value) : Array.isArray(value) ? value : [];
  const columns = parts.map((part) => readColumn(part));
  if (columns.length === 0 || columns.some((column) => column === undefined)) {
    return options.refuse(['schema'], value, 'a list of columns, such as "id, name" or "id int, name string"');
  }
  for (const column of columns) if (column !== undefined) duckdbType(column.type);
  return columns as Column[];
}

function readColumn(part: unknown): Column | undefined {
  if (typeof part === 'object' && part !== null && 'name' in part && typeof part.name === 'string') {
    const type = 'type' in part && typeof part.type === 'string' ? part.type.trim() : 'string';
    return { name: part.name, type };
  }
  if (typeof part !== 'string' || part.trim() === '') return undefined;
  const quoted = /^`((?:[^`]|``)+)`\s*:?\s*([^]*)$/.exec(part.trim());
  const plain = /^([^\s:]+)(?:\s*:\s*|\s+)?([^]*)$/.exec(part.trim());
  const name = quoted?.[1]?.replaceAll('``', '`') ?? plain?.[1];
  const type = (quoted ?? plain)?.[2]?.trim();
  if (name === undefined) return undefined;
  return { name, type: type === undefined || type === '' ? 'string' : type.toLowerCase() };
}
