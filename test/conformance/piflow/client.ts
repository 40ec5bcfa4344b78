import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** What came back, as it came. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  /** The header that says why, in Sluice's words; empty for none. */
  readonly reason: string;
  readonly text: string;
}

/** A flow document as PiFlow's clients post it. */
export interface FlowDocument {
  readonly flow: { readonly name: string; readonly stops: readonly unknown[]; readonly [key: string]: unknown };
}

/** The part of `/flow/info` that tests look at. */
export interface FlowInfo {
  readonly id: string;
  readonly pid: string;
  readonly name: string;
  readonly state: string;
  readonly startTime?: string;
  readonly endTime?: string;
  readonly progress: string;
  readonly stops: readonly { readonly stop: { readonly name: string; readonly state: string } }[];
}

export type Row = Readonly<Record<string, unknown>>;

const LAST_STATES = ['COMPLETED', 'FAILED', 'KILLED'];

/** A client of PiFlow's REST API that knows nothing of Sluice. */
export class PiflowClient {
  constructor(readonly url: string) {}

  get(path: string, query: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const search = new URLSearchParams(query).toString();
    return this.#call(search === '' ? path : `${path}?${search}`, { method: 'GET' });
  }

  post(path: string, body: unknown): Promise<Answer> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return this.#call(path, { method: 'POST', body: text, headers: { 'content-type': 'application/json' } });
  }

  /** Starts a flow and gives the run's id. */
  async start(flow: FlowDocument | string): Promise<string> {
    const answer = await this.post('/flow/start', flow);
    if (answer.status !== 200) throw new Error(`/flow/start answered ${answer.status}: ${answer.text}`);
    return (JSON.parse(answer.text) as { flow: { id: string } }).flow.id;
  }

  async info(id: string): Promise<FlowInfo> {
    const answer = await this.get('/flow/info', { appID: id });
    if (answer.status !== 200) throw new Error(`/flow/info answered ${answer.status}: ${answer.text}`);
    return (JSON.parse(answer.text) as { flow: FlowInfo }).flow;
  }

  /** Waits until a run has ended. */
  async ended(id: string): Promise<FlowInfo> {
    for (;;) {
      const info = await this.info(id);
      if (LAST_STATES.includes(info.state)) return info;
      await delay(20);
    }
  }

  /** Starts a flow and waits until it has ended; what it says when it did not end well is the error. */
  async run(flow: FlowDocument | string): Promise<FlowInfo> {
    const info = await this.ended(await this.start(flow));
    if (info.state !== 'COMPLETED')
      throw new Error(`${info.name} ended ${info.state}: ${await this.diagnostics(info.id)}`);
    return info;
  }

  /** Why a run failed. */
  async diagnostics(id: string): Promise<string> {
    const { text } = await this.get('/flow/log', { appID: id });
    return (JSON.parse(text) as { app: { diagnostics: string } }).app.diagnostics;
  }

  /** The rows of a port of a debug run, read from the files that `/flow/debugData` names. */
  async debugRows(id: string, stopName: string, port?: string): Promise<Row[]> {
    const query = { appID: id, stopName, ...(port === undefined ? {} : { port }) };
    const answer = await this.get('/flow/debugData', query);
    if (answer.status !== 200) throw new Error(`/flow/debugData answered ${answer.status}: ${answer.text}`);
    const { debugDataPath } = JSON.parse(answer.text) as { debugDataPath: string };
    return jsonRows(debugDataPath.replace('file://', ''));
  }

  async #call(path: string, init: RequestInit): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, init);
    return {
      status: response.status,
      type: response.headers.get('content-type') ?? '',
      reason: response.headers.get('sluice-error-reason') ?? '',
      text: await response.text(),
    };
  }
}

/** The text of every part file of a folder that a flow wrote, in the order of their names. */
export async function partFiles(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith('part-')).sort();
  return Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
}

/** The rows of a folder of JSON lines. */
export async function jsonRows(folder: string): Promise<Row[]> {
  return (await lines(folder)).map((line) => JSON.parse(line) as Row);
}

/** The lines of a folder of text files. */
export async function lines(folder: string): Promise<string[]> {
  const files = await partFiles(folder);
  return files.flatMap((text) => text.split('\n').filter((line) => line !== ''));
}

/** Rows in one order, whichever order they came in. */
export function sorted<T>(rows: readonly T[]): T[] {
  const key = (row: T): string => JSON.stringify(row);
  return [...rows].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
