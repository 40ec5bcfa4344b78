import { pino, stdSerializers, type DestinationStream, type Logger } from 'pino';
import type { Config } from './config/settings.js';
import { isSluiceError } from './errors.js';

/** Names under which a log line might carry a secret; pino replaces their values. */
const SECRET_NAMES = ['password', 'secret', 'token', 'authorization', 'apiKey', 'accessKey', 'secretKey'];
/** Names of addresses: they are shown without the credentials that may stand in them. */
const ADDRESS_NAMES = ['url'];

/** Where log lines go; the default is standard output. */
export interface LogOptions {
  readonly destination?: DestinationStream | undefined;
}

/** An error as a log line holds it: the reason and the problems beside message, stack and causes. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const plain = stdSerializers.err(error);
  return isSluiceError(error)
    ? { ...plain, reason: error.reason, details: error.details, problems: error.problems }
    : plain;
}

function censor(value: unknown, path: readonly string[]): unknown {
  if (!ADDRESS_NAMES.includes(path.at(-1) ?? '')) return '***';
  return typeof value === 'string' ? value.replace(/\/\/[^/@\s]*@/g, '//***@') : value;
}

/** Makes the log of a process: readable lines on a terminal, JSON elsewhere. */
export async function openLog(config: Config, options: LogOptions = {}): Promise<Logger> {
  const { level, format } = config.log;
  const isPretty = format === 'pretty' || (format === 'auto' && process.stdout.isTTY === true);
  const settings = {
    level,
    base: { pid: process.pid },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: serializeError },
    redact: {
      paths: [...SECRET_NAMES, ...ADDRESS_NAMES].flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
      censor,
    },
  };
  if (options.destination !== undefined) return pino(settings, options.destination);
  if (!isPretty) return pino(settings, pino.destination({ dest: 1, sync: true }));
  // As a stream, not as a transport: a transport's thread costs 60 ms of start and loses the last lines of a crash.
  const { default: pretty } = await import('pino-pretty');
  const stream = pretty({
    sync: true,
    singleLine: true,
    ignore: 'pid,service',
    messageFormat: '{if service}[{service}] {end}{msg}',
    translateTime: 'SYS:HH:MM:ss.l',
  });
  return pino(settings, stream);
}
