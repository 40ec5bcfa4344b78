import { setTimeout as sleep } from 'node:timers/promises';
import hive from 'hive-driver';
import { connectionError, type ConnectOptions } from '@sluice/plugin-sdk';
import { BATCH_ROWS } from '../columns.js';
import { placeErrors } from '../failures.js';
import type { Session } from '../sql/session.js';
import type { ServerTarget } from '../target.js';
import { resultColumn, rowsOf, type ColumnDescription, type RowSet } from './types.js';

const { TCLIService, TCLIService_types: types } = hive.thrift;
/** The least and greatest milliseconds between two questions whether a query is ready. */
const FIRST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 500;

/** The driver's operation; what it keeps of answers is as Thrift has it. */
interface Operation {
  status(): Promise<{ readonly operationState?: number; readonly errorMessage?: string }>;
  finished(): boolean;
  fetch(orientation?: number): Promise<unknown>;
  hasMoreRows(): boolean;
  setMaxRows(rows: number): void;
  getSchema(): { readonly columns: readonly ColumnDescription[] } | null;
  getData(): readonly RowSet[];
  flush(): void;
  cancel(): Promise<unknown>;
  close(): Promise<unknown>;
}

/** Opens a session; without a user by plain Thrift, else by SASL's PLAIN, as the servers expect. */
export async function openSession(target: ServerTarget, { timeoutMs, signal }: ConnectOptions): Promise<Session> {
  signal.throwIfAborted();
  const { host, port, user, password, database, tls } = target;
  const client = new hive.HiveClient(TCLIService, types);
  // Failures are told by what they end.
  client.on('error', () => undefined);
  const isSecure = tls === 'require' || tls === 'verify';
  const login =
    user === ''
      ? new hive.auth.NoSaslAuthentication()
      : new hive.auth.PlainTcpAuthentication({ username: user, password: password || 'x' });
  const wires = new hive.connections.TcpConnection();
  const options = { ssl: isSecure, ...(isSecure ? { rejectUnauthorized: tls === 'verify' } : {}), max_attempts: 1 };
  let end = (): void => undefined;
  const lost = new Promise<never>((_, reject) => {
    client.on('close', () => reject(new Error('the server closed the connection')));
    const late = connectionError(target, 'connect', `no answer within ${timeoutMs} ms`, placeErrors(target));
    const timer = setTimeout(() => reject(late), timeoutMs);
    end = () => clearTimeout(timer);
  });
  lost.catch(() => undefined); // it is told by what waits
  const within = <T>(work: Promise<T>): Promise<T> => Promise.race([work, lost]);
  const onAbort = (): void => client.close();
  try {
    await within(client.connect({ host, port, options }, wires, login));
    const session = await within(
      client.openSession({ client_protocol: types.TProtocolVersion.HIVE_CLI_SERVICE_PROTOCOL_V6 }),
    );
    end();
    signal.addEventListener('abort', onAbort, { once: true });
    const run = async (sql: string): Promise<Operation> => {
      const operation = (await within(session.executeStatement(sql, { runAsync: true }))) as unknown as Operation;
      for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
        const { operationState, errorMessage } = await within(operation.status());
        if (operation.finished()) return operation;
        if (operationState === types.TOperationState.ERROR_STATE) throw new Error(errorMessage ?? 'the query failed');
        await sleep(wait, undefined, { signal });
      }
    };
    const execute = async (sql: string): Promise<void> => void (await (await run(sql)).close());
    if (database !== '') await execute(`USE \`${database.replaceAll('`', '``')}\``);
    return {
      async query(sql) {
        const operation = await run(sql);
        operation.setMaxRows(BATCH_ROWS);
        await within(operation.fetch(types.TFetchOrientation.FETCH_NEXT));
        const columns = operation.getSchema()?.columns ?? [];
        return {
          columns: columns.map(resultColumn),
          async *rows() {
            try {
              for (;;) {
                for (const set of operation.getData()) {
                  const rows = rowsOf(set);
                  if (rows.length > 0) yield rows;
                }
                operation.flush();
                if (!operation.hasMoreRows()) return;
                await within(operation.fetch());
              }
            } finally {
              await within(operation.close()).catch(() => undefined); // the session takes it along
            }
          },
        };
      },
      execute,
      async close() {
        signal.removeEventListener('abort', onAbort);
        await Promise.race([session.close(), sleep(1000, undefined, { ref: false })]).catch(() => undefined);
        client.close();
      },
    };
  } catch (error) {
    end();
    try {
      client.close();
    } catch {
      // It was never open.
    }
    throw error;
  }
}
