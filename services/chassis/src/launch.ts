import type { LaunchOptions, Launched } from './launched.js';
import type { Service } from './service.js';

/**
 * Starts services in one process, in the order given. A name loads the package `@sluice/<name>`, whose default export
 * is the service; a service may be given itself too.
 *
 * @throws CONFIG_INVALID for settings; else the error of the first step that failed, with the step's name and in the
 * detail `step`. Whatever had been started by then is closed.
 */
export async function launch(services: readonly (string | Service)[], options: LaunchOptions = {}): Promise<Launched> {
  // Loaded here, so that the command line has the chassis's front door without the weight of a server.
  const { launchNow } = await import('./start.js');
  return launchNow(services, options);
}
