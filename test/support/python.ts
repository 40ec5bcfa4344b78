import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The Python that stops run in, with pyarrow: SLUICE_TEST_PYTHON, as `deploy/dev/services.sh env` gives it. */
export const PYTHON = process.env['SLUICE_TEST_PYTHON'] ?? '';
/** A folder of wheels: those of pandas and what it needs. */
const WHEELS = process.env['SLUICE_TEST_WHEELS'] ?? '';
const IS_REQUIRED = process.env['SLUICE_TEST_REQUIRE_SERVICES'] === '1';

/** Whether tests of Python run here; where services are required, its absence fails them instead of skipping. */
export function hasPython(): boolean {
  if (PYTHON !== '' && existsSync(PYTHON)) return true;
  if (IS_REQUIRED) throw new Error('SLUICE_TEST_PYTHON names no Python; start it with deploy/dev/services.sh python');
  return false;
}

/** The wheels of pandas by file name. */
export async function pandasWheels(): Promise<Record<string, Buffer>> {
  const names = readdirSync(WHEELS).filter((name) => name.endsWith('.whl') && !name.startsWith('duckdb'));
  const read = names.map(async (name) => [name, await readFile(join(WHEELS, name))] as const);
  return Object.fromEntries(await Promise.all(read));
}

/** The wheel of a DuckDB extension for this machine; the file of the extension is in it. */
export function extensionWheel(): string {
  return join(WHEELS, readdirSync(WHEELS).find((name) => name.startsWith('duckdb_extension_')) ?? 'none');
}
