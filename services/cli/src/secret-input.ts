import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { SluiceError } from '@sluice/chassis';
import type { Session } from './session.js';
import { readPairs } from './values.js';

/** How a command is given secrets: never as arguments, which every user of the machine can read. */
export interface SecretOptions {
  /** Names whose values are asked for, or come from standard input, a line each. */
  readonly secret?: readonly string[];
  /** `NAME=FILE`. */
  readonly secretFile?: readonly string[];
}

/** The secrets that the options name. A line end at the end of a file is not part of the secret. */
export async function readSecrets(session: Session, options: SecretOptions): Promise<Record<string, string>> {
  const secrets: Record<string, string> = {};
  for (const [name, file] of Object.entries(readPairs('--secret-file', options.secretFile ?? []))) {
    const text = await readFile(file, 'utf8').catch((cause: unknown) => {
      throw new SluiceError('FILE_UNREADABLE', `${file} cannot be read: ${(cause as Error).message}`, { cause });
    });
    secrets[name] = text.replace(/\r?\n$/, '');
  }
  const asked = options.secret ?? [];
  if (asked.length === 0) return secrets;
  const wrong = asked.find((name) => name.includes('='));
  if (wrong !== undefined) {
    const name = wrong.slice(0, wrong.indexOf('='));
    const message = `--secret takes a name and no value: arguments can be read by others; write --secret ${name}`;
    throw new SluiceError('REQUEST_INVALID', message);
  }
  if (process.stdin.isTTY)
    for (const name of asked) secrets[name] = await askHidden(session.texts.datasource.ask(name));
  else Object.assign(secrets, await readLines(asked));
  return secrets;
}

async function readLines(names: readonly string[]): Promise<Record<string, string>> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: process.stdin })) lines.push(line);
  if (lines.length < names.length) {
    const message = `standard input has ${lines.length} lines for the secrets ${names.join(', ')}; give a line for each`;
    throw new SluiceError('REQUEST_INVALID', message);
  }
  return Object.fromEntries(names.map((name, index) => [name, lines[index] ?? '']));
}

/** Asks on the terminal and shows nothing of the answer. */
function askHidden(question: string): Promise<string> {
  process.stderr.write(question);
  return new Promise((resolve, reject) => {
    const { stdin } = process;
    let answer = '';
    const end = (): void => {
      stdin.setRawMode(false).pause().off('data', take);
      process.stderr.write('\n');
    };
    const take = (data: Buffer): void => {
      for (const key of data.toString('utf8')) {
        if (key === '\r' || key === '\n') {
          end();
          return resolve(answer);
        }
        if (key === '\u0003') {
          end();
          return reject(new SluiceError('CALL_CANCELLED', 'nothing was changed'));
        }
        answer = key === '\u007f' || key === '\b' ? answer.slice(0, -1) : answer + key;
      }
    };
    stdin.setRawMode(true).resume().on('data', take);
  });
}
