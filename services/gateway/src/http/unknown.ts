import { SluiceError } from '@sluice/chassis';
import type { DialectReply } from '../dialect.js';
import { didYouMean } from '../nearest.js';
import { sendReply } from './dialects.js';
import { wantsPage } from '../pages/reader-wishes.js';
import { sendError, type HttpReply, type HttpRequest, type HttpServer } from './server.js';

const VERBS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** Answers requests for which there is no route: as the API does below /api, else as a dialect would. */
export function mountUnknown(
  server: HttpServer,
  templates: readonly string[],
  foreign: DialectReply | undefined,
  page: (request: HttpRequest, reply: HttpReply) => HttpReply,
): void {
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/';
    if (path === '/api' || path.startsWith('/api/'))
      return sendError(noRoute(server, request, path, templates), request, reply);
    if (request.method === 'GET' && wantsPage(request)) return page(request, reply);
    if (foreign !== undefined) return sendReply(reply, foreign);
    return sendError(noRoute(server, request, path, templates), request, reply);
  });
}

function noRoute(server: HttpServer, { method }: HttpRequest, path: string, templates: readonly string[]): SluiceError {
  const allowed = VERBS.filter((verb) => server.findRoute({ method: verb, url: path }) !== null);
  if (allowed.length > 0) {
    const allow = allowed.join(', ');
    return new SluiceError('ROUTE_NOT_FOUND', `${path} does not take ${method}; it takes ${allow}`, {
      details: { allow },
    });
  }
  const remedy = didYouMean(path, [...new Set(templates)]) || '; see /api/docs for what there is';
  return new SluiceError('ROUTE_NOT_FOUND', `there is no ${method} ${path}${remedy}`);
}
