import type { LogLine, Run } from '@sluice/proto/execution/v1/run';
import { html, type Html } from './html.js';
import type { Words } from './words.js';

/** The name of a state without the prefix that the contract needs: `RUN_STATE_FAILED` is `FAILED`. */
function plainState(state: string): keyof Words['states'] {
  return state.replace(/^(RUN|STOP)_STATE_/, '') as keyof Words['states'];
}

/** A state as a coloured word. */
export function stateBadge(state: string, words: Words): Html {
  const plain = plainState(state);
  return html`<span class="state state-${plain.toLowerCase()}">${words.states[plain] ?? plain}</span>`;
}

/** A moment in the reader's zone once the page's script has run, in UTC before. */
export function moment(time: Date | undefined): Html {
  if (time === undefined) return html`–`;
  const iso = time.toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')}Z</time>`;
}

/** How long something took or has taken until now. */
export function span(from: Date | undefined, until: Date | undefined, now = new Date()): string {
  if (from === undefined) return '–';
  const ms = Math.max(0, (until ?? now).getTime() - from.getTime());
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1_000)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function count(rows: bigint, words: Words): string {
  return rows.toLocaleString(words.lang);
}

/**
 * The rows that went into sinks: what came into stops that gave nothing on; undefined when none was counted. What was
 * read is not told here, as a stop without counted inputs may well be in the middle of a flow.
 */
export function rowsWritten({ stops }: Run): bigint | undefined {
  const counts = stops.filter(({ outputs }) => outputs.length === 0).flatMap(({ inputs }) => inputs);
  return counts.length === 0 ? undefined : counts.reduce((sum, { rows }) => sum + rows, 0n);
}

/** One line of a log as text. The page's script writes the lines that it adds in the same form. */
export function logText({ time, level, stop, message }: LogLine): string {
  const word = level.replace('LOG_LEVEL_', '').padEnd(5);
  return `${time?.toISOString() ?? ''} ${word} ${stop === '' ? '' : `[${stop}] `}${message}`;
}

/** A sentence in which words between backquotes are code. */
export function inCode(text: string): Html[] {
  return text.split('`').map((part, index) => (index % 2 === 0 ? html`${part}` : html`<code>${part}</code>`));
}
