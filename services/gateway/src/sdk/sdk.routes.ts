import { packInstalled, type InstalledArchive } from '@sluice/chassis/packaging';
import type { HttpServer } from '../http/server.js';

/** What authors of stops install, by the name under `/sdk`. */
const PACKAGES = ['plugin-sdk', 'engine-duckdb'] as const;

/** Serves the packages of authors as npm installs them: `npm install --save-dev <address>/sdk/plugin-sdk.tgz`. */
export function mountSdk(server: HttpServer): void {
  for (const name of PACKAGES) {
    let packed: Promise<InstalledArchive> | undefined;
    server.get(`/sdk/${name}.tgz`, async (_request, reply) => {
      packed ??= packInstalled(`@sluice/${name}`);
      const { version, content } = await packed;
      return reply
        .type('application/gzip')
        .header('content-disposition', `attachment; filename="sluice-${name}-${version}.tgz"`)
        .send(content);
    });
  }
}
