import type { Health } from '../health/health.js';
import type { HttpReply, HttpRequest } from '../http/server.js';
import { renderPage } from './layout.js';
import type { PlatformReader } from './platform-reader.js';
import { keepLanguage } from './reader-wishes.js';

export const HTML = 'text/html; charset=utf-8';

/** What pages are made of. */
export interface PageParts {
  readonly reader: PlatformReader;
  readonly health: Health;
  readonly version: string;
  /** Aborted when the process closes: logs that are followed end then. */
  readonly closing: AbortSignal;
}

/** Sends a page, and keeps the language that its reader has chosen. */
export function sendPage(request: HttpRequest, reply: HttpReply, page: Parameters<typeof renderPage>[0]): HttpReply {
  keepLanguage(request, reply);
  return reply
    .type(HTML)
    .headers({ 'cache-control': 'no-store', vary: 'Accept, Accept-Language, Cookie' })
    .send(renderPage(page));
}
