import Tokenizer from '@streamparser/json/tokenizer.js';
import TokenParser from '@streamparser/json/tokenparser.js';
import type { IncomingMessage } from 'node:http';
import type { ConnectOptions, Value } from '@sluice/plugin-sdk';
import { BATCH_ROWS } from '../columns.js';
import { AnswerError, basic, originOf, send, textOf } from '../sql/http.js';
import type { ResultColumn, Session } from '../sql/session.js';
import type { ServerTarget } from '../target.js';
import { daysOf, microsOf } from '../times.js';

/** How long the server may be silent while it works, in milliseconds. */
const SILENT_MS = 300_000;

/** Whole numbers as bigints: none loses a digit. */
class ExactTokenizer extends Tokenizer {
  protected override parseNumber(text: string): number {
    return (/^-?\d+$/.test(text) ? BigInt(text) : Number(text)) as number;
  }
}

/** What comes of an answer, in its order: whether it is one, its columns, its rows. */
type Part = { readonly code: number } | { readonly desc: string } | { readonly column: readonly unknown[] } | { readonly row: readonly unknown[] }; // prettier-ignore

/** A session of TDengine's REST interface: each statement is a request of its own. */
export function openSession(target: ServerTarget, { timeoutMs, signal }: ConnectOptions): Session {
  const { user, password, database } = target;
  const path = `/rest/sql${database === '' ? '' : `/${encodeURIComponent(database)}`}?tz=UTC`;
  const url = new URL(path, originOf(target));
  const headers = { authorization: basic(user, password), 'content-type': 'text/plain; charset=utf-8' };
  const open = new Set<IncomingMessage>();
  const query: Session['query'] = async (sql) => {
    const silentMs = Math.max(timeoutMs, /^SELECT server_version/.test(sql) ? 0 : SILENT_MS);
    const answer = await send(target, { method: 'POST', url, headers, body: sql, silentMs }, signal);
    open.add(answer);
    const status = answer.statusCode ?? 0;
    if (status !== 200) throw refusal(status, await textOf(answer));
    const parts = partsOf(answer);
    const columns: ResultColumn[] = [];
    let first: readonly unknown[] | undefined;
    let code = 0;
    for (let next = await parts.next(); next.done !== true && first === undefined;) {
      const part = next.value;
      if ('code' in part) code = part.code;
      else if ('desc' in part) throw new AnswerError(200, part.desc, String(code));
      else if ('column' in part) columns.push(resultColumn(part.column));
      else first = part.row;
      if (first === undefined) next = await parts.next();
    }
    return {
      columns,
      async *rows() {
        let rows = first === undefined ? [] : [first];
        try {
          for await (const part of parts) {
            if ('row' in part) rows.push(part.row);
            if (rows.length < BATCH_ROWS) continue;
            yield rows;
            rows = [];
          }
          if (rows.length > 0) yield rows;
        } finally {
          answer.destroy();
        }
      },
    };
  };
  return {
    query,
    async execute(sql) {
      for await (const rows of (await query(sql)).rows()) void rows;
    },
    close() {
      for (const each of open) each.destroy();
      return Promise.resolve();
    },
  };
}

async function* partsOf(answer: IncomingMessage): AsyncGenerator<Part> {
  let ready: Part[] = [];
  const tokenizer = new ExactTokenizer();
  const parser = new TokenParser({ paths: ['$.code', '$.desc', '$.column_meta.*', '$.data.*'], keepStack: false });
  tokenizer.onToken = (token) => parser.write(token);
  parser.onValue = ({ value, key, stack }) => {
    const list = stack.at(-1)?.key ?? key;
    if (key === 'code') ready.push({ code: Number(value) });
    else if (key === 'desc') ready.push({ desc: String(value) });
    else ready.push(list === 'column_meta' ? { column: value as never } : { row: value as never });
  };
  answer.setEncoding('utf8');
  for await (const piece of answer) {
    tokenizer.write(piece as string);
    yield* ready;
    ready = [];
  }
  if (!parser.isEnded) throw new Error('the answer of the server is cut off: aborted');
}

function refusal(status: number, text: string): AnswerError {
  try {
    const { code = 0, desc = text } = JSON.parse(text) as { readonly code?: number; readonly desc?: string };
    return new AnswerError(status, desc, String(code));
  } catch {
    return new AnswerError(status, `status ${status}: ${text.slice(0, 200)}`);
  }
}

/** A column as `column_meta` says it: name, type, bytes. */
function resultColumn([name, type]: readonly unknown[]): ResultColumn {
  const [own, read] = typeOf(String(type).toUpperCase());
  return { name: String(name), type: own, read };
}

function typeOf(type: string): readonly [string, (cell: unknown) => Value | undefined] {
  switch (type) {
    case 'BOOL':
      return ['boolean', (cell) => cell === true];
    case 'TINYINT':
      return ['tinyint', Number];
    case 'TINYINT UNSIGNED':
    case 'SMALLINT':
      return ['smallint', Number];
    case 'SMALLINT UNSIGNED':
    case 'INT':
      return ['int', Number];
    case 'INT UNSIGNED':
    case 'BIGINT':
      return ['bigint', (cell) => BigInt(cell as bigint)];
    case 'BIGINT UNSIGNED':
      return ['decimal(20,0)', String];
    case 'FLOAT':
      return ['float', (cell) => Math.fround(Number(cell))];
    case 'DOUBLE':
      return ['double', Number];
    case 'TIMESTAMP':
      return ['timestamp', moment];
    case 'DATE':
      return ['date', (cell) => daysOf(String(cell))];
    case 'VARBINARY':
    case 'GEOMETRY':
      return ['binary', (cell) => Uint8Array.from(Buffer.from(String(cell).replace(/^\\x/, ''), 'hex'))];
    default:
      return ['string', (cell) => (typeof cell === 'object' ? JSON.stringify(cell) : String(cell))];
  }
}

/** A moment in UTC; what is below a microsecond is left out. */
function moment(cell: unknown): bigint | undefined {
  const [, day = '', clock = ''] =
    /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d(?:\.\d+)?)(?:Z|\+00:?00)$/.exec(String(cell)) ?? [];
  return microsOf(`${day} ${clock}`);
}
