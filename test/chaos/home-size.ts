import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import knex from 'knex';

/** What plugins take of a platform's home, in bytes, on SQLite. */
export interface HomeSize {
  /** Unpacked packages, manifests and scratch folders. */
  readonly files: number;
  /** Archives, packages and generations in the database. */
  readonly rows: number;
  /** The whole database with its history: of runs, and of what was done to plugins. */
  readonly database: number;
}

/** Measures a home while its platform runs. What has gone meanwhile counts nothing. */
export async function measureHome(home: string): Promise<HomeSize> {
  const [cache, scratch] = await Promise.all(['cache', 'scratch'].map((name) => folderBytes(join(home, name))));
  const names = (await readdir(home)).filter((name) => name.startsWith('sluice.db'));
  const sizes = await Promise.all(names.map((name) => folderBytes(join(home, name))));
  const database = knex({
    client: 'better-sqlite3',
    connection: { filename: join(home, 'sluice.db') },
    useNullAsDefault: true,
  });
  try {
    const sum = async (table: string, what: string): Promise<number> => {
      const [row] = (await database(table).select(database.raw(`coalesce(sum(${what}), 0) as bytes`))) as {
        bytes: unknown;
      }[];
      return Number(row?.bytes ?? 0);
    };
    const rows =
      (await sum('catalog_package_blocks', 'length(data)')) +
      (await sum('catalog_plugins', 'length(manifest) + length(facts)')) +
      (await sum('catalog_generations', 'length(members) + length(comment)'));
    return { files: (cache ?? 0) + (scratch ?? 0), rows, database: sizes.reduce((total, size) => total + size, 0) };
  } finally {
    await database.destroy();
  }
}

async function folderBytes(path: string): Promise<number> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined || found.isSymbolicLink()) return 0;
  if (!found.isDirectory()) return found.size;
  const names = await readdir(path).catch(() => [] as string[]);
  const sizes = await Promise.all(names.map((name) => folderBytes(join(path, name))));
  return sizes.reduce((total, size) => total + size, 0);
}
