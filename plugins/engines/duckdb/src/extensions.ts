import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { SluiceError } from '@sluice/plugin-sdk';
import { addFunctions, quoteLiteral, type EngineFunction } from './sql/index.js';

/** The end of an extension's file: eight fields of 32 bytes, the last first, and a signature (DuckDB, extension.cpp). */
const FOOTER_BYTES = 512;
const FIELD_BYTES = 32;
const FIELDS = 8;
const MAGIC = '4';

/** What an extension says of itself. */
interface Footer {
  readonly platform: string;
  /** The version of DuckDB, or of its C interface, that it was built for. */
  readonly builtFor: string;
  readonly version: string;
  /** `CPP`, or one of the C interface. */
  readonly abi: string;
}

async function readFooter(file: string): Promise<Footer> {
  const { size } = await stat(file);
  const bytes = Buffer.alloc(FOOTER_BYTES);
  const handle = await open(file);
  try {
    if (size >= FOOTER_BYTES) await handle.read(bytes, 0, FOOTER_BYTES, size - FOOTER_BYTES);
  } finally {
    await handle.close();
  }
  const field = (place: number): string => {
    const at = (FIELDS - 1 - place) * FIELD_BYTES;
    return bytes.toString('latin1', at, at + FIELD_BYTES).replace(/\0.*$/s, '');
  };
  if (field(0) !== MAGIC) throw unfit(file, 'is no extension of DuckDB: it has no footer that says so');
  return { platform: field(1), builtFor: field(2), version: field(3), abi: field(4) };
}

function unfit(file: string, what: string): SluiceError {
  return new SluiceError('PLUGIN_INVALID', `'${basename(file)}' ${what}`, { details: { file: basename(file) } });
}

/** Looks whether an extension was built for this engine, loads it, and says what it adds. */
export async function inspectExtension(file: string): Promise<{ version: string; functions: string[] }> {
  const { platform, builtFor, version, abi } = await readFooter(file);
  const instance = await DuckDBInstance.create(':memory:', { allow_community_extensions: 'true', threads: '1' });
  const connection = await instance.connect();
  try {
    const [[own, place] = []] = await (
      await connection.run('SELECT library_version, (SELECT platform FROM pragma_platform()) FROM pragma_version()')
    ).getRows();
    if (platform !== String(place)) throw unfit(file, `is for ${platform}, and this engine runs on ${String(place)}`);
    if (abi === 'CPP' && builtFor !== String(own)) {
      throw unfit(
        file,
        `was built for DuckDB ${builtFor}, and this engine is DuckDB ${String(own)}; take that version`,
      );
    }
    const added = await load(connection, file);
    return { version: version === '' ? builtFor : version, functions: [...new Set(added.map(({ name }) => name))] };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Loads extensions for good, and lets SQL call the functions of rows that they add. */
export async function loadExtensions(connection: DuckDBConnection, files: readonly string[]): Promise<void> {
  for (const file of files) addFunctions(await load(connection, file));
}

async function load(connection: DuckDBConnection, file: string): Promise<EngineFunction[]> {
  const before = new Set((await functionsOf(connection)).map(keyOf));
  try {
    await connection.run(`LOAD ${quoteLiteral(file)}`);
  } catch (error) {
    throw unfit(file, `cannot be loaded: ${error instanceof Error ? error.message.trim() : String(error)}`);
  }
  return (await functionsOf(connection)).filter((each) => !before.has(keyOf(each)));
}

function keyOf({ name, parameters }: EngineFunction): string {
  return `${name}(${parameters.join()})`;
}

async function functionsOf(connection: DuckDBConnection): Promise<EngineFunction[]> {
  const query =
    "SELECT function_name, return_type, parameter_types FROM duckdb_functions() WHERE function_type = 'scalar' " +
    "AND return_type IS NOT NULL AND regexp_matches(function_name, '^[a-z_][a-z0-9_]*$') ORDER BY 1";
  const rows = await (await connection.run(query)).getRowsJson();
  return rows.map(([name, result, parameters]) => ({
    name: String(name),
    result: String(result),
    parameters: (parameters as readonly unknown[]).map(String),
  }));
}
