import 'reflect-metadata';
import type { Platform } from '@sluice/chassis';
import { container } from 'tsyringe';
import { readContract } from './contract/contract.js';
import type { Dialect } from './dialect.js';
import { DIALECTS } from './dialects/index.js';
import { Gateway } from './gateway.js';
import { Health } from './health/health.js';
import { PlatformReader } from './pages/platform-reader.js';
import { CLIENTS, CONTRACT, PLATFORM, SERVED_DIALECTS } from './tokens.js';

/** Wires the gateway with the dialects that Sluice has. */
export async function start(platform: Platform): Promise<void> {
  await wire(platform, DIALECTS);
}

/** Wires the gateway with some dialects. */
export async function wire(platform: Platform, dialects: readonly Dialect[]): Promise<void> {
  const { lifecycle, clients } = platform;
  const scope = container.createChildContainer();
  scope.register(PLATFORM, { useValue: platform }).register(CLIENTS, { useValue: clients });
  scope.register(CONTRACT, { useValue: await lifecycle.step('contract', () => readContract()) });
  scope.register(SERVED_DIALECTS, { useValue: dialects });
  scope.registerSingleton(Health).registerSingleton(PlatformReader).registerSingleton(Gateway);

  const gateway = scope.resolve(Gateway);
  lifecycle.onClose('http', () => gateway.close());
  lifecycle.onListening('http', async () => {
    lifecycle.announce('http', await gateway.open());
    // Said here it comes before the end of gRPC, whose server waits for its calls: streams of browsers must end first.
    lifecycle.onClose('http streams', () => gateway.endStreams());
  });
}
