import { html, type Html } from '../pages/html.js';
import type { Words } from '../pages/words.js';
import type { OpenApiDocument, Operation, Parameter } from './document.js';
import type { Schema } from './schemas.js';

/** The API reference: the OpenAPI document as a page. */
export function renderDocs(document: OpenApiDocument, origin: string, words: Words): Html {
  const operations = Object.entries(document.paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, operation]) => ({ path, verb: verb.toUpperCase(), operation })),
  );
  return html`
    <h1>${words.apiDocs}</h1>
    <p>${marked(document.info.description)}</p>
    <p><a href="/api/openapi.json">${words.openApi}</a> · gRPC: <code>sluice.*.v1</code></p>
    ${document.tags.map(
      ({ name, description }) =>
        html`<section>
          <h2 id="${name}">${name}</h2>
          <p>${marked(description)}</p>
          ${operations
            .filter(({ operation }) => operation.tags.includes(name))
            .map(({ path, verb, operation }) => renderOperation(path, verb, operation, origin))}
        </section>`,
    )}
    <section>
      <h2>Messages</h2>
      ${Object.entries(document.components.schemas).map(([name, schema]) => renderSchema(name, schema))}
    </section>
  `;
}

function renderOperation(path: string, verb: string, operation: Operation, origin: string): Html {
  const body = operation.requestBody?.content['application/json']?.schema;
  const { '200': ok } = operation.responses as { '200': { content: Record<string, { schema: Schema }> } };
  return html`<details id="${operation.operationId}">
    <summary>
      <span class="verb">${verb}</span><code>${path}</code><span class="about">${operation.summary}</span>
    </summary>
    <p>${marked(operation.description)}</p>
    ${operation.parameters.length > 0 && renderParameters(operation.parameters)}
    ${body !== undefined && html`<p>Body: ${typeOf(body)}</p>`}
    <p>
      Reply: ${Object.entries(ok.content).map(([type, { schema }]) => html`<code>${type}</code> ${typeOf(schema)} `)}
    </p>
    <pre>${curl(path, verb, operation, body !== undefined, origin)}</pre>
  </details>`;
}

function renderParameters(parameters: readonly Parameter[]): Html {
  return html`<div class="scroll">
    <table>
      <tbody>
        ${parameters.map(
          (one) =>
            html`<tr>
              <td><code>${one.name}</code></td>
              <td>${one.in}${one.required && ', required'}</td>
              <td>${typeOf(one.schema)}</td>
              <td>${marked(one.description)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function renderSchema(name: string, schema: Schema): Html {
  const {
    description,
    properties,
    enum: values,
  } = schema as {
    description?: string;
    properties?: Record<string, Schema & { description?: string }>;
    enum?: readonly string[];
  };
  const lines = (description ?? '').split('\n').filter((line) => line !== '');
  const [about = '', ...items] = lines;
  return html`<details id="schema-${name}">
    <summary><code>${name}</code><span class="about">${marked(about)}</span></summary>
    ${
      values !== undefined &&
      html`<ul>
        ${items.map((item) => html`<li>${marked(item.replace(/^- /, ''))}</li>`)}
      </ul>`
    }
    ${
      properties !== undefined &&
      html`<div class="scroll">
        <table>
          <tbody>
            ${Object.entries(properties).map(
              ([key, one]) =>
                html`<tr>
                  <td><code>${key}</code></td>
                  <td>${typeOf(one)}</td>
                  <td>${marked(one.description ?? '')}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>`
    }
  </details>`;
}

/** A schema in a word or two; messages are links to where they are described. */
function typeOf(schema: Schema): Html {
  const { $ref, type, format, items, additionalProperties, allOf } = schema as {
    $ref?: string;
    type?: string | readonly string[];
    format?: string;
    items?: Schema;
    additionalProperties?: Schema;
    allOf?: readonly Schema[];
  };
  if ($ref !== undefined) {
    const name = $ref.split('/').at(-1) ?? '';
    return html`<a href="#schema-${name}">${name}</a>`;
  }
  if (items !== undefined && type === 'array') return html`list of ${typeOf(items)}`;
  if (additionalProperties !== undefined) return html`map of ${typeOf(additionalProperties)}`;
  if (type === undefined && allOf?.[0] !== undefined) return typeOf(allOf[0]);
  const words = typeof type === 'string' ? type : (type ?? ['any']).join(' or ');
  return html`${words}${format !== undefined && ` (${format})`}`;
}

/** A command that makes the call. */
function curl(path: string, verb: string, operation: Operation, hasBody: boolean, origin: string): string {
  const { '200': ok } = operation.responses as { '200': { content: Record<string, unknown> } };
  const isStream = 'text/event-stream' in ok.content;
  const words = ['curl', ...(isStream ? ['-N'] : []), ...(verb === 'GET' ? [] : ['-X', verb])];
  words.push(`'${origin}${path.replace(/\{(\w+)\}/g, (_, name: string) => name.toUpperCase())}'`);
  if (hasBody) words.push("-H 'content-type: application/json'", "-d '{}'");
  return words.join(' ');
}

/** A sentence in which words between backquotes are code. */
function marked(text: string): Html[] {
  return text.split('`').map((part, index) => (index % 2 === 0 ? html`${part}` : html`<code>${part}</code>`));
}
