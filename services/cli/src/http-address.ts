import type { Launched } from '@sluice/chassis';

/** Where the platform serves HTTP. */
export function httpAddress({ addresses, loaded }: Launched): string {
  const { host, port } = loaded.config.http;
  return addresses['http'] ?? `http://${host}:${port}`;
}
