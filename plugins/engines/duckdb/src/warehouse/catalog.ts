import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError, nearest, type Column } from '@sluice/plugin-sdk';

/** One version of a table: its columns, and the files that hold its rows. Immutable once it is there. */
export interface TableVersion {
  readonly version: number;
  readonly columns: readonly Column[];
  /** Files below the table's folder, in the order of their rows. */
  readonly files: readonly TableFile[];
  /** The query of a view; absent for a table. */
  readonly view?: string | undefined;
  readonly comment?: string | undefined;
  readonly properties?: Readonly<Record<string, string>> | undefined;
  /** Whether this version says that the table is gone. */
  readonly dropped?: boolean | undefined;
}

export interface TableFile {
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
}

/** A table's place: names in lower case, as Spark has them. */
export interface TableName {
  readonly database: string;
  readonly table: string;
}

export const DEFAULT_DATABASE = 'default';
/** Files that no present version names are kept for runs that still read an older one: a day, in milliseconds. */
const KEEP_TIME = 24 * 3_600_000;
/** Older versions that are kept whatever their age. */
const KEEP_VERSIONS = 10;
const VERSION = /^(\d{10})\.json$/;

/**
 * Databases and tables as folders of Parquet files, shared by processes without a server and without locks.
 *
 * A table's state is its highest version, a small file. A writer puts its Parquet files beside those that are there,
 * where nobody looks, and then makes the next version with a hard link, which exactly one of several writers can; the
 * others read again and try once more. So readers see whole versions only, and a process that dies has written nothing.
 */
export class Catalog {
  constructor(private readonly folder: string) {}

  async databases(): Promise<string[]> {
    const names = await readdir(this.folder).catch(() => [] as string[]);
    const found = names.filter((name) => name.endsWith('.db')).map((name) => decode(name.slice(0, -3)));
    return [...new Set([DEFAULT_DATABASE, ...found])].sort();
  }

  async hasDatabase(name: string): Promise<boolean> {
    return name === DEFAULT_DATABASE || (await exists(this.databaseFolder(name)));
  }

  /** Makes a database; false when it is there already. */
  async createDatabase(name: string): Promise<boolean> {
    if (await this.hasDatabase(name)) return false;
    await mkdir(this.databaseFolder(name), { recursive: true });
    return true;
  }

  /** Removes a database and, with it, its tables. */
  async dropDatabase(name: string): Promise<void> {
    const gone = join(this.folder, `.dropped-${randomUUID()}`);
    await rename(this.databaseFolder(name), gone);
    await rm(gone, { recursive: true, force: true });
  }

