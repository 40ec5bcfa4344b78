import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';

/** What Spark answers to a query; `error` is its error class. */
export interface SparkAnswer {
  readonly schema?: readonly (readonly [string, string])[];
  readonly rows?: readonly (readonly unknown[])[];
  readonly error?: string;
  readonly message?: string;
}

/** The Python that has pyspark, from SLUICE_SPARK_PYTHON; undefined when there is none. */
export function sparkPython(): string | undefined {
  const python = process.env['SLUICE_SPARK_PYTHON'];
  return python !== undefined && existsSync(python) ? python : undefined;
}

/** A real Spark in a process of its own, asked line by line. */
export class Spark {
  readonly #child: ChildProcess;
  readonly #waiting: ((answer: SparkAnswer) => void)[] = [];
  readonly ready: Promise<void>;

  constructor(python: string) {
    const script = fileURLToPath(new URL('spark_answers.py', import.meta.url));
    this.#child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'ignore'], env: { ...process.env, TZ: 'UTC' } });
    const lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream });
    this.ready = new Promise((resolve, reject) => {
      this.#child.once('exit', (code) => {
        reject(new Error(`Spark ended with code ${code}`));
        for (const answer of this.#waiting.splice(0)) answer({ error: 'SPARK_ENDED' });
      });
      let started = false;
      lines.on('line', (line) => {
        if (started) this.#waiting.shift()?.(JSON.parse(line) as SparkAnswer);
        else {
          started = true;
          resolve();
        }
      });
    });
  }

  ask(sql: string, zone: string, ansi: boolean): Promise<SparkAnswer> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#child.stdin?.write(`${JSON.stringify({ sql, zone, ansi })}\n`);
    });
  }

  stop(): void {
    this.#child.stdin?.end();
    this.#child.kill('SIGKILL');
  }
}
