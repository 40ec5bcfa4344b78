import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readContract } from '../contract/contract.js';
import { startTestPlatform, type TestPlatform } from '../testing/test-platform.js';
import { makeDocument, type OpenApiDocument } from './document.js';

let platform: TestPlatform;
let document: OpenApiDocument;

beforeAll(async () => {
  platform = await startTestPlatform();
  const response = await fetch(`${platform.url}/api/openapi.json`);
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  document = (await response.json()) as OpenApiDocument;
});
afterAll(() => platform.close());

describe('the OpenAPI document', () => {
  test('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(document) as unknown as Record<string, unknown>);
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
    expect(validator.version).toBe('3.1');
  });

  test('is refused by the validator once it is damaged', async () => {
    const damaged = { ...structuredClone(document), paths: { '/x': { get: { parameters: [{ name: 5 }] } } } };
    const { valid } = await new Validator().validate(damaged as unknown as Record<string, unknown>);
    expect(valid).toBe(false);
  });

  test('refers only to schemas that it has', () => {
    const names = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(50);
    expect(names.filter((name) => !((name ?? '') in document.components.schemas))).toEqual([]);
  });

  test('has every rpc with its sentence, and nothing that is not served', async () => {
    const operations = Object.entries(document.paths).flatMap(([path, verbs]) =>
      Object.entries(verbs).map(([verb, operation]) => ({ path, verb, operation })),
    );
    const { methods } = readContract();
    expect(operations.map(({ operation }) => operation.operationId).sort()).toEqual(
      methods.map(({ name }) => name).sort(),
    );
    expect(operations.filter(({ operation }) => operation.description === '')).toEqual([]);
    const reasons = await Promise.all(
      operations.map(async ({ path, verb }) => {
        const url = platform.url + path.replace(/\{\w+\}/g, 'x');
        const response = await fetch(url, { method: verb.toUpperCase() });
        return response.ok ? 'ANSWERED' : ((await response.json()) as { error: { reason: string } }).error.reason;
      }),
    );
    // The services of this test refuse every call, but for a few empty lists: each path has led to one.
    expect([...new Set(reasons)].sort()).toEqual(['ANSWERED', 'NOT_IMPLEMENTED']);
  });

  test('describes parameters, bodies, streams and enums', () => {
    const list = document.paths['/api/v1/runs']?.['get'];
    const byName = Object.fromEntries((list?.parameters ?? []).map((one) => [one.name, one]));
    expect(byName['labels']).toMatchObject({ in: 'query', style: 'deepObject', explode: true });
    expect(byName['states']?.schema).toEqual({ type: 'array', items: { $ref: '#/components/schemas/RunState' } });
    expect(byName['createdFrom']?.schema).toMatchObject({ type: 'string', format: 'date-time' });
    expect(document.components.schemas['RunState']).toMatchObject({
      enum: expect.arrayContaining(['RUN_STATE_STALLED']) as string[],
      description: expect.stringContaining('`RUN_STATE_SUCCEEDED`: Every stop succeeded.') as string,
    });
    const start = document.paths['/api/v1/runs']?.['post'];
    expect(start?.requestBody?.content['application/json']?.schema).toEqual({
      $ref: '#/components/schemas/StartRunRequest',
    });
    expect(start?.parameters.map(({ name }) => name)).toEqual(['Idempotency-Key', 'X-Request-Timeout']);
    const watch = document.paths['/api/v1/runs/{id}:watch']?.['get'];
    expect(watch?.parameters.map(({ name }) => name)).toEqual([
      'id',
      'afterSequence',
      'Last-Event-ID',
      'X-Request-Timeout',
    ]);
    expect(Object.keys((watch?.responses['200'] as { content: object }).content)).toEqual([
      'text/event-stream',
      'application/x-ndjson',
    ]);
  });

  test('is the same each time it is made', () => {
    const text = JSON.stringify(makeDocument(readContract(), '1'));
    expect(JSON.stringify(makeDocument(readContract(), '1'))).toBe(text);
  });
});

describe('the API reference', () => {
  test('shows every call with its path and sentence, and loads nothing from elsewhere', async () => {
    const response = await fetch(`${platform.url}/api/docs`, { headers: { accept: 'text/html' } });
    expect(response.status).toBe(200);
    const page = await response.text();
    for (const [path, verbs] of Object.entries(document.paths)) {
      expect(page).toContain(`<code>${path}</code>`);
      for (const { operationId } of Object.values(verbs)) expect(page).toContain(`id="${operationId}"`);
    }
    const loaded = [...page.matchAll(/(?:src|<link[^>]*href)="([^"]+)"/g)].map(([, address]) => address ?? '');
    expect(loaded.filter((address) => !address.startsWith('/assets/'))).toEqual([]);
  });
});
