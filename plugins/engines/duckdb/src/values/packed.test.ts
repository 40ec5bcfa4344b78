import type { Column, PackedBatch, PackedTexts, Value } from '@sluice/plugin-sdk';
import { openTestSession, toTable, type TestSession } from '@sluice/plugin-sdk/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { duckdb } from '../engine.js';

let opened: TestSession;
beforeEach(async () => {
  opened = await openTestSession({ engine: duckdb });
});
afterEach(() => opened.close());

function packed(values: readonly (string | Uint8Array | null)[]): PackedTexts {
  const parts = values.map((value) => Buffer.from(value ?? ''));
  let end = 0;
  const ends = Uint32Array.from(parts, (part) => (end += part.length));
  return { texts: Buffer.concat(parts), ends, nulls: values.flatMap((value, row) => (value === null ? [row] : [])) };
}

async function rowsOf(types: readonly string[], batch: PackedBatch): Promise<readonly (readonly Value[])[]> {
  const columns: Column[] = types.map((type, index) => ({ name: `c${index}`, type }));
  const rows = async function* (): AsyncGenerator<PackedBatch> {
    yield await Promise.resolve(batch);
  };
  return (await toTable(await opened.session.fromRows(columns, rows()))).rows;
}

describe('packed columns', () => {
  test('give the texts that they stand for: none, short, long, of many bytes, across several chunks', async () => {
    const pieces = ['', 'a', 'twelve bytes', 'thirteen char', '😀 é 你好', 'x'.repeat(5000), '\0', null, '你'];
    const values = Array.from({ length: 5000 }, (_, row) => pieces[(row * 7 + (row >> 4)) % pieces.length] ?? null);
    const rows = await rowsOf(['string'], { length: values.length, columns: [packed(values)] });
    expect(rows).toEqual(values.map((value) => [value]));
  });

  test('give decimals of every width, those of many digits too', async () => {
    const texts = ['0', '-1', '99.99', '-99.99', '7.5', '007.10', null, '-.5', '3.1000'];
    const values = Array.from({ length: 3000 }, (_, row) => texts[row % texts.length] ?? null);
    const plain: Record<string, string> = { '0': '0.00', '-1': '-1.00', '7.5': '7.50', '007.10': '7.10', '-.5': '-0.50', '3.1000': '3.10' }; // prettier-ignore
    const types = ['decimal(4,2)', 'decimal(9,2)', 'decimal(18,2)', 'decimal(38,2)'];
    const rows = await rowsOf(types, { length: values.length, columns: types.map(() => packed(values)) });
    const expected = values.map((value) => (value === null ? null : (plain[value] ?? value)));
    expect(rows).toEqual(expected.map((value) => types.map(() => value)));
    const wide = ['99999999999999999999999999999999999.999', '-0.001', '123456789012345678.900'];
    const wideRows = await rowsOf(['decimal(38,3)'], { length: 3, columns: [packed(wide)] });
    expect(wideRows).toEqual(wide.map((value) => [value]));
  });

  test('give numbers with nulls among them, of the width of their type or of another', async () => {
    const longs = { numbers: BigInt64Array.of(1n, 7n, -(2n ** 63n)), nulls: [1] };
    const ints = { numbers: Int32Array.of(4, 5, 9), nulls: [0, 2] };
    const rows = await rowsOf(['bigint', 'int', 'double'], { length: 3, columns: [longs, ints, ints] });
    expect(rows).toEqual([[1n, null, null], [null, 5, 5], [-(2n ** 63n), null, null]]); // prettier-ignore
  });

  test.each([
    ['bytes that are no UTF-8', [Uint8Array.of(0x61, 0xff)]],
    ['a character that two cells share', [Uint8Array.of(0x61, 0xc3), Uint8Array.of(0xa9, 0x62)]],
  ])('refuse %s, with the row', async (_, bytes) => {
    const batch = { length: bytes.length + 1, columns: [packed(['fine', ...bytes])] };
    await expect(rowsOf(['string'], batch)).rejects.toMatchObject({
      reason: 'DATA_INVALID',
      message: expect.stringMatching(/row [23], column 'c0'/) as string,
    });
  });

  test('refuse a decimal that does not fit, with its text', async () => {
    for (const text of ['100.00', '1.234', 'NaN', '']) {
      await expect(rowsOf(['decimal(4,2)'], { length: 1, columns: [packed([text])] })).rejects.toMatchObject({
        reason: 'DATA_INVALID',
        message: expect.stringContaining(`'${text}'`) as string,
      });
    }
  });
});
