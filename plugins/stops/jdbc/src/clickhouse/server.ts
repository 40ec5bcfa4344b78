import { Agent } from 'node:https';
import { Readable } from 'node:stream';
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';
import type { ConnectOptions } from '@sluice/plugin-sdk';
import { clientError } from './failures.js';
import type { Target } from './target.js';
import { linesOf, unescaped } from './tab-separated.js';

/** What a query gives: names and types as the server has them, and rows of texts, `null` for NULL. */
export interface Answer {
  readonly names: readonly string[];
  readonly types: readonly string[];
  /** Can be taken once. Values are as they came, with their escapes. */
  rows(): AsyncGenerator<readonly string[]>;
}

/** How long a server may be silent, in milliseconds. */
export const SILENT_MS = 300_000;

/** A server behind its HTTP interface. Its failures are errors of Sluice. */
export class Server {
  private readonly client: ClickHouseClient;

  constructor(
    private readonly target: Target,
    private readonly options: ConnectOptions,
    silentMs = SILENT_MS,
  ) {
    const { host, port, database, user, password, tls } = target;
    options.signal.throwIfAborted();
    this.client = createClient({
      url: `${tls === 'off' ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
      database,
      username: user,
      password,
      request_timeout: silentMs,
      // A connection that stays open would keep the runner from being used again.
      keep_alive: { enabled: false },
      // It would show queries on the console.
      log: { level: ClickHouseLogLevel.OFF },
      ...(tls === 'require' ? { http_agent: new Agent({ rejectUnauthorized: false }) } : {}),
    });
  }

  /** Runs a query; its text says no format. */
  async query(sql: string): Promise<Answer> {
    const { target } = this;
    const lines = linesOf(await this.send(`${sql}\nFORMAT TabSeparatedWithNamesAndTypes`), (error) =>
      clientError(target, error, 'reading'),
    );
    const head = async (): Promise<string[]> => {
      const { value } = await lines.next();
      return typeof value !== 'string' ? [] : value.split('\t').map((text) => unescaped(text));
    };
    const [names, types] = [await head(), await head()];
    return {
      names,
      types,
      async *rows() {
        for await (const line of lines) yield line.split('\t');
      },
    };
  }

  /** Runs a query and takes all of its rows; for few. */
  async all(sql: string): Promise<readonly (readonly string[])[]> {
    const rows: (readonly string[])[] = [];
    for await (const row of (await this.query(sql)).rows()) rows.push(row.map((text) => unescaped(text)));
    return rows;
  }

  /** Runs a statement that gives no rows. */
  async execute(sql: string): Promise<void> {
    const stream = await this.send(sql);
    stream.resume();
    await new Promise<void>((resolve, reject) => stream.once('end', resolve).once('error', reject));
  }

  /**
   * Sends rows, written already, as one block or a few.
   *
   * @param into a table with its columns, as SQL has them
   */
  async insert(into: string, text: string, settings: Readonly<Record<string, string>>): Promise<void> {
    try {
      await this.client.insert({
        table: into,
        values: Readable.from([text], { objectMode: false }),
        format: 'TabSeparated',
        clickhouse_settings: settings,
        abort_signal: this.options.signal,
      });
    } catch (error) {
      this.options.signal.throwIfAborted();
      throw clientError(this.target, error, `writing to ${into}`);
    }
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  private async send(query: string): Promise<Readable> {
    try {
      const { stream } = await this.client.exec({ query, abort_signal: this.options.signal });
      return stream as Readable;
    } catch (error) {
      this.options.signal.throwIfAborted();
      throw clientError(this.target, error, 'asking');
    }
  }
}

/** Does something with a server and leaves it. */
export async function withServer<T>(
  target: Target,
  options: ConnectOptions,
  work: (server: Server) => Promise<T>,
): Promise<T> {
  const server = new Server(target, options);
  try {
    return await work(server);
  } finally {
    await server.close();
  }
}
