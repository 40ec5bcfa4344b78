import type { Contract } from '../contract/contract.js';
import { originOf } from '../http/dialects.js';
import type { HttpServer } from '../http/server.js';
import { renderPage } from '../pages/layout.js';
import { keepLanguage, wordsOf } from '../pages/reader-wishes.js';
import { renderDocs } from './docs-page.js';
import { makeDocument, type OpenApiDocument } from './document.js';

/** Serves the OpenAPI document and the API reference made from it. */
export function mountOpenApi(server: HttpServer, contract: Contract, version: string): void {
  // Made when it is first asked for: most starts are not followed by that.
  let made: OpenApiDocument | undefined;
  const document = (): OpenApiDocument => (made ??= makeDocument(contract, version));
  server.get('/api/openapi.json', (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(`${JSON.stringify(document(), undefined, 2)}\n`),
  );
  server.get('/api/docs', (request, reply) => {
    const words = wordsOf(request);
    const content = renderDocs(document(), originOf(request), words);
    const page = renderPage({ words, title: `${words.apiDocs} · Sluice`, version, path: '/api/docs', content });
    keepLanguage(request, reply);
    return reply.type('text/html; charset=utf-8').header('vary', 'Accept-Language, Cookie').send(page);
  });
  for (const path of ['/api', '/docs']) server.get(path, (_request, reply) => reply.redirect('/api/docs', 302));
}
