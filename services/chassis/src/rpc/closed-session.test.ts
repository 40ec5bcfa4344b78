import { Metadata, status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { fromStatus } from './errors.js';

test('a call that fell with its connection is unavailable, not a fault inside', () => {
  const details =
    'Received RST_STREAM with code 2 triggered by internal client error: Session closed with error code 2';
  const thrown = Object.assign(new Error(details), { code: status.INTERNAL, details, metadata: new Metadata() });
  expect(fromStatus(thrown, 'execution at 127.0.0.1:1')).toMatchObject({
    reason: 'SERVICE_UNAVAILABLE',
    cause: thrown,
  });
});
