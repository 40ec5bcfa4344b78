import { Readable } from 'node:stream';
import { SluiceError, type Logger } from '@sluice/chassis';
import type { DialectReply } from '../dialect.js';
import { statusOf } from '../http/errors.js';
import { logBreak, toFailure } from '../http/failure.js';
import { hangUpSignal } from '../http/hang-up.js';
import { queryOf, type HttpReply, type HttpRequest, type HttpServer } from '../http/server.js';
import { renderHome } from './home.js';
import { html, type Html } from './html.js';
import { renderMessage } from './layout.js';
import { asPre, bytesBetween, gathered, logLines } from './log-text.js';
import { hasEnded, renderRun } from './run.js';
import { HTML, sendPage, type PageParts } from './page-reply.js';
import { wantsPage, wordsOf } from './reader-wishes.js';
import { renderSchedule, renderSchedules } from './schedules.js';
import { mountStopPages } from './stops.routes.js';

const TEXT = 'text/plain; charset=utf-8';
/** How often a page fetches its live parts again. */
const REFRESH_MS = 2_000;
const PIECE_SIZE = 16 * 1024;

/** What clients that want no page get at `/`: PiFlow's server says this, and its clients look for it. */
const GREETING: DialectReply = { status: 200, type: 'text/plain; charset=UTF-8', body: 'Get OK!' };

/** Adds the pages for people, and the logs as YARN serves them. */
export async function mountPages(server: HttpServer, parts: PageParts): Promise<void> {
  await server.register(async (scope) => {
    scope.setErrorHandler((thrown, request, reply) => sendFailure(thrown, request, reply, parts.version));
    scope.get('/', { exposeHeadRoute: true }, (request, reply) => sendHome(request, reply, parts));
    mountStopPages(scope, parts);
    scope.get('/runs', (_request, reply) => reply.redirect('/', 302));
    scope.get('/runs/:id', (request, reply) => sendRun(request, reply, parts));
    scope.get('/schedules', (request, reply) => sendSchedules(request, reply, parts));
    scope.get('/schedules/:id', (request, reply) => sendSchedule(request, reply, parts));
    scope.get('/runs/:id/log', (request, reply) => sendLog(request, reply, parts));
    for (const path of ['/node/containerlogs/:id', '/node/containerlogs/:id/']) {
      scope.get(path, (request, reply) => sendLogIndex(request, reply, parts));
    }
    for (const path of ['/node/containerlogs/:id/:file', '/node/containerlogs/:id/:file/']) {
      scope.get(path, (request, reply) => sendContainerLog(request, reply, parts));
    }
  });
}

/** The page for a path that nothing is served at. */
export function sendNoPage(request: HttpRequest, reply: HttpReply, version: string): HttpReply {
  const words = wordsOf(request);
  const page = { words, version, path: '/' };
  return reply
    .status(404)
    .type(HTML)
    .send(renderMessage(page, words.notFound, words.noPage));
}

async function sendHome(request: HttpRequest, reply: HttpReply, parts: PageParts): Promise<HttpReply> {
  if (!wantsPage(request)) {
    return reply.status(GREETING.status).type(GREETING.type).send(GREETING.body);
  }
  const { reader, health, version } = parts;
  const [services, runs, stopTypes] = await Promise.all([health.check(), reader.lastRuns(), reader.stopTypes()]);
  const words = wordsOf(request);
  const content = renderHome({ version, services, runs, stopTypes }, words);
  return sendPage(request, reply, { words, title: 'Sluice', version, path: '/', content, refreshMs: REFRESH_MS });
}

async function sendRun(request: HttpRequest, reply: HttpReply, parts: PageParts): Promise<HttpReply> {
  const id = parameter(request, 'id');
  const run = await parts.reader.run(id);
  const log = await parts.reader.logTail(id);
  const words = wordsOf(request);
  return sendPage(request, reply, {
    words,
    title: `${run.flowName || run.id} · Sluice`,
    version: parts.version,
    path: `/runs/${encodeURIComponent(id)}`,
    content: renderRun(run, log, words),
    refreshMs: hasEnded(run) ? 0 : REFRESH_MS,
  });
}

async function sendSchedules(request: HttpRequest, reply: HttpReply, parts: PageParts): Promise<HttpReply> {
  const words = wordsOf(request);
  const content = renderSchedules(await parts.reader.schedules(), words);
  const title = `${words.schedules} · Sluice`;
  const { version } = parts;
  return sendPage(request, reply, { words, title, version, path: '/schedules', content, refreshMs: REFRESH_MS });
}

async function sendSchedule(request: HttpRequest, reply: HttpReply, parts: PageParts): Promise<HttpReply> {
  const id = parameter(request, 'id');
  const words = wordsOf(request);
  const found = await parts.reader.schedule(id, words.lang);
  return sendPage(request, reply, {
    words,
    title: `${found.schedule.spec?.name ?? id} · Sluice`,
    version: parts.version,
    path: `/schedules/${encodeURIComponent(id)}`,
    content: renderSchedule(found, words),
    refreshMs: REFRESH_MS,
  });
}

