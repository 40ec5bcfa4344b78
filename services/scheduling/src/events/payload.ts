import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createFileRegistry, fromBinary, toJson, type FileRegistry } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type { ReceivedEvent } from '@sluice/chassis';

let registry: FileRegistry | undefined;

/** The payload of an event of the platform as JSON, by the descriptors of the contract. */
export function readOwnPayload({ payload, subject, key, id }: ReceivedEvent): unknown {
  const common = { subject, key, id };
  registry ??= createFileRegistry(
    fromBinary(
      FileDescriptorSetSchema,
      readFileSync(createRequire(import.meta.url).resolve('@sluice/proto/image.binpb')),
    ),
  );
  const type = registry.getMessage(payload.type);
  if (type === undefined) return common;
  const message = toJson(type, fromBinary(type, payload.value), { registry });
  return { ...common, ...(message as Readonly<Record<string, unknown>>) };
}

/** The payload of a call: the fields of a form, a field `payload` of JSON in their place, or what the body is else. */
export function readBody(body: Uint8Array, contentType: string): unknown {
  if (!contentType.startsWith('application/x-www-form-urlencoded')) return readForeignPayload(body);
  const fields = Object.fromEntries(new URLSearchParams(Buffer.from(body).toString('utf8')));
  // So does GitHub, where it is told to send forms.
  return fields['payload'] === undefined ? fields : readForeignPayload(Buffer.from(fields['payload']));
}

/** The payload of a message of another program: its JSON, or its text where it is none. */
export function readForeignPayload(data: Uint8Array): unknown {
  const text = Buffer.from(data).toString('utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text; // Filters find nothing in a text; a schedule without filters takes it.
  }
}