  /** The names of the tables and views of a database. */
  async tables(database: string): Promise<{ readonly name: string; readonly isView: boolean }[]> {
    const names = await readdir(this.databaseFolder(database)).catch(() => [] as string[]);
    const found = await Promise.all(
      names.map(async (name) => {
        const version = await this.find({ database, table: decode(name) });
        return version === undefined ? undefined : { name: decode(name), isView: version.view !== undefined };
      }),
    );
    return found.filter((each) => each !== undefined).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The present version of a table; undefined when there is none. */
  async find(name: TableName): Promise<TableVersion | undefined> {
    const latest = await this.latest(name);
    return latest?.dropped === true ? undefined : latest;
  }

  /**
   * The present version of a table.
   *
   * @throws TABLE_NOT_FOUND with the nearest names
   */
  async get(name: TableName): Promise<TableVersion> {
    const found = await this.find(name);
    if (found !== undefined) return found;
    const known = (await this.tables(name.database)).map((table) => table.name);
    const similar = nearest(name.table, known).map((each) => `'${each}'`);
    const hasDatabase = await this.hasDatabase(name.database);
    const hint =
      similar.length > 0
        ? `; did you mean ${similar.join(' or ')}?`
        : hasDatabase
          ? ''
          : `; there is no database '${name.database}' (there are ${(await this.databases()).join(', ')})`;
    const message = `there is no table '${shown(name)}' in the warehouse${hint}`;
    throw new SluiceError('TABLE_NOT_FOUND', message, { details: { table: shown(name) } });
  }

  /** The folder for a table's files, made if need be; absolute. */
  async dataFolder(name: TableName): Promise<string> {
    if (!(await this.hasDatabase(name.database))) {
      const known = (await this.databases()).join(', ');
      throw new SluiceError(
        'TABLE_NOT_FOUND',
        `there is no database '${name.database}' in the warehouse; there are ${known}`,
      );
    }
    const folder = join(this.tableFolder(name), 'data');
    await mkdir(folder, { recursive: true });
    return folder;
  }

  /** The absolute paths of a version's files. */
  paths(name: TableName, version: TableVersion): string[] {
    return version.files.map((file) => join(this.tableFolder(name), file.path));
  }

  /**
   * Makes the next version of a table, of what is there at the moment of making it.
   *
   * @param change gives the next version, or undefined to leave all as it is; called again when another writer was first
   */
  async commit(
    name: TableName,
    change: (present: TableVersion | undefined) => Omit<TableVersion, 'version'> | undefined,
  ): Promise<TableVersion | undefined> {
    const versions = join(this.tableFolder(name), 'versions');
    for (;;) {
      const latest = await this.latest(name);
      const next = change(latest?.dropped === true ? undefined : latest);
      if (next === undefined) return undefined;
      const made: TableVersion = { ...next, version: (latest?.version ?? 0) + 1 };
      await mkdir(versions, { recursive: true });
      const draft = join(versions, `.draft-${randomUUID()}`);
      await writeDurably(draft, JSON.stringify(made));
      try {
        await link(draft, join(versions, fileName(made.version)));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
        throw error;
      } finally {
        await unlink(draft).catch(() => undefined);
      }
      await this.sweep(name, made).catch(() => undefined);
      return made;
    }
  }

  private async latest(name: TableName): Promise<TableVersion | undefined> {
    const folder = join(this.tableFolder(name), 'versions');
    for (;;) {
      const [newest] = (await versionsIn(folder)).slice(-1);
      if (newest === undefined) return undefined;
      try {
        return JSON.parse(await readFile(join(folder, fileName(newest)), 'utf8')) as TableVersion;
      } catch (error) {
        // Swept in between, because there is a newer one by now.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  }

  /** Removes versions that are old, and files that no kept version names and that are old too. */
  private async sweep(name: TableName, present: TableVersion): Promise<void> {
    const folder = this.tableFolder(name);
    const versions = join(folder, 'versions');
    const kept = new Set(present.files.map((file) => file.path));
    for (const version of await versionsIn(versions)) {
      const path = join(versions, fileName(version));
      if (version <= present.version - KEEP_VERSIONS && (await isOld(path))) await unlink(path);
      else {
        const read = JSON.parse(await readFile(path, 'utf8')) as TableVersion;
        for (const file of read.files) kept.add(file.path);
      }
    }
    for (const file of await readdir(join(folder, 'data'))) {
      const path = join(folder, 'data', file);
      if (!kept.has(`data/${file}`) && (await isOld(path))) await unlink(path);
    }
  }

  private databaseFolder(database: string): string {
    return join(this.folder, `${encode(database)}.db`);
  }

  private tableFolder(name: TableName): string {
    return join(this.databaseFolder(name.database), encode(name.table));
  }
}

/** A table's name for people. */
export function shown({ database, table }: TableName): string {
  return database === DEFAULT_DATABASE ? table : `${database}.${table}`;
}

function fileName(version: number): string {
  return `${String(version).padStart(10, '0')}.json`;
}

async function versionsIn(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch(() => [] as string[]);
  return names
    .map((name) => VERSION.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
}

/** A name as that of a folder: letters, digits and `_` as they are, everything else by its bytes. */
function encode(name: string): string {
  return encodeURIComponent(name.toLowerCase()).replace(
    /[.!'()*~-]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function decode(name: string): string {
  return decodeURIComponent(name);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function isOld(path: string): Promise<boolean> {
  const status = await stat(path).catch(() => undefined);
  return status !== undefined && Date.now() - status.mtimeMs > KEEP_TIME;
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
