import { queryOf, type HttpReply, type HttpRequest } from '../http/server.js';
import { wordsFor, type Words } from './words.js';

/**
 * Whether a person with a browser asks. Java's own HTTP client, which clients of PiFlow use, names text/html in every
 * request too, and reads none.
 */
export function wantsPage({ headers }: HttpRequest): boolean {
  const { accept = '', 'user-agent': agent = '' } = headers;
  return accept.includes('text/html') && !agent.startsWith('Java/');
}

/** The words for who asks: by `?lang=`, by what was asked so before, by the browser's languages. */
export function wordsOf(request: HttpRequest): Words {
  const [, kept] = /(?:^|;\s*)sluice-lang=(en|zh)(?:;|$)/.exec(request.headers.cookie ?? '') ?? [];
  return wordsFor(request.headers['accept-language'], queryOf(request).get('lang') ?? kept ?? null);
}

/** Keeps a language that was asked for, so that the pages that follow speak it too. */
export function keepLanguage(request: HttpRequest, reply: HttpReply): void {
  const asked = queryOf(request).get('lang');
  if (asked !== 'en' && asked !== 'zh') return;
  reply.header('set-cookie', `sluice-lang=${asked}; Path=/; Max-Age=31536000; SameSite=Strict; HttpOnly`);
}
