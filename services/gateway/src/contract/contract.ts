import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import {
  createFileRegistry,
  fromBinary,
  getOption,
  type DescExtension,
  type DescMethod,
  type FileRegistry,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { SluiceError, type MethodDefinition } from '@sluice/chassis';
import { Comments } from './comments.js';
import { parseBinding, type Binding } from './http-rule.js';

/** The options of a google.api.http annotation, as the descriptors carry them. */
interface HttpRule {
  readonly pattern: { readonly case: string | undefined; readonly value?: unknown };
  readonly body: string;
  readonly additionalBindings: readonly HttpRule[];
}

/** One rpc that has an HTTP form. */
export interface Method {
  readonly desc: DescMethod;
  /** The service that answers it, such as `execution`. */
  readonly service: string;
  /** Its name in metrics, logs and the OpenAPI document, such as `RunService_StartRun`. */
  readonly name: string;
  readonly streams: boolean;
  readonly bindings: readonly Binding[];
  /** Calls it with binary messages; give it to `clients.get` under the key `call`. */
  readonly definition: { readonly call: MethodDefinition };
}

/** What every process agrees on, read from the descriptors: the one list from which routes and documents are made. */
export interface Contract {
  readonly registry: FileRegistry;
  readonly methods: readonly Method[];
  readonly comments: Comments;
}

/** Reads the descriptors that `@sluice/proto` carries, or those given. */
export function readContract(image: Uint8Array = readImage()): Contract {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
  const http = registry.getExtension('google.api.http');
  if (http === undefined) throw new SluiceError('START_FAILED', 'the descriptors lack google/api/annotations.proto');
  const services = [...registry.files].flatMap((file) => file.services);
  const methods = services.flatMap(({ methods }) => methods).map((desc) => toMethod(desc, http));
  return {
    registry,
    methods: methods.filter(({ bindings }) => bindings.length > 0),
    comments: new Comments(registry),
  };
}

function readImage(): Uint8Array {
  return readFileSync(createRequire(import.meta.url).resolve('@sluice/proto/image.binpb'));
}

function toMethod(desc: DescMethod, http: DescExtension): Method {
  const path = `/${desc.parent.typeName}/${desc.name}`;
  const rule = getOption(desc, http) as HttpRule;
  const streams = desc.methodKind === 'server_streaming';
  const bindings = rule.pattern.case === undefined ? [] : [rule, ...rule.additionalBindings];
  if (bindings.length > 0 && !streams && desc.methodKind !== 'unary') {
    throw new SluiceError('START_FAILED', `${path} streams its requests, which has no HTTP form; drop its annotation`);
  }
  const call = {
    path,
    requestStream: false,
    responseStream: streams,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
  return {
    desc,
    service: desc.parent.typeName.split('.')[1] ?? '',
    name: `${desc.parent.name}_${desc.name}`,
    streams,
    bindings: bindings.map((one) => parseBinding(desc, verbOf(one, path), pathOf(one, path), one.body)),
    definition: { call },
  };
}

/** Messages pass through the gateway's calls as they are on the wire. */
function asIs(bytes: Buffer): Buffer {
  return bytes;
}

function verbOf({ pattern }: HttpRule, path: string): string {
  if (['get', 'put', 'post', 'delete', 'patch'].includes(pattern.case ?? '')) return String(pattern.case).toUpperCase();
  throw new SluiceError(
    'START_FAILED',
    `the annotation of ${path} names the verb '${pattern.case}', which is not served`,
  );
}

function pathOf({ pattern }: HttpRule, path: string): string {
  if (typeof pattern.value === 'string') return pattern.value;
  throw new SluiceError('START_FAILED', `the annotation of ${path} has no path`);
}
