import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, type Launched, type LoadOptions } from '@sluice/chassis';
import { httpAddress } from '../http-address.js';
import { readVersion } from '../read-version.js';
import type { Session } from '../session.js';
import { formatTime } from '../terminal/format.js';
import { pad, widthOf } from '../terminal/width.js';
import { SERVICES, serveUntilAsked } from './serve.js';

/** Starts every service in this process. The first start in a home shows what Sluice does, by a sample flow. */
export async function up(
  session: Session,
  options: { readonly port?: string; readonly home?: string; readonly config?: string },
): Promise<void> {
  const began = performance.now() - process.uptime() * 1_000;
  const given: LoadOptions & { overrides: Record<string, unknown> } = {
    file: options.config,
    overrides: { 'http.port': options.port, home: options.home },
  };
  const asked = loadConfig(given);
  const drop = asked.values.get('plugins.drop')?.source === 'default' ? { 'plugins.drop': 'on' } : {};
  given.overrides = { ...given.overrides, ...drop };
  const found = loadConfig(given);
  // In front of a person, the log would push what matters off the screen; warnings stay.
  const isCalm = session.terminal && found.values.get('log.level')?.source === 'default';
  const loaded = isCalm ? loadConfig({ ...given, overrides: { ...given.overrides, 'log.level': 'warn' } }) : found;
  const { config } = loaded;
  const isFirst = config.database.url === '' && !existsSync(join(config.home, 'sluice.db'));
  if (session.terminal && !session.quiet) session.err(session.style.dim(session.texts.up.starting));
  await serveUntilAsked(session, SERVICES, loaded, async (launched, signal) => {
    if (session.quiet) return;
    tell(session, ...welcome(session, launched, performance.now() - began));
    if (!isFirst) return;
    const { showSample } = await import('../first-start.js');
    tell(session, '', ...(await showSample(session, launched, signal)));
  });
}

/** Text for people; where standard output is a log, it goes beside it. */
function tell(session: Session, ...lines: readonly string[]): void {
  if (session.terminal) session.out(...lines);
  else session.err(...lines);
}

function welcome(session: Session, launched: Launched, ms: number): string[] {
  const { style, texts } = session;
  const { home } = launched.loaded.config;
  const facts: [string, string][] = [
    [texts.up.pages, style.accent(httpAddress(launched))],
    [texts.up.grpc, launched.address],
    [texts.up.home, home.startsWith(`${homedir()}/`) ? `~${home.slice(homedir().length)}` : home],
  ];
  const room = Math.max(...facts.map(([name]) => widthOf(name)));
  return [
    `${style.good('✓')} ${style.bold(texts.up.ready(readVersion(), formatTime(ms)))}`,
    ...facts.map(([name, value]) => `  ${style.dim(pad(name, room))}  ${value}`),
    style.dim(`  ${texts.up.howToEnd}`),
  ];
}
