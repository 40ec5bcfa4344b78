import { EXIT } from './exit-codes.js';
import type { Session } from './session.js';
import { pad, widthOf } from './terminal/width.js';

/** What became of one check. `advice` says what to do where it is not ok. */
export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'failed';
  readonly found: string;
  readonly advice?: string;
}

/** Shows checks, and what to do; the exit code is 1 when one has failed. */
export function showChecks(session: Session, checks: readonly Check[]): void {
  if (checks.some(({ state }) => state === 'failed')) session.exitWith(EXIT.failed);
  if (session.json) return checks.forEach((check) => session.outJson(check));
  const shown = session.quiet ? checks.filter(({ state }) => state !== 'ok') : checks;
  const room = Math.max(0, ...shown.map(({ name }) => widthOf(name)));
  const { style } = session;
  const marks = { ok: style.good('✓'), warning: style.warn('!'), failed: style.bad('✗') };
  for (const { name, state, found, advice } of shown) {
    session.out(`${marks[state]} ${pad(name, room)}  ${found}`);
    if (advice !== undefined) session.out(`  ${' '.repeat(room)}  ${style.accent(`→ ${advice}`)}`);
  }
}
