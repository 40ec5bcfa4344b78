import { SluiceError } from '@sluice/plugin-sdk/errors';
import type { Handlers, ServiceDefinition } from '../rpc/definition.js';

/** Handlers that refuse every rpc of a service: a base for tests that need a few of them. */
export function unimplemented<D extends ServiceDefinition>(definition: D): Handlers<D> {
  const handlers = Object.entries(definition).map(([name, method]) => [
    name,
    () => {
      throw new SluiceError('NOT_IMPLEMENTED', `${method.path} has no part in this test`);
    },
  ]);
  return Object.fromEntries(handlers) as Handlers<D>;
}
