import { SluiceError } from '@sluice/chassis';
import type { FastifyInstance } from 'fastify';
import type { HttpReply, HttpRequest } from '../http/server.js';
import { sendPage, type PageParts } from './page-reply.js';
import { wordsOf } from './reader-wishes.js';
import { renderStop } from './stop.js';
import { anchorOf, renderStops } from './stops.js';

/** Adds the pages of stop types: all of them, and one. */
export function mountStopPages(scope: FastifyInstance, parts: PageParts): void {
  scope.get('/stops', (request, reply) => sendStops(request, reply, parts));
  scope.post('/stops', (request, reply) => setVisibility(request, reply, parts));
  scope.get('/stops/:name', (request, reply) => sendStop(request, reply, parts));
}

async function sendStops(request: HttpRequest, reply: HttpReply, { reader, version }: PageParts): Promise<HttpReply> {
  const words = wordsOf(request);
  const content = renderStops(await reader.allStops(), words);
  return sendPage(request, reply, {
    words,
    title: `${words.stopTypesTitle} · Sluice`,
    version,
    path: '/stops',
    content,
  });
}

async function sendStop(request: HttpRequest, reply: HttpReply, { reader, version }: PageParts): Promise<HttpReply> {
  const { name = '' } = request.params as { readonly name?: string };
  const stop = await reader.stop(name);
  const words = wordsOf(request);
  const path = `/stops/${encodeURIComponent(stop.name)}`;
  const content = renderStop(stop, await reader.stopUses(stop.name), words);
  return sendPage(request, reply, { words, title: `${stop.name} · Sluice`, version, path, content });
}

/** Takes the form of a button, and shows the page again, at the place where the button was. */
async function setVisibility(request: HttpRequest, reply: HttpReply, { reader }: PageParts): Promise<HttpReply> {
  const form = new URLSearchParams(Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '');
  const [kind, name, hidden] = ['kind', 'name', 'hidden'].map((field) => form.get(field) ?? '');
  if (
    (kind !== 'stop' && kind !== 'group') ||
    name === undefined ||
    name === '' ||
    !/^(true|false)$/.test(hidden ?? '')
  )
    throw new SluiceError('REQUEST_INVALID', 'the form has a kind (stop or group), a name, and hidden (true or false)');
  await reader.setVisibility(kind, name, hidden === 'true');
  const from = request.headers.referer ?? '';
  const isOfStop = new RegExp(`/stops/${encodeURIComponent(name).replace(/[.*+?^$()[\]{}|\\]/g, '\\$&')}$`).test(from);
  const back = isOfStop
    ? `/stops/${encodeURIComponent(name)}`
    : `/stops${kind === 'group' ? `#${anchorOf(name)}` : ''}`;
  return reply.redirect(back, 303);
}
