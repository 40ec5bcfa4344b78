import { SluiceError } from '@sluice/chassis';

/** Where a platform that says nothing else serves gRPC. */
export const DEFAULT_ADDRESS = '127.0.0.1:8003';

/** Where the platform is: gRPC at `host:port`, or the JSON API at a URL. */
export type PlatformAddress =
  { readonly kind: 'grpc'; readonly address: string } | { readonly kind: 'http'; readonly url: string };

/**
 * Reads `--url` or SLUICE_URL: `host:port` and `grpc://host:port` mean gRPC, `http://...` and `https://...` the JSON
 * API; empty means gRPC on this machine.
 *
 * @throws REQUEST_INVALID for anything else.
 */
export function readAddress(text: string | undefined): PlatformAddress {
  const given = text?.trim() ?? '';
  if (given === '') return { kind: 'grpc', address: DEFAULT_ADDRESS };
  const [, scheme = '', rest = ''] = /^(?:([a-z]+):\/\/)?(.*)$/i.exec(given) ?? [];
  if (/^https?$/i.test(scheme) && URL.canParse(given)) return { kind: 'http', url: given.replace(/\/+$/, '') };
  const address = rest.replace(/\/+$/, '');
  if (/^(grpc)?$/i.test(scheme) && /^(\[[0-9a-f:]+\]|[^\s:/]+):\d{1,5}$/i.test(address))
    return { kind: 'grpc', address };
  throw new SluiceError(
    'REQUEST_INVALID',
    `'${given}' is no address of a platform; write host:port (gRPC, such as ${DEFAULT_ADDRESS}) or http://host:port`,
  );
}