/** The log as plain text; `?stop=` chooses one stop, `?level=WARN` warnings and errors, `?follow=true` waits for more. */
async function sendLog(request: HttpRequest, reply: HttpReply, parts: PageParts): Promise<HttpReply> {
  const id = parameter(request, 'id');
  const query = queryOf(request);
  const follow = query.get('follow') === 'true';
  await parts.reader.run(id);
  const signal = hangUpSignal(reply.raw, parts.closing);
  const lines = logLines(parts.reader.log(id, query.get('stop') ?? '', follow, signal), isGrave(query.get('level')));
  return sendPieces(request, reply, TEXT, follow ? lines : gathered(lines, PIECE_SIZE));
}

/** The page that lists the log's files, as YARN's `amContainerLogs` address gives it. */
async function sendLogIndex(request: HttpRequest, reply: HttpReply, parts: PageParts): Promise<HttpReply> {
  const id = parameter(request, 'id');
  await parts.reader.run(id);
  const words = wordsOf(request);
  const base = `/node/containerlogs/${encodeURIComponent(id)}`;
  const content: Html = html`<h1>${words.log}: <code>${id}</code></h1>
    <ul class="links">
      <li><a href="${base}/stdout/?start=0">stdout</a>: ${words.standardOutput}</li>
      <li><a href="${base}/stderr/?start=0">stderr</a>: ${words.standardError}</li>
      <li><a href="/runs/${encodeURIComponent(id)}">${words.run}</a></li>
    </ul>`;
  return sendPage(request, reply, {
    words,
    title: `${words.log} · Sluice`,
    version: parts.version,
    path: base,
    content,
  });
}

/** `stdout` is the whole log, `stderr` its warnings and errors; `start` and `end` are numbers of bytes. */
async function sendContainerLog(request: HttpRequest, reply: HttpReply, parts: PageParts): Promise<HttpReply> {
  const id = parameter(request, 'id');
  const file = parameter(request, 'file');
  if (file !== 'stdout' && file !== 'stderr') {
    throw new SluiceError('ROUTE_NOT_FOUND', `a run has no log file '${file}'; there are stdout and stderr`);
  }
  await parts.reader.run(id);
  const query = queryOf(request);
  const start = byteNumber(query, 'start', 0);
  const end = byteNumber(query, 'end', Number.MAX_SAFE_INTEGER);
  const signal = hangUpSignal(reply.raw, parts.closing);
  const text = (): AsyncGenerator<string, void> =>
    gathered(logLines(parts.reader.log(id, '', false, signal), file === 'stderr'), PIECE_SIZE);
  // A negative place counts from the end, which is known only once the log was read.
  const total = start < 0 || end < 0 ? await lengthOf(text()) : 0;
  const [from, until] = [start, end].map((place) => (place < 0 ? Math.max(0, total + place) : place));
  const part = bytesBetween(text(), from ?? 0, until ?? Number.MAX_SAFE_INTEGER);
  return sendPieces(request, reply, HTML, asPre(part, `${id} ${file}`));
}

function sendPieces(request: HttpRequest, reply: HttpReply, type: string, pieces: AsyncIterable<string>): HttpReply {
  const stream = Readable.from(pieces, { objectMode: false });
  stream.on('error', (error) => logBreak(error, request.log as Logger));
  return reply.type(type).header('cache-control', 'no-store').send(stream);
}

function sendFailure(thrown: unknown, request: HttpRequest, reply: HttpReply, version: string): HttpReply {
  const failure = toFailure(thrown, request.log as Logger);
  reply.status(statusOf(failure)).header('cache-control', 'no-store');
  if (!wantsPage(request)) {
    return reply.type(TEXT).send(`${failure.reason}: ${failure.message}\n`);
  }
  const words = wordsOf(request);
  const title = failure.code === 'NOT_FOUND' ? words.notFound : words.error;
  return reply.type(HTML).send(renderMessage({ words, version, path: '/' }, title, failure.message));
}

function parameter(request: HttpRequest, name: string): string {
  return (request.params as Record<string, string | undefined>)[name] ?? '';
}

function isGrave(level: string | null): boolean {
  return level === 'WARN' || level === 'ERROR';
}

function byteNumber(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name);
  if (text === null || text === '') return fallback;
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  throw new SluiceError('REQUEST_INVALID', `the query parameter '${name}' is '${text}'; it is a number of bytes`);
}

async function lengthOf(pieces: AsyncIterable<string>): Promise<number> {
  let length = 0;
  for await (const piece of pieces) length += Buffer.byteLength(piece);
  return length;
}
