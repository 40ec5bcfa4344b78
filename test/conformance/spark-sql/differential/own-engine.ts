import { answerLine, prepareInstance, translateQuery, type View } from '@sluice/engine-duckdb/sql';
import { isSluiceError, type Column } from '@sluice/plugin-sdk';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

import type { OwnAnswer } from '../compare.js';
import type { ItemsRequest, Setting } from './real-spark.js';

/** Our engine, without a platform, asked as Spark is asked. */
export class OwnEngine {
  readonly #connection: DuckDBConnection;

  private constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  static async open(): Promise<OwnEngine> {
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    await prepareInstance(connection);
    return new OwnEngine(connection);
  }

  async ask(sql: string, setting: Setting, views: readonly View[] = []): Promise<OwnAnswer> {
    return JSON.parse(await answerLine(this.#connection, JSON.stringify({ sql, ...setting }), views)) as OwnAnswer;
  }

  /** What the translator refuses before it runs anything, over a table of these columns: the answers by place. */
  refusals(request: ItemsRequest, columns: readonly Column[]): Map<number, OwnAnswer> {
    const view = { name: 't', relation: 't', columns };
    const refused = new Map<number, OwnAnswer>();
    for (const [i, item] of request.items.entries()) {
      try {
        translateQuery(`SELECT ${item} FROM t ${request.tail}`, [view], request);
      } catch (error) {
        if (!isSluiceError(error)) throw new Error(`the translator failed on ${item}`, { cause: error });
        refused.set(i, { error: { reason: error.reason, message: error.message } });
      }
    }
    return refused;
  }

  /** One answer for each item; one that fails hides no other. */
  async askItems(request: ItemsRequest): Promise<OwnAnswer[]> {
    const { items, from, tail, zone, ansi } = request;
    if (items.length === 0) return [];
    const whole = await this.ask(`SELECT ${items.join(', ')} FROM ${from} ${tail}`.trim(), { zone, ansi });
    if (whole.schema?.length === items.length) {
      return items.map((_, i) => ({
        schema: whole.schema?.slice(i, i + 1) ?? [],
        rows: (whole.rows ?? []).map((row) => [row[i] ?? null]),
      }));
    }
    if (items.length === 1) return [whole];
    const half = items.length >> 1;
    return [
      ...(await this.askItems({ ...request, items: items.slice(0, half) })),
      ...(await this.askItems({ ...request, items: items.slice(half) })),
    ];
  }

  close(): void {
    this.#connection.closeSync();
  }
}
