import type { DescField, DescMessage, DescMethod } from '@bufbuild/protobuf';
import { SluiceError } from '@sluice/chassis';

/** A part of the path whose value goes into a field. */
export interface PathVariable {
  /** The name in the template, such as `run_id` or `flow.id`. */
  readonly name: string;
  /** The parameter's name in the route; a route takes no dots. */
  readonly parameter: string;
  /** The fields from the request message down to the value. */
  readonly fields: readonly DescField[];
}

/** One verb and path under which an rpc is reached. */
export interface Binding {
  readonly verb: string;
  /** The template as the contract has it: `/api/v1/runs/{id}:cancel`. */
  readonly template: string;
  /** The path as fastify takes it: `/api/v1/runs/:id(^[^/]+)::cancel`. */
  readonly route: string;
  readonly variables: readonly PathVariable[];
  /** What the body is: the whole request, one field of it, or nothing. */
  readonly body: '*' | DescField | undefined;
}

/**
 * Reads one binding of a google.api.http annotation.
 *
 * @throws START_FAILED for what routes cannot be made of: variables of several segments, unknown fields.
 */
export function parseBinding(method: DescMethod, verb: string, template: string, body: string): Binding {
  const { input } = method;
  const variables: PathVariable[] = [];
  const refuse = (why: string): never => {
    const where = `the annotation '${verb} ${template}' of ${method.parent.typeName}.${method.name}`;
    throw new SluiceError('START_FAILED', `${where} ${why}`);
  };
  const [, path = '', suffix = ''] = /^(.*?)(:[A-Za-z][\w.-]*)?$/.exec(template) ?? [];
  if (!path.startsWith('/')) refuse('does not begin with a slash');
  const segments = path.split('/').map((segment, index, all) => {
    if (!/[{}*]/.test(segment)) return segment.replaceAll(':', '::');
    const [, name] = /^\{([a-z][\w.]*)(?:=\*)?\}$/.exec(segment) ?? [];
    if (name === undefined) return refuse(`has the segment '${segment}'; a segment is a text or {field}`);
    const fields = fieldsAt(input, name) ?? refuse(`names the field '${name}', which ${input.typeName} lacks`);
    if (fields.at(-1)?.fieldKind !== 'scalar') refuse(`takes '${name}' from the path, which is no single value`);
    const parameter = name.replaceAll('.', '_');
    variables.push({ name, parameter, fields });
    // Without an expression of its own a parameter would take the verb behind it, too.
    return suffix !== '' && index === all.length - 1 ? `:${parameter}(^[^/]+)` : `:${parameter}`;
  });
  return {
    verb,
    template,
    route: segments.join('/') + suffix.replace(':', '::'),
    variables,
    body: bodyOf(input, body) ?? (body === '' ? undefined : refuse(`names the body '${body}', which is no field`)),
  };
}

function bodyOf(input: DescMessage, body: string): '*' | DescField | undefined {
  return body === '*' ? '*' : input.fields.find(({ name }) => name === body);
}

/** The fields on the way to `a.b`, in either spelling of each name; undefined when there is no such field. */
export function fieldsAt(message: DescMessage, path: string): readonly DescField[] | undefined {
  const fields: DescField[] = [];
  let at: DescMessage | undefined = message;
  for (const name of path.split('.')) {
    const field: DescField | undefined = at?.fields.find((one) => one.name === name || one.jsonName === name);
    if (field === undefined) return undefined;
    fields.push(field);
    at = field.fieldKind === 'message' ? field.message : undefined;
  }
  return fields;
}
