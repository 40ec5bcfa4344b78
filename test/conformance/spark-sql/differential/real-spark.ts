import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { ROOT } from '../../../support/root.js';

/** Spark's answer to a query: its columns and rows, or the class and the text of its error. */
export interface SparkAnswer {
  readonly schema?: readonly (readonly [string, string])[];
  readonly rows?: readonly (readonly unknown[])[];
  readonly error?: string;
  readonly message?: string;
}

/** How a query is run. */
export interface Setting {
  readonly zone: string;
  readonly ansi: boolean;
  /** Whether Spark interprets the query instead of compiling it, which is sooner done for a small one. */
  readonly interpreted?: boolean;
}

/** One SELECT of many items, each of which is answered on its own. */
export interface ItemsRequest extends Setting {
  readonly items: readonly string[];
  readonly from: string;
  readonly tail: string;
}

/** Where the Spark of `deploy/dev/services.sh spark` is; undefined when its variables are not set. */
export function sparkAddress(): { url: string; python: string } | undefined {
  const [url, python] = [process.env['SLUICE_TEST_SPARK_URL'], process.env['SLUICE_SPARK_PYTHON']];
  return url !== undefined && python !== undefined ? { url, python } : undefined;
}

/** A real Spark, asked over a process that speaks its protocol. Questions are answered in their order. */
export class RealSpark {
  readonly #child: ChildProcess;
  readonly #waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  #stderr = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.on('data', (data: Buffer) => (this.#stderr = (this.#stderr + data.toString()).slice(-2000)));
    child.once('exit', (code) => {
      const error = new Error(`the client of Spark ended with code ${code}: ${this.#stderr}`);
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    });
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) =>
      this.#waiting.shift()?.resolve(line),
    );
  }

  /** Connects; throws when the server does not answer. */
  static async connect(address: { url: string; python: string }): Promise<RealSpark> {
    const script = join(ROOT, 'test/conformance/spark-sql/differential/answers.py');
    const spark = new RealSpark(spawn(address.python, [script, address.url], { stdio: ['pipe', 'pipe', 'pipe'] }));
    await spark.#line();
    return spark;
  }

  async ask(sql: string, setting: Setting): Promise<SparkAnswer> {
    return JSON.parse(await this.#request({ sql, ...setting })) as SparkAnswer;
  }

  async askItems(request: ItemsRequest): Promise<SparkAnswer[]> {
    return JSON.parse(await this.#request(request)) as SparkAnswer[];
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }

  #request(request: unknown): Promise<string> {
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    return this.#line();
  }

  #line(): Promise<string> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }
}
