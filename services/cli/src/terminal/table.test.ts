import { describe, expect, test } from 'vitest';
import { table } from './table.js';
import { fit, pad, widthOf } from './width.js';

describe('widths', () => {
  test('a Chinese character takes two columns, an emoji too, a colour none', () => {
    expect(widthOf('订单 orders')).toBe(11);
    expect(widthOf('👩‍💻')).toBe(2);
    expect(widthOf('\u001b[31mred\u001b[39m')).toBe(3);
  });

  test('a text is cut between characters, never inside one', () => {
    expect(fit('订单统计', 6)).toBe('订单…');
    expect(fit('订单统计', 8)).toBe('订单统计');
    expect(fit('abc', 0)).toBe('');
    expect(widthOf(fit('a订单统计', 5))).toBeLessThanOrEqual(5);
  });

  test('blanks fill by columns', () => {
    expect(pad('余', 4)).toBe('余  ');
    expect(pad('余', 4, 'right')).toBe('  余');
  });
});

describe('table', () => {
  const columns = [{ title: 'NAME' }, { title: 'ROWS', align: 'right' as const }, { title: 'TEXT' }];

  test('columns stand below each other whatever the script', () => {
    expect(
      table(
        columns,
        [
          ['订单', '5', 'x'],
          ['orders', '1,234', 'y'],
        ],
        80,
      ),
    ).toEqual(['NAME     ROWS  TEXT', '订单        5  x', 'orders  1,234  y']);
  });

  test('the widest columns are cut until the table fits', () => {
    const lines = table(columns, [['a'.repeat(30), '12', 'b'.repeat(50)]], 40);
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(40);
    expect(lines[1]).toMatch(/^a+… +12 {2}b+…$/);
  });

  test('a column that must stay whole is never cut', () => {
    const id = 'application_1763700000000_0001';
    const [, row] = table([{ title: 'RUN', whole: true }, { title: 'FLOW' }], [[id, 'f'.repeat(60)]], 45);
    expect(row).toBe(`${id}  ${'f'.repeat(12)}…`);
  });

  test('numbers are never cut', () => {
    const [, row] = table([{ title: 'NAME' }, { title: 'ROWS', align: 'right' }], [['n'.repeat(30), '1,234,567']], 20);
    expect(row).toBe(`${'n'.repeat(8)}…  1,234,567`);
  });

  test('where nothing can be cut the table is wider than wanted, and it ends', () => {
    expect(table([{ title: 'RUN', whole: true }], [['x'.repeat(20)]], 5)[1]).toBe('x'.repeat(20));
    expect(table(columns, [['a', '1', 'b']], 1)).toHaveLength(2);
  });
});
