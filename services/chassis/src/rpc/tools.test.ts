import { Client as GrpcClient, Metadata, credentials, status, type ServiceError } from '@grpc/grpc-js';
import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { afterEach, describe, expect, test } from 'vitest';
import { unimplemented } from '../testing/index.js';
import { RpcPair } from '../testing/rpc-pair.js';

const pair = new RpcPair();
const serve = pair.serve.bind(pair);
afterEach(() => pair.close());

describe('tools', () => {
  const identity = (value: Buffer): Buffer => value;
  const ask = (address: string, path: string, bytes: Buffer): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const client = new GrpcClient(address, credentials.createInsecure());
      const call = client.makeBidiStreamRequest(path, identity, identity, new Metadata());
      call.on('data', (data: Buffer) => resolve(data));
      call.on('error', reject);
      call.on('status', () => client.close());
      call.write(bytes);
      call.end();
    });

  test.each(['v1', 'v1alpha'])('find the mounted services by reflection %s', async (version) => {
    const { address } = await serve(RunServiceService, unimplemented(RunServiceService));
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    const listServices = Buffer.from([0x3a, 1, 0x2a]); // field 7, '*'
    const services = (await ask(address, path, listServices)).toString('latin1');
    expect(services).toContain('sluice.execution.v1.RunService');
    expect(services).not.toContain('sluice.catalog');
    const symbol = Buffer.from('sluice.execution.v1.RunService');
    const file = await ask(address, path, Buffer.concat([Buffer.from([0x22, symbol.length]), symbol]));
    expect(file.toString('latin1')).toContain('StartRunRequest');
  });

  test('see by the health service that it serves', async () => {
    const { address } = await serve(RunServiceService, unimplemented(RunServiceService));
    const client = new GrpcClient(address, credentials.createInsecure());
    const check = (service: string): Promise<Buffer> =>
      new Promise((resolve, reject) => {
        const name = Buffer.from(service);
        const bytes = service === '' ? name : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
        const done = (error: ServiceError | null, value?: Buffer): void =>
          error === null ? resolve(value ?? Buffer.alloc(0)) : reject(error);
        client.makeUnaryRequest('/grpc.health.v1.Health/Check', identity, identity, bytes, done);
      });
    const serving = Buffer.from([0x08, 1]);
    expect(await check('')).toEqual(serving);
    expect(await check('sluice.execution.v1.RunService')).toEqual(serving);
    await expect(check('nobody')).rejects.toMatchObject({ code: status.NOT_FOUND });
    client.close();
  });
});
