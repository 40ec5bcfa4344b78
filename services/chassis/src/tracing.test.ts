import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Metadata } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { openTracing } from './tracing.js';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly status?: { readonly code?: number };
}
interface Export {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Span[] }[] }[];
}

test('a call and its handler are spans of one trace, sent to the endpoint', async () => {
  const spans: Span[] = [];
  const collector = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => void parts.push(part));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(parts).toString()) as Export;
      spans.push(...body.resourceSpans.flatMap((one) => one.scopeSpans.flatMap((scope) => scope.spans)));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const { port } = collector.address() as AddressInfo;

  const tracing = await openTracing(`http://127.0.0.1:${port}/`, 'sluice-test');
  const metadata = new Metadata();
  const handled = tracing.call('/sluice.v1.A/Get', metadata, async () => {
    // What the caller sent is all that the handler has of it.
    const sent = metadata.clone();
    return tracing.serve('/sluice.v1.A/Get', sent, () => Promise.reject(new Error('broken')));
  });
  await expect(handled).rejects.toThrow('broken');
  expect(String(metadata.get('traceparent')[0])).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  await tracing.close();
  collector.close();

  const [server, client] = spans;
  expect(spans.map(({ name }) => name)).toEqual(['sluice.v1.A/Get', 'sluice.v1.A/Get']);
  expect(server?.traceId).toBe(client?.traceId);
  expect(server?.parentSpanId).toBe(client?.spanId);
  expect([server?.kind, client?.kind]).toEqual([2, 3]);
  expect(server?.status?.code).toBe(2);
});

test('without an endpoint nothing of OpenTelemetry is loaded but the API that prom-client brings', async () => {
  const home = mkdtempSync(join(tmpdir(), 'sluice-tracing-'));
  const code = `
    const { createRequire } = await import('node:module');
    const before = Object.keys(createRequire(import.meta.url).cache);
    const { launch } = await import(${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)});
    const { close } = await launch([], { environment: { SLUICE_HOME: ${JSON.stringify(home)}, SLUICE_GRPC_PORT: '0', SLUICE_LOG_LEVEL: 'silent' } });
    await close();
    const loaded = Object.keys(createRequire(import.meta.url).cache).filter((name) => name.includes('@opentelemetry') && !name.includes('@opentelemetry/api/'));
    console.log(JSON.stringify({ loaded, total: Object.keys(createRequire(import.meta.url).cache).length }));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code]);
  rmSync(home, { recursive: true });
  const { loaded, total } = JSON.parse(stdout) as { loaded: string[]; total: number };
  expect(total).toBeGreaterThan(100);
  expect(loaded).toEqual([]);
});
