import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Server } from '@grpc/grpc-js';

/** Lets tools such as grpcurl ask the server for its services and messages. */
export async function addReflection(server: Server, services: readonly string[]): Promise<void> {
  const [{ loadFileDescriptorSetFromBuffer }, { ReflectionService }] = await Promise.all([
    import('@grpc/proto-loader'),
    import('@grpc/reflection'),
  ]);
  const image = readFileSync(createRequire(import.meta.url).resolve('@sluice/proto/image.binpb'));
  const packages = loadFileDescriptorSetFromBuffer(image);
  new ReflectionService(packages, { services: [...services] }).addToServer(server);
}
