import { isSluiceError, type SluiceError } from '@sluice/chassis';
import { StartRunRequest, ListRunsRequest } from '@sluice/proto/execution/v1/run_service';
import { describe, expect, test } from 'vitest';
import { readContract } from '../contract/contract.js';
import { readRequest, type RequestParts } from './request.js';

const { methods, registry } = readContract();

function read(name: string, parts: Partial<Omit<RequestParts, 'query'>> & { query?: string }): Buffer {
  const method = methods.find((one) => one.name === `RunService_${name}`);
  const binding = method?.bindings[0];
  if (method === undefined || binding === undefined) throw new Error(`there is no ${name}`);
  const { params = {}, query = '', body = '', idempotencyKey } = parts;
  return readRequest(method, binding, registry, { params, query: new URLSearchParams(query), body, idempotencyKey })
    .bytes;
}

function refused(work: () => unknown): SluiceError {
  try {
    work();
  } catch (error) {
    if (isSluiceError(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const list = (query: string): ListRunsRequest => ListRunsRequest.decode(read('ListRuns', { query }));
const start = (body: unknown, idempotencyKey?: string): StartRunRequest =>
  StartRunRequest.decode(read('StartRun', { body: JSON.stringify(body), idempotencyKey }));

describe('a query', () => {
  test('fills lists, enums by short and full name, times and numbers', () => {
    const request = list(
      'states=FAILED&states=RUN_STATE_RUNNING&states=4&createdFrom=2026-11-21T10:00:00Z&page_size=7',
    );
    expect(request.states).toEqual(['RUN_STATE_FAILED', 'RUN_STATE_RUNNING', 'RUN_STATE_RETRYING']);
    expect(request.createdFrom?.toISOString()).toBe('2026-11-21T10:00:00.000Z');
    expect(request.pageSize).toBe(7);
  });

  test('fills maps in both spellings, dots in keys included', () => {
    expect(list('labels.team=a&labels[env]=b&labels.a.b=c').labels).toEqual({ team: 'a', env: 'b', 'a.b': 'c' });
  });

  test('takes a name alone for yes', () => {
    expect(() => read('StreamRunLogs', { params: { id: 'r' }, query: 'follow' })).not.toThrow();
    expect(refused(() => read('StreamRunLogs', { params: { id: 'r' }, query: 'follow=ja' })).message).toContain(
      "'follow' must be true or false, not 'ja'",
    );
  });

  test('is refused with everything that is wrong with it', () => {
    const { reason, problems } = refused(() => list('pageSze=1&states=FAILD&page_size=x&flowId=a&flowId=b'));
    expect(reason).toBe('REQUEST_INVALID');
    expect(problems.map(({ message }) => message)).toEqual([
      "the query parameter 'pageSze' is not known; did you mean 'pageSize'?",
      expect.stringContaining("not 'FAILD'; did you mean 'FAILED'") as string,
      "the query parameter 'flowId' is given more than once",
      '\'pageSize\' must be a whole number of 32 bits, not "x"',
    ]);
  });
});

describe('a body', () => {
  test('is proto3 JSON', () => {
    const { source, options } = start({
      document: '{}',
      options: { memoryBytes: '9007199254740993', timeout: '1.5s' },
    });
    expect(source).toEqual({ $case: 'document', value: '{}' });
    expect(options?.memoryBytes).toBe(9007199254740993n);
    expect(options?.timeout).toMatchObject({ seconds: 1n, nanos: 500_000_000 });
  });

  test('names every misfit with its place', () => {
    const body =
      '{\n  "flow": {"stops": [{"name": 5, "bundel": "x"}]},\n  "options": {"mode": "DEBUG"},\n  "labels": ["a"]\n}';
    const { message, problems } = refused(() => read('StartRun', { body }));
    expect(problems).toEqual([
      { reason: 'REQUEST_INVALID', message: "'flow.stops[0].name' must be a text, not 5", line: 2, column: 23 },
      {
        reason: 'REQUEST_INVALID',
        message: "'flow.stops[0].bundel' is not known; did you mean 'bundle'?",
        line: 2,
        column: 34,
      },
      {
        reason: 'REQUEST_INVALID',
        message: '\'options.mode\' must be one of RUN_MODE_RUN, RUN_MODE_DEBUG (here: RUN_MODE_DEBUG), not "DEBUG"',
        line: 3,
        column: 15,
      },
      { reason: 'REQUEST_INVALID', message: "'labels' must be an object, not a list", line: 4, column: 3 },
    ]);
    expect(message).toBe("'flow.stops[0].name' must be a text, not 5 (line 2, column 23); and 3 more");
  });

  test('chooses one field of a oneof', () => {
    expect(refused(() => start({ flow: {}, document: '' })).message).toContain(
      "'document' cannot be given together with 'flow'; choose one",
    );
  });

  test.each([
    ['{"a": 1,}', 1, 9],
    ['{\n  "a": }', 2, 8],
    ["{'a': 1}", 1, 2],
    ['{"a": 1} x', 1, 10],
    ['{"a": "b', 1, 7],
    ['// no\n{}', 1, 1],
    ['{"a":\n\n [1 2]}', 3, 5],
  ])('that is no JSON is refused with line and column: %j', (body, line, column) => {
    const error = refused(() => read('StartRun', { body }));
    expect(error.reason).toBe('REQUEST_INVALID');
    expect(error.details).toEqual({ line: String(line), column: String(column) });
    expect(error.problems[0]).toMatchObject({ line, column });
  });

  test('of another kind than an object is refused', () => {
    expect(refused(() => read('StartRun', { body: '[]' })).message).toContain('must be a JSON object');
    expect(refused(() => read('StartRun', { body: 'null' })).message).toContain('must be a JSON object');
  });

  test('goes without a query, and a query without a body', () => {
    expect(refused(() => read('StartRun', { body: '{}', query: 'a=1' })).message).toContain("put 'a' into the body");
    expect(refused(() => read('ListRuns', { body: '{}' })).message).toContain('takes no body');
  });
});

describe('the Idempotency-Key', () => {
  test('goes into the request', () => {
    expect(start({ document: '{}' }, 'k1').idempotencyKey).toBe('k1');
    expect(start({ document: '{}', idempotency_key: 'k1' }, 'k1').idempotencyKey).toBe('k1');
  });

  test('that differs from the body is refused', () => {
    expect(refused(() => start({ idempotencyKey: 'k2' }, 'k1')).message).toContain("'k1'");
  });
});

describe('a path', () => {
  test('that differs from the body is refused', () => {
    const work = (): Buffer => read('CancelRun', { params: { id: 'r1' }, body: '{"id": "r2"}' });
    expect(refused(work).message).toContain("the path's 'id' is 'r1', but the request's 'id' is \"r2\"");
  });

  test('without its value is refused', () => {
    expect(refused(() => read('GetRun', { params: { id: '' } })).message).toContain("the path's 'id' is empty");
  });
});
