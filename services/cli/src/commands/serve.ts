import { SluiceError, isSluiceError, launch, loadConfig, type Launched, type LoadedConfig } from '@sluice/chassis';
import { EXIT } from '../exit-codes.js';
import type { Session } from '../session.js';

/** The services that a process can have. */
export const SERVICES = ['catalog', 'datasource', 'execution', 'scheduling', 'gateway'] as const;

/** Starts some services in this process and keeps them until it is asked to end. */
export async function serve(
  session: Session,
  options: { readonly config?: string },
  services: string[],
): Promise<void> {
  const unknown = services.filter((name) => !SERVICES.some((known) => known === name));
  if (unknown.length > 0) {
    const names = unknown.map((name) => `'${name}'`).join(', ');
    throw new SluiceError('REQUEST_INVALID', `there is no service ${names}; the services are ${SERVICES.join(', ')}`);
  }
  await serveUntilAsked(session, [...new Set(services)], loadConfig({ file: options.config }));
}

/**
 * Starts services, says so, and resolves when SIGINT or SIGTERM has closed them in order. A second signal ends the
 * process at once.
 *
 * @param ready what to do when they are up
 */
export async function serveUntilAsked(
  session: Session,
  services: readonly string[],
  loaded: LoadedConfig,
  ready?: (launched: Launched, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const asked = new AbortController();
  const end = (): void => {
    if (asked.signal.aborted) process.exit(EXIT.interrupted);
    asked.abort();
    if (session.terminal && !session.quiet) session.err(session.texts.up.closing);
  };
  process.on('SIGINT', end).on('SIGTERM', end);
  const launched = await launch(services, { loaded }).catch((error: unknown) => {
    throw asked.signal.aborted
      ? new SluiceError('CALL_CANCELLED', 'the start was interrupted', { cause: error })
      : error;
  });
  try {
    if (!asked.signal.aborted && ready !== undefined) await ready(launched, asked.signal);
    if (!asked.signal.aborted) await new Promise((resolve) => asked.signal.addEventListener('abort', resolve));
  } catch (error) {
    if (!asked.signal.aborted || !isSluiceError(error)) throw error;
  } finally {
    await launched.close();
    process.off('SIGINT', end).off('SIGTERM', end);
  }
}
