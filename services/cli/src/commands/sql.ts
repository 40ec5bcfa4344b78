import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { SluiceError } from '@sluice/chassis';
import type { Session } from '../session.js';
import { table } from '../terminal/table.js';

/** The options of `sluice sql`. */
export interface SqlOptions {
  readonly view?: readonly string[];
  readonly file?: string;
  readonly stdin?: boolean;
  readonly explain?: boolean;
  readonly format?: string;
  readonly output?: string;
  readonly zone?: string;
  readonly ansi?: boolean;
}

interface QueryOptions {
  readonly zone: string;
  readonly ansi: boolean;
}

/** What `@sluice/engine-<name>/console` gives, as far as this command needs it. */
interface SqlConsole {
  run(
    text: string,
    options: QueryOptions,
  ): Promise<{ schema: readonly (readonly [string, string])[]; rows: readonly (readonly unknown[])[] }>;
  explain(
    text: string,
    options: QueryOptions,
  ): { readonly sql: string; readonly tree: string; readonly columns: readonly { name: string; type: string }[] };
  save(text: string, options: QueryOptions, path: string): Promise<void>;
  answer(line: string): Promise<string>;
  close(): Promise<void>;
}

const ENGINE = 'duckdb';

/** Runs one Spark SQL query over local files, or answers lines of JSON; needs no platform. */
export async function sql(session: Session, options: SqlOptions, text?: string): Promise<void> {
  const sqlConsole = await openConsole(readViews(options.view ?? []));
  try {
    if (options.stdin === true) return await answerLines(session, sqlConsole);
    const query = await readQuery(options, text);
    const how = { zone: options.zone ?? 'UTC', ansi: options.ansi ?? false };
    if (options.explain === true) return explain(session, sqlConsole, query, how);
    if (options.format === 'parquet') return await save(sqlConsole, query, how, options.output);
    const { schema, rows } = await sqlConsole.run(query, how);
    const names = schema.map(([name]) => name);
    if (session.json || options.format === 'json') {
      for (const row of rows) session.outJson(Object.fromEntries(names.map((name, i) => [name, row[i]])));
    } else if (options.format === 'csv') {
      session.out(...[names, ...rows].map((row) => row.map(csvCell).join(',')));
    } else {
      const cells = rows.map((row) => row.map(shown));
      session.out(
        ...table(
          names.map((title) => ({ title })),
          cells,
          session.width,
          session.style.dim,
        ),
      );
    }
  } finally {
    await sqlConsole.close();
  }
}

/** The engine is loaded by its name, as services are: this package imports none of its code. */
async function openConsole(views: Readonly<Record<string, string>>): Promise<SqlConsole> {
  const name = `@sluice/engine-${ENGINE}/console`;
  const { openConsole: open } = (await import(name)) as { openConsole(views: object): Promise<SqlConsole> };
  return open(views);
}

function readViews(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((each) => {
      const at = each.indexOf('=');
      if (at > 0) return [each.slice(0, at), each.slice(at + 1)];
      throw new SluiceError('REQUEST_INVALID', `--view '${each}' names no file; write it as name=file`);
    }),
  );
}

async function readQuery({ file: named }: SqlOptions, text: string | undefined): Promise<string> {
  if ((named === undefined) === (text === undefined)) {
    throw new SluiceError('REQUEST_INVALID', 'give the query as an argument, or a file of it with --file, or --stdin');
  }
  const file = named ?? (text !== undefined && isFile(text) ? text : undefined);
  if (file === undefined) return text ?? '';
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const message = `the file '${file}' cannot be read: ${(error as Error).message}`;
    throw new SluiceError('FILE_UNREADABLE', message, { cause: error });
  }
}

/** Whether an argument is a file of a query: no query is one word, or looks like a file that is there. */
const isFile = (text: string): boolean => /\.sql$/i.test(text) && (!/\s/.test(text) || existsSync(text));

async function answerLines(session: Session, sqlConsole: SqlConsole): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() !== '') session.out(await sqlConsole.answer(line));
  }
}

function explain(session: Session, sqlConsole: SqlConsole, query: string, how: QueryOptions): void {
  const { sql: text, tree, columns } = sqlConsole.explain(query, how);
  if (session.json) return session.outJson({ tree, columns, duckdb: text });
  session.out(tree, '', ...columns.map(({ name, type }) => `${name}  ${session.style.dim(type)}`), '', text);
}

async function save(
  sqlConsole: SqlConsole,
  query: string,
  how: QueryOptions,
  output: string | undefined,
): Promise<void> {
  if (output !== undefined) return sqlConsole.save(query, how, output);
  throw new SluiceError('REQUEST_INVALID', 'parquet goes to a file: name it with --output');
}

function shown(value: unknown): string {
  if (value === null) return 'NULL';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function csvCell(value: unknown): string {
  if (value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
