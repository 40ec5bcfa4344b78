import type { FilterRules } from '../triggers/trigger.js';

/** Whether an event's payload meets every filter. */
export function matches(payload: unknown, filters: readonly FilterRules[]): boolean {
  return filters.every((filter) => holds(valueAt(payload, filter.path), filter));
}

/** The value at a path such as `order.lines.0.sku`; undefined where there is none. */
export function valueAt(payload: unknown, path: string): unknown {
  let value: unknown = payload;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}

function holds(value: unknown, { operator, value: wanted }: FilterRules): boolean {
  const there = value !== undefined && value !== null;
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  switch (operator) {
    case 'exists':
      return there;
    case 'equal':
      return there && isEqual(text, wanted);
    case 'not-equal':
      return !there || !isEqual(text, wanted);
    case 'matches':
      return there && new RegExp(`^(?:${wanted})$`, 'u').test(text);
    case 'greater':
      return there && Number(text) > Number(wanted);
    case 'less':
      return there && Number(text) < Number(wanted);
  }
}

function isEqual(text: string, wanted: string): boolean {
  if (text === wanted) return true;
  const isNumber = text.trim() !== '' && wanted.trim() !== '';
  return isNumber && Number(text) === Number(wanted);
}
