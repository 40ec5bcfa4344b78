import { setTimeout as delay } from 'node:timers/promises';
import { isSluiceError } from '@sluice/chassis';
import { LogLine } from '@sluice/proto/execution/v1/run';
import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import type { Session } from '../session.js';
import { formatMoment, printable } from '../terminal/format.js';

const RETRY_MS = 1_000;
const RETRIES = 60;

/** Prints the log of a run; with `follow`, until the run has ended. */
export async function logs(
  session: Session,
  options: { readonly follow?: boolean; readonly stop?: string },
  id: string,
): Promise<void> {
  const client = (await session.connect()).get(RunServiceService);
  const follow = options.follow === true;
  let offset = 0n;
  for (let failures = 0; ;) {
    try {
      const request = { id, stop: options.stop ?? '', offset, follow };
      for await (const { lines } of client.streamRunLogs(request)) {
        failures = 0;
        for (const line of lines) {
          offset = line.offset;
          if (session.json) session.outJson(LogLine.toJSON(line));
          else session.out(logText(session, line));
        }
      }
      return;
    } catch (error) {
      // Who follows waits for a platform that is started anew, and goes on where it was.
      failures += 1;
      const isAway = isSluiceError(error) && error.code === 'UNAVAILABLE' && offset > 0n;
      if (!follow || !isAway || failures > RETRIES) throw error;
      if (failures === 1 && !session.quiet) session.err(session.texts.follow.lost);
      await delay(RETRY_MS);
    }
  }
}

function logText({ style }: Session, { time, level, stop, message }: LogLine): string {
  const word = level.replace('LOG_LEVEL_', '').padEnd(5);
  const mark = { ERROR: style.bad, 'WARN ': style.warn, DEBUG: style.dim }[word] ?? style.accent;
  const millis = String(time?.getMilliseconds() ?? 0).padStart(3, '0');
  const head = `${style.dim(`${formatMoment(time)}.${millis}`)} ${mark(word)}`;
  const text = message.split('\n').map(printable).join('\n    ');
  return `${head} ${stop === '' ? '' : `${style.bold(`[${printable(stop)}]`)} `}${text}`;
}
