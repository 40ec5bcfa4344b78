import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './root.js';

const BIN = join(ROOT, 'services/cli/bin/sluice.js');

/** What a command left behind. */
export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A command that runs. */
export interface Started {
  readonly ended: Promise<Outcome>;
  /** Resolves when what was written so far matches. */
  seen(pattern: RegExp): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts `sluice`, with this standard input, in the root of the repository. */
export function begin(args: readonly string[], env: Readonly<Record<string, string>>, input?: string): Started {
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] ?? '', HOME: tmpdir(), LANG: 'C', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(input ?? '');
  let [out, err] = ['', ''];
  const waiting = new Set<() => void>();
  child.stdout.on('data', (data: Buffer) => ((out += data.toString()), waiting.forEach((check) => check())));
  child.stderr.on('data', (data: Buffer) => ((err += data.toString()), waiting.forEach((check) => check())));
  const ended = new Promise<Outcome>((resolve) => child.once('close', (code) => resolve({ code, out, err })));
  return {
    ended,
    kill: (signal) => void child.kill(signal),
    seen: (pattern) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (!pattern.test(out + err)) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
        void ended.then(() => reject(new Error(`it ended without ${pattern}: ${out}${err}`)));
      }),
  };
}

/** Runs `sluice` to its end. */
export function run(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input?: string,
): Promise<Outcome> {
  return begin(args, env, input).ended;
}

/** The lines of a text. */
export function lines(text: string): string[] {
  return text.trim().split('\n');
}

/** The JSON value of each line. */
export function json(text: string): Record<string, unknown>[] {
  return lines(text).map((line) => JSON.parse(line) as Record<string, unknown>);
}
