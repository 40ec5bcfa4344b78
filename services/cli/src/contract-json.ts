import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import {
  createFileRegistry,
  fromBinary,
  fromJsonString,
  toBinary,
  toJson,
  type FileRegistry,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { SluiceError } from '@sluice/chassis';

/** A message class as ts-proto generates it. */
interface Codec<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(input: Uint8Array): T;
}

let known: FileRegistry | undefined;

function descriptorOf(name: string) {
  known ??= createFileRegistry(
    fromBinary(
      FileDescriptorSetSchema,
      readFileSync(createRequire(import.meta.url).resolve('@sluice/proto/image.binpb')),
    ),
  );
  const found = known.getMessage(name);
  if (found !== undefined) return { registry: known, found };
  throw new SluiceError('INTERNAL', `the contract lacks ${name}`);
}

/**
 * A message as the JSON API has it: a duration is `90s`, not an object.
 *
 * @param name the full name of the message's type, such as `sluice.scheduling.v1.Schedule`
 */
export function toContractJson<T>(name: string, codec: Codec<T>, message: T): unknown {
  const { registry, found } = descriptorOf(name);
  return toJson(found, fromBinary(found, codec.encode(message).finish()), { registry });
}

/**
 * Reads a message as the JSON API takes it. A name that the contract does not have is an error, not forgotten.
 *
 * @throws a plain Error that says what is wrong
 */
export function fromContractJson<T>(name: string, codec: Codec<T>, text: string): T {
  const { registry, found } = descriptorOf(name);
  return codec.decode(toBinary(found, fromJsonString(found, text, { registry })));
}
