import type { DescField, DescMessage, JsonObject, JsonValue } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import { SluiceError } from '@sluice/chassis';

/** How deep in a message of a stream the place is looked for. */
const DEPTH = 3;
const INTEGERS: readonly (ScalarType | undefined)[] = [ScalarType.INT64, ScalarType.UINT64, ScalarType.INT32];

/**
 * Where a stream can go on after a break: a number in the request (`offset`, `after_sequence`) that each message of the
 * stream carries under the same name (`offset`, `sequence`).
 */
export interface Resume {
  /** The request's field. */
  readonly field: DescField;
  /** The fields from a message of the stream down to the number; of lists the last item counts. */
  readonly path: readonly DescField[];
}

/** Finds by their names the numbers by which a stream goes on; undefined when it cannot. */
export function findResume(input: DescMessage, output: DescMessage): Resume | undefined {
  for (const field of input.fields) {
    if (field.fieldKind !== 'scalar' || !INTEGERS.includes(field.scalar)) continue;
    const path = pathTo(output, field.name.replace(/^after_/, ''), DEPTH);
    if (path !== undefined) return { field, path };
  }
  return undefined;
}

function pathTo(message: DescMessage, name: string, depth: number): readonly DescField[] | undefined {
  const own = message.fields.find((field) => field.name === name && field.fieldKind === 'scalar');
  if (own !== undefined) return [own];
  if (depth <= 1) return undefined;
  for (const field of message.fields) {
    if (field.message === undefined || field.fieldKind === 'map') continue;
    const rest = pathTo(field.message, name, depth - 1);
    if (rest !== undefined) return [field, ...rest];
  }
  return undefined;
}

/** The place that a message of the stream (in its JSON form) tells; undefined for one that tells none (0). */
export function placeOf({ path }: Resume, json: JsonValue): string | undefined {
  let at: JsonValue | undefined = json;
  for (const { jsonName } of path) {
    at = (at as JsonObject | undefined)?.[jsonName];
    if (Array.isArray(at)) at = at.at(-1);
  }
  if (typeof at !== 'string' && typeof at !== 'number') return undefined;
  return String(at) === '0' ? undefined : String(at);
}

/** Lets a request go on at the place in `Last-Event-ID`, which goes before what the address says. */
export function resumeAt(resume: Resume | undefined, lastEventId: string, query: URLSearchParams): void {
  if (resume === undefined) return;
  if (!/^\d{1,19}$/.test(lastEventId)) {
    throw new SluiceError('REQUEST_INVALID', `the header Last-Event-ID is '${lastEventId}'; it is the id of an event`);
  }
  query.delete(resume.field.name);
  query.delete(resume.field.jsonName);
  query.set(resume.field.jsonName, lastEventId);
}
