import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type {
  MethodDefinition,
  Server,
  ServerDuplexStream,
  ServiceDefinition,
  handleBidiStreamingCall,
} from '@grpc/grpc-js';

const VERSIONS = ['v1', 'v1alpha'] as const;
const METHOD = 'ServerReflectionInfo';
type Version = (typeof VERSIONS)[number];

interface Reflection {
  readonly method: MethodDefinition<unknown, unknown>;
  readonly handle: handleBidiStreamingCall<unknown, unknown>;
}

const asIs = (value: Buffer): Buffer => value;

/** Reads the descriptions of the mounted services, as @grpc/reflection would mount them. */
async function loadReflection(services: readonly string[]): Promise<ReadonlyMap<Version, Reflection>> {
  const [{ loadFileDescriptorSetFromBuffer }, { ReflectionService }] = await Promise.all([
    import('@grpc/proto-loader'),
    import('@grpc/reflection'),
  ]);
  const image = readFileSync(createRequire(import.meta.url).resolve('@sluice/proto/image.binpb'));
  const found = new Map<Version, Reflection>();
  const catcher: Pick<Server, 'addService'> = {
    addService: (definition: ServiceDefinition, handlers) => {
      const method = definition[METHOD] as MethodDefinition<unknown, unknown>;
      const version = VERSIONS.find((one) => method.path.startsWith(`/grpc.reflection.${one}.`));
      const handle = handlers[METHOD] as handleBidiStreamingCall<unknown, unknown>;
      if (version !== undefined) found.set(version, { method, handle });
    },
  };
  new ReflectionService(loadFileDescriptorSetFromBuffer(image), { services: [...services] }).addToServer(catcher);
  return found;
}

/**
 * Lets tools such as grpcurl ask the server for its services and messages. What that needs (protobufjs and a quarter of
 * a second) is loaded by the first who asks: most processes live without ever being asked.
 */
export function addReflection(server: Server, services: readonly string[]): void {
  let loading: ReturnType<typeof loadReflection> | undefined;
  for (const version of VERSIONS) {
    const definition: ServiceDefinition = {
      [METHOD]: {
        path: `/grpc.reflection.${version}.ServerReflection/${METHOD}`,
        requestStream: true,
        responseStream: true,
        requestSerialize: asIs,
        requestDeserialize: asIs,
        responseSerialize: asIs,
        responseDeserialize: asIs,
      },
    };
    server.addService(definition, {
      [METHOD]: (call: ServerDuplexStream<Buffer, Buffer>) => {
        loading ??= loadReflection(services);
        loading
          .then((found) => {
            const { method, handle } = found.get(version) as Reflection;
            const typed = Object.assign(new EventEmitter(), {
              write: (response: unknown) => call.write(method.responseSerialize(response)),
              end: () => call.end(),
            });
            handle(typed as unknown as ServerDuplexStream<unknown, unknown>);
            call.on('data', (bytes: Buffer) => typed.emit('data', method.requestDeserialize(bytes)));
            call.on('end', () => typed.emit('end'));
          })
          .catch((error: unknown) => call.emit('error', error));
      },
    });
  }
}
