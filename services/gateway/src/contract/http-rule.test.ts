import { describe, expect, test } from 'vitest';
import { readContract } from './contract.js';
import { parseBinding } from './http-rule.js';

const { methods, comments } = readContract();
const find = (name: string): (typeof methods)[number] => {
  const method = methods.find((one) => one.name === name);
  if (method === undefined) throw new Error(`the contract has no ${name}`);
  return method;
};

describe('the contract', () => {
  test('gives each annotated rpc with its service, verb, path and body', () => {
    const { service, streams, bindings } = find('RunService_CancelRun');
    expect({ service, streams }).toEqual({ service: 'execution', streams: false });
    expect(bindings).toHaveLength(1);
    expect(bindings[0]).toMatchObject({
      verb: 'POST',
      template: '/api/v1/runs/{id}:cancel',
      route: '/api/v1/runs/:id(^[^/]+)::cancel',
      body: '*',
    });
    expect(bindings[0]?.variables.map(({ name }) => name)).toEqual(['id']);
    expect(find('RunService_WatchRun').streams).toBe(true);
  });

  test('has a sentence for every rpc, message and field that HTTP shows', () => {
    const bare = methods.flatMap(({ desc }) => {
      const parts = [desc, desc.input, desc.output, ...desc.input.fields, ...desc.output.fields];
      return parts.filter((part) => comments.of(part) === '').map(String);
    });
    expect(bare).toEqual([]);
  });
});

describe('parseBinding', () => {
  const { desc } = find('RunService_StartRun');

  test('reads variables inside of messages', () => {
    const { route, variables } = parseBinding(desc, 'POST', '/x/{reference.id}/y', 'flow');
    expect(route).toBe('/x/:reference_id/y');
    expect(variables[0]?.fields.map(({ name }) => name)).toEqual(['reference', 'id']);
  });

  test.each([
    ['/x/{nothing}', '', "names the field 'nothing'"],
    ['/x/{flow}', '', "takes 'flow' from the path, which is no single value"],
    ['/x/{idempotency_key=a/**}', '', "has the segment '{idempotency_key=a'"],
    ['/x', 'nothing', "names the body 'nothing'"],
    ['x', '', 'does not begin with a slash'],
  ])('refuses %s with the body %j at start-up', (template, body, why) => {
    expect(() => parseBinding(desc, 'POST', template, body)).toThrow(
      expect.objectContaining({ reason: 'START_FAILED', message: expect.stringContaining(why) as string }) as Error,
    );
  });
});
