import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, test } from 'vitest';
import { isReadFault, mapError } from './errors.js';

async function failing(sql: string, settings: Record<string, string> = {}): Promise<unknown> {
  const instance = await DuckDBInstance.create(':memory:', { autoinstall_known_extensions: 'false', ...settings });
  const connection = await instance.connect();
  try {
    await connection.run(sql);
  } catch (error) {
    return error;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
  throw new Error(`'${sql}' did not fail`);
}

describe('errors of DuckDB', () => {
  test.each([
    ["SELECT CAST('x' AS INTEGER)", 'DATA_INVALID', "Could not convert string 'x' to int"],
    ['SELECT 9223372036854775807 + 1::BIGINT', 'DATA_INVALID', 'Overflow in addition of bigint'],
    ["SELECT error('[DIVIDE_BY_ZERO] by zero')", 'DATA_INVALID', 'by zero'],
    ["SELECT * FROM read_csv('/nowhere/x.csv')", 'FILE_NOT_FOUND', 'No files found'],
    ["COPY (SELECT 1) TO '/nowhere/x.csv'", 'FILE_NOT_FOUND', 'No such file or directory'],
    ['SELECT nothing', 'SQL_ANALYSIS', 'nothing'],
  ])('%s is %s', async (sql, reason, message) => {
    const mapped = mapError(await failing(sql), 'testing');
    expect(mapped.reason).toBe(reason);
    expect(mapped.message).toContain(`testing: `);
    expect(mapped.message).toContain(message);
    expect(mapped.message).not.toMatch(/LINE 1|VARCHAR|INT64|Error:/);
  });

  test('of memory are told from those of the disk that it spills to', async () => {
    const sort = 'SELECT * FROM (SELECT repeat(range::VARCHAR, 50) x FROM range(400000)) ORDER BY x';
    const memory = mapError(await failing(sort, { memory_limit: '60MB', temp_directory: '' }));
    expect(memory.reason).toBe('OUT_OF_MEMORY');
    expect(memory.message).toContain('memory limit');
    // What DuckDB 1.5 said when a small file system was full: which of the two it meets first is a matter of chance.
    const spill =
      'Out of Memory Error: failed to offload data block of size 256.0 KiB (10.7 MiB/10.7 MiB used).\n' +
      "This limit was set by the 'max_temp_directory_size' setting.\nYou can adjust this setting, by using PRAGMA";
    const disk = mapError(new Error(spill));
    expect(disk.reason).toBe('DISK_FULL');
    expect(mapError(new Error('IO Error: Could not write file "/x": No space left on device')).reason).toBe(
      'DISK_FULL',
    );
    expect(disk.message).not.toContain('PRAGMA');
  });

  test('are kept as the cause, and those of Sluice pass', async () => {
    const error = await failing('SELECT nothing');
    const mapped = mapError(error);
    expect(mapped.cause).toBe(error);
    expect(mapError(mapped, 'again')).toBe(mapped);
    expect(isReadFault(new Error('Invalid Input Error: CSV Error on Line: 3'))).toBe(true);
    expect(isReadFault(error)).toBe(false);
  });
});
