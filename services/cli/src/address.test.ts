import { describe, expect, test } from 'vitest';
import { readAddress } from './address.js';

describe('the address of a platform', () => {
  test.each([
    [undefined, { kind: 'grpc', address: '127.0.0.1:8003' }],
    ['', { kind: 'grpc', address: '127.0.0.1:8003' }],
    ['host:9000', { kind: 'grpc', address: 'host:9000' }],
    ['grpc://host:9000/', { kind: 'grpc', address: 'host:9000' }],
    ['[::1]:8003', { kind: 'grpc', address: '[::1]:8003' }],
    ['http://127.0.0.1:8002/', { kind: 'http', url: 'http://127.0.0.1:8002' }],
    ['https://sluice.example/team', { kind: 'http', url: 'https://sluice.example/team' }],
  ])('%s', (text, address) => expect(readAddress(text)).toEqual(address));

  test.each(['host', 'ftp://host:1', 'http://', 'host:port', 'a b:1'])(
    "'%s' is refused with the forms there are",
    (text) => expect(() => readAddress(text)).toThrow(/host:port .* or http:/),
  );
});
