import type { Connection } from '@sluice/chassis';
import { EXIT } from './exit-codes.js';
import type { Session } from './session.js';
import { styleFor } from './terminal/style.js';
import type { Language, Texts } from './texts/texts.js';

/** The options that every command takes. */
export interface GlobalOptions {
  readonly url?: string;
  readonly json?: boolean;
  readonly color?: boolean;
  readonly quiet?: boolean;
}

/** Columns of what is written where nobody says how wide it may be, as to a file. */
const ENDLESS = 1_000_000;

/** Makes the session of one command on this process's streams. */
export function openSession(options: GlobalOptions, texts: Texts, language: Language): Session {
  const { stdout, stderr, env } = process;
  const url = options.url ?? (env['SLUICE_URL'] || undefined);
  const color = options.color !== false;
  const open: (() => Promise<void>)[] = [];
  process.exitCode = EXIT.ok;
  return {
    texts,
    language,
    json: options.json === true,
    quiet: options.quiet === true,
    style: styleFor(stdout, color, env),
    errorStyle: styleFor(stderr, color, env),
    terminal: stdout.isTTY === true && env['TERM'] !== 'dumb',
    url,
    get width() {
      const columns = Number(env['COLUMNS']);
      return stdout.isTTY === true ? (stdout.columns ?? 80) : columns > 0 ? columns : ENDLESS;
    },
    out: (...lines) => void stdout.write(lines.map((line) => `${line}\n`).join('')),
    err: (...lines) => void stderr.write(lines.map((line) => `${line}\n`).join('')),
    outJson: (value) => void stdout.write(`${toJson(value)}\n`),
    async connect(local = false) {
      const connection = local ? await connectLocal() : await connectTo(url);
      open.push(() => connection.close());
      return connection;
    },
    async close() {
      for (const close of open.splice(0).reverse()) await close();
    },
    exitWith(code) {
      process.exitCode = code;
    },
  };
}

async function connectTo(url: string | undefined): Promise<Connection> {
  // Loaded when it is needed: help and completion do without the chassis.
  const { readAddress } = await import('./address.js');
  const address = readAddress(url);
  if (address.kind === 'http') return (await import('./http-connection.js')).connectHttp(address.url);
  return (await import('@sluice/chassis')).connect(address.address);
}

async function connectLocal(): Promise<Connection> {
  return (await import('./local-platform.js')).startLocalPlatform();
}

/** JSON as the JSON API writes it: 64-bit integers are texts. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item));
}
