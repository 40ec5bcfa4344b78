import { SluiceError } from '@sluice/chassis';
import { packInstalled, packPythonSdk } from '@sluice/chassis/packaging';
import type { HttpServer } from '../http/server.js';

/** What authors of stops install, by the name under `/sdk`. */
const PACKAGES = ['plugin-sdk', 'engine-duckdb'] as const;

/**
 * Serves the packages of authors as npm and pip install them: `npm install --save-dev <address>/sdk/plugin-sdk.tgz`,
 * `pip install sluice-sdk --find-links <address>/sdk/`.
 */
export function mountSdk(server: HttpServer): void {
  for (const name of PACKAGES) {
    const packed = once(() => packInstalled(`@sluice/${name}`));
    server.get(`/sdk/${name}.tgz`, async (_request, reply) => {
      const { version, content } = await packed();
      return reply
        .type('application/gzip')
        .header('content-disposition', `attachment; filename="sluice-${name}-${version}.tgz"`)
        .send(content);
    });
  }
  const wheel = once(packPythonSdk);
  // pip takes a wheel under its full name alone, and finds the name in a page of links.
  server.get('/sdk/', async (_request, reply) => {
    const names = [...PACKAGES.map((name) => `${name}.tgz`), (await wheel()).fileName];
    const links = names.map((name) => `<li><a href="${name}">${name}</a></li>`).join('');
    return reply.type('text/html').send(`<!doctype html><title>Sluice SDK</title><ul>${links}</ul>`);
  });
  server.get<{ Params: { file: string } }>('/sdk/:file', async ({ params }, reply) => {
    const { fileName, content } = await wheel();
    if (params.file === fileName) return reply.type('application/zip').send(content);
    throw new SluiceError('FILE_NOT_FOUND', `there is no /sdk/${params.file}; /sdk/ has links to what there is`);
  });
}

/** Makes something when it is first asked for. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
