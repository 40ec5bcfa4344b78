import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { ERROR_CODES, REASONS } from '@sluice/chassis';
import { findResume } from '../api/resume.js';
import type { Contract, Method } from '../contract/contract.js';
import type { Binding } from '../contract/http-rule.js';
import { Schemas, type Schema } from './schemas.js';

/** A parameter of an operation. */
export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly description: string;
  readonly schema: Schema;
  readonly style?: string;
  readonly explode?: boolean;
}

/** One verb at one path. */
export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Readonly<Record<string, { schema: Schema }>> };
  readonly responses: Readonly<Record<string, unknown>>;
}

/** The parts of an OpenAPI 3.1 document that this one has. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>>; readonly responses: Schema };
}

const ABOUT =
  'Every call of Sluice over HTTP, made from the same contract as its gRPC services. Bodies are proto3 JSON: 64-bit ' +
  'integers and times are texts, unknown fields are refused. Fields with a default value are written in replies. ' +
  'Streams are server-sent events, or one JSON value a line with `Accept: application/x-ndjson`.';

const ERROR_SCHEMA: Schema = {
  type: 'object',
  description: 'What every error carries.',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'reason', 'message', 'details', 'problems'],
      properties: {
        code: { type: 'string', enum: ERROR_CODES, description: 'The kind of error, coarsely: one of gRPC’s codes.' },
        reason: { type: 'string', enum: Object.keys(REASONS).sort(), description: 'The kind of error, exactly.' },
        message: { type: 'string', description: 'What happened, to what, and the remedy.' },
        details: {
          type: 'object',
          additionalProperties: { type: 'string' },
          description: 'Named values for programs.',
        },
        problems: {
          type: 'array',
          items: { $ref: '#/components/schemas/Problem' },
          description: 'Every problem found, when there may be several.',
        },
      },
    },
  },
};

const TIMEOUT: Parameter = {
  name: 'X-Request-Timeout',
  in: 'header',
  required: false,
  description: 'How long the caller waits, in seconds, such as `30`; also `500ms` or `2m`.',
  schema: { type: 'string' },
};

/** Makes the OpenAPI document of a contract. */
export function makeDocument(contract: Contract, version: string): OpenApiDocument {
  const { comments, methods, registry } = contract;
  const schemas = new Schemas(comments);
  const paths: Record<string, Record<string, Operation>> = {};
  for (const method of methods) {
    method.bindings.forEach((binding, index) => {
      const path = (paths[binding.template] ??= {});
      path[binding.verb.toLowerCase()] = toOperation(method, binding, index, schemas, comments.of(method.desc));
    });
  }
  const problem = registry.getMessage('sluice.common.v1.Problem');
  if (problem !== undefined) schemas.message(problem);
  const services = [...new Set(methods.map(({ desc }) => desc.parent))];
  return {
    openapi: '3.1.0',
    info: { title: 'Sluice', version, description: ABOUT },
    servers: [{ url: '/' }],
    tags: services.map((service) => ({ name: service.name, description: comments.of(service) })),
    paths,
    components: {
      schemas: { ...schemas.all, Error: ERROR_SCHEMA },
      responses: {
        Error: {
          description: 'The call failed; the status comes from the code.',
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
        },
      },
    },
  };
}

function toOperation(method: Method, binding: Binding, index: number, schemas: Schemas, about: string): Operation {
  const { desc, name, streams } = method;
  const { body } = binding;
  const schema = body === '*' ? schemas.message(desc.input) : body === undefined ? undefined : schemas.field(body);
  const firstSentence = /^.*?[.;:](?=\s|$)/.exec(about)?.[0].slice(0, -1) ?? about;
  return {
    operationId: index === 0 ? name : `${name}_${index + 1}`,
    tags: [desc.parent.name],
    summary: firstSentence,
    description: about,
    parameters: [...pathParameters(binding, schemas), ...queryParameters(method, binding, schemas), ...headers(method)],
    ...(schema === undefined ? {} : { requestBody: { required: true, content: { 'application/json': { schema } } } }),
    responses: {
      '200': {
        description: 'OK',
        content: streams ? streamContent(desc.output, schemas) : single(desc.output, schemas),
      },
      default: { $ref: '#/components/responses/Error' },
    },
  };
}

function single(output: DescMessage, schemas: Schemas): Schema {
  return { 'application/json': { schema: schemas.message(output) } };
}

function streamContent(output: DescMessage, schemas: Schemas): Schema {
  const message = schemas.message(output);
  const events = 'The data of each event. `event: end` ends the stream, `event: failure` carries an error.';
  return {
    'text/event-stream': { schema: { description: events, allOf: [message] } },
    'application/x-ndjson': { schema: message },
  };
}

function pathParameters({ variables }: Binding, schemas: Schemas): Parameter[] {
  return variables.map(({ name, fields }) => {
    const { description = '', ...schema } = schemas.field(fields.at(-1) as DescField) as { description?: string };
    return { name, in: 'path', required: true, description, schema };
  });
}

/** Every field that is neither in the path nor in the body. */
function queryParameters({ desc }: Method, { body, variables }: Binding, schemas: Schemas): Parameter[] {
  if (body === '*') return [];
  const inPath = new Set(variables.map(({ name }) => name));
  const parameters: Parameter[] = [];
  const add = (message: DescMessage, prefix: string, shown: string): void => {
    for (const field of message.fields) {
      if (field === body || inPath.has(prefix + field.name)) continue;
      const name = shown + field.jsonName;
      const isOwnMessage = field.fieldKind === 'message' && !field.message.typeName.startsWith('google.protobuf.');
      // A message that contains itself would never end; one level is what a query can say.
      if (isOwnMessage && prefix === '') add(field.message, `${field.name}.`, `${name}.`);
      if (isOwnMessage || (field.fieldKind === 'list' && field.message !== undefined)) continue;
      const { description = '', ...schema } = schemas.field(field) as { description?: string };
      const style = field.fieldKind === 'map' ? { style: 'deepObject', explode: true } : {};
      parameters.push({ name, in: 'query', required: false, description, schema, ...style });
    }
  };
  add(desc.input, '', '');
  return parameters;
}

function headers({ desc, streams }: Method): Parameter[] {
  const own: Parameter[] = [];
  if (desc.input.fields.some(({ name }) => name === 'idempotency_key')) {
    const description = 'As `idempotencyKey` of the request: a call with the same key again gives the first reply.';
    own.push({ name: 'Idempotency-Key', in: 'header', required: false, description, schema: { type: 'string' } });
  }
  if (streams && findResume(desc.input, desc.output) !== undefined) {
    const description =
      'The id of the last event that was seen: the stream goes on after it. Browsers send it themselves.';
    own.push({ name: 'Last-Event-ID', in: 'header', required: false, description, schema: { type: 'string' } });
  }
  return [...own, TIMEOUT];
}
