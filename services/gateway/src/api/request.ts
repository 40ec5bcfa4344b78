import { fromJson, toBinary, type JsonObject, type JsonValue, type Registry } from '@bufbuild/protobuf';
import { SluiceError, type Problem } from '@sluice/chassis';
import type { Method } from '../contract/contract.js';
import type { Binding } from '../contract/http-rule.js';
import { findMisfits } from './check-json.js';
import { JsonPlaces, parseJson, type JsonPath } from './json-text.js';
import { readQuery } from './query.js';

/** The parts of an HTTP request of which a message is made. */
export interface RequestParts {
  /** The path's parameters, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The body's text; empty when there is none. */
  readonly body: string;
  readonly idempotencyKey: string | undefined;
}

/** A request in both forms. */
export interface ReadRequest {
  readonly json: JsonObject;
  readonly bytes: Buffer;
}

/**
 * Makes the message of a call from path, query, body and headers.
 *
 * @throws REQUEST_INVALID with all that does not fit, each with its line and column when it stands in the body.
 */
export function readRequest(method: Method, binding: Binding, registry: Registry, parts: RequestParts): ReadRequest {
  const { input } = method.desc;
  const json = readBody(binding, parts.body);
  if (binding.body === '*') refuseQuery(parts.query);
  const queryProblems = binding.body === '*' ? [] : readQuery(input, parts.query, json);
  for (const { parameter, fields, name } of binding.variables) {
    setOrCompare(json, fields, parts.params[parameter] ?? '', `the path's '${name}'`);
  }
  const keyField = input.fields.find((field) => field.name === 'idempotency_key');
  if (parts.idempotencyKey !== undefined && keyField !== undefined) {
    setOrCompare(json, [keyField], parts.idempotencyKey, 'the header Idempotency-Key');
  }
  let message;
  try {
    message = fromJson(input, json, { registry });
  } catch (cause) {
    throw refusal([...queryProblems, ...misfits(method, binding, json, parts.body, registry)], cause);
  }
  if (queryProblems.length > 0) throw refusal(queryProblems);
  return { json, bytes: Buffer.from(toBinary(input, message)) };
}

function readBody({ body, verb, template }: Binding, text: string): JsonObject {
  if (body === undefined) {
    if (text.trim() === '') return {};
    const message = `${verb} ${template} takes no body; give its fields in the query`;
    throw new SluiceError('REQUEST_INVALID', message);
  }
  const value: JsonValue = text.trim() === '' ? {} : parseJson(text, 'the body');
  if (body !== '*') return { [body.jsonName]: value };
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new SluiceError('REQUEST_INVALID', 'the body must be a JSON object: {"name": value}');
}

function refuseQuery(query: URLSearchParams): void {
  const names = [...new Set(query.keys())];
  if (names.length === 0) return;
  const which = names.map((name) => `'${name}'`).join(', ');
  throw new SluiceError('REQUEST_INVALID', `this call takes no query parameters; put ${which} into the body`);
}

/** Sets a text in the JSON form; a body that says something else is refused. */
function setOrCompare(
  json: JsonObject,
  fields: readonly { readonly jsonName: string; readonly name: string }[],
  value: string,
  origin: string,
): void {
  if (value === '') throw new SluiceError('REQUEST_INVALID', `${origin} is empty`);
  let at = json;
  fields.forEach(({ jsonName, name }, index) => {
    const key = Object.hasOwn(at, name) ? name : jsonName;
    const present = at[key];
    if (index < fields.length - 1) {
      // What is no object here is found and named when the whole request is read.
      if (typeof present === 'object' && present !== null && !Array.isArray(present)) at = present;
      else at = at[key] = {};
    } else if (present === undefined || present === null || present === '') {
      at[key] = value;
    } else if (present !== value) {
      const message = `${origin} is '${value}', but the request's '${jsonName}' is ${JSON.stringify(present)}`;
      throw new SluiceError('REQUEST_INVALID', `${message}; give it once`);
    }
  });
}

/** What does not fit the message, with its place when it stands in the body. */
function misfits(
  method: Method,
  { body }: Binding,
  json: JsonObject,
  text: string,
  registry: Registry,
): readonly Problem[] {
  const places = new JsonPlaces(text);
  const inBody = (path: JsonPath): JsonPath | undefined => {
    if (body === undefined || text.trim() === '') return undefined;
    if (body === '*') return path;
    return path[0] === body.jsonName ? path.slice(1) : undefined;
  };
  return findMisfits(method.desc.input, json, registry).map(({ path, message }): Problem => {
    const own = inBody(path);
    const place = own === undefined ? undefined : places.find(own);
    return { reason: 'REQUEST_INVALID', message, ...place };
  });
}

function refusal(problems: readonly Problem[], cause?: unknown): SluiceError {
  const [first] = problems;
  if (first === undefined) {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new SluiceError('REQUEST_INVALID', `the request cannot be read: ${why}`, { cause });
  }
  const where = first.line === undefined ? '' : ` (line ${first.line}, column ${first.column})`;
  const more = problems.length === 1 ? '' : `; and ${problems.length - 1} more`;
  return new SluiceError('REQUEST_INVALID', `${first.message}${where}${more}`, { problems, cause });
}
