import type { Table } from '@sluice/plugin-sdk';

const LONG = 'a€😀\\N\t"\'\n\r\\'.repeat(100);

/** Every type that the engine and the databases have, with the values that go wrong first; for tests. */
export const GOLDEN: Table = {
  columns: [
    ['id', 'int'], ['a boolean', 'boolean'], ['tiny', 'tinyint'], ['small', 'smallint'], ['big', 'bigint'],
    ['money', 'decimal(38,10)'], ['whole', 'decimal(20,0)'], ['real', 'float'], ['dbl', 'double'], ['text', 'string'],
    ['day', 'date'], ['instant', 'timestamp'], ['clock', 'timestamp_ntz'], ['bytes', 'binary'],
  ], // prettier-ignore
  rows: [
    [1, true, 127, 32767, 9223372036854775807n, '1234567890123456789012345678.0123456789', '18446744073709551615', 1.5, 0.1, LONG, 0, 1_000_001n, -1n, new Uint8Array([0, 9, 10, 92, 255])],
    [2, false, -128, -32768, -9223372036854775808n, '-0.0000000001', '0', Math.fround(3.4028235e38), 1.7976931348623157e308, '', -719162, 2_000_000_000_000_000n, -62135596800000000n, new Uint8Array([])],
    [3, null, null, null, null, null, null, null, null, null, null, null, null, null],
    [4, true, 0, 0, 0n, '0.0000000000', '1', Math.fround(0.1), 5e-324, "Robert'); DROP TABLE x;--", 2932896, 1_714_521_599_999_999n, 253402300799999999n, new Uint8Array(70000).fill(39)],
    [5, false, 1, 1, 1n, '1.0000000000', '2', Math.fround(16777217), 123456789.12345679, '张伟 \u0301 ﷽ 𝒳', 19782, 86_400_000_000n, 1_582_934_400_000_000n, new Uint8Array([39])],
  ], // prettier-ignore
};
