import { driverError, isSluiceError, socketStep, type ConnectionStep, type SluiceError } from '@sluice/plugin-sdk';

/** Codes of MongoDB's errors (src/mongo/base/error_codes.yml). */
const AUTHENTICATION = [11, 18, 334];
const PERMISSION = [13];
const remedies = { authentication: 'check user, password and the database that knows the user' };

/**
 * Any failure of the driver as an error of Sluice.
 *
 * @param place the addresses, as messages show them
 * @param doing what was tried, such as `reading 'shop.orders'`
 */
export function clientError(place: string, error: unknown, doing: string): SluiceError {
  if (isSluiceError(error)) return error;
  const isNetwork =
    error instanceof Error && /Network|ServerSelection|NotConnected|PoolCleared|Topology/.test(error.name);
  const stepOf = (cause: unknown): ConnectionStep | undefined =>
    refusalOf(cause) ?? socketStep(cause) ?? (isNetwork ? 'connect' : undefined);
  return driverError(place, rootOf(error), doing, { stepOf, remedies });
}

/** What the driver wraps: a server that was not found says why not only inside. */
function rootOf(error: unknown): unknown {
  const { reason, cause } = error as { readonly reason?: { readonly servers?: unknown }; readonly cause?: unknown };
  if (reason?.servers instanceof Map) {
    for (const server of reason.servers.values() as Iterable<{ readonly error?: unknown }>) {
      if (server.error !== undefined && server.error !== null) return rootOf(server.error);
    }
  }
  return cause instanceof Error ? rootOf(cause) : error;
}

function refusalOf(error: unknown): ConnectionStep | undefined {
  const { code } = error as { readonly code?: unknown };
  if (typeof code !== 'number') return undefined;
  if (AUTHENTICATION.includes(code)) return 'authentication';
  return PERMISSION.includes(code) ? 'permission' : undefined;
}
