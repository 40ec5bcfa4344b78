import {
  PortKind,
  portKindToJSON,
  propertyKindToJSON,
  type PortShape,
  type Property,
  type StopType,
} from '@sluice/proto/catalog/v1/stop';
import type { StopUse } from '@sluice/proto/catalog/v1/stop_service';
import type { Asked } from './home.js';
import { html, type Html } from './html.js';
import { anchorOf, iconOf, localized, visibilityButton } from './stops.js';
import type { Words } from './words.js';

/** The page of one stop type: what it does, its ports and properties, an example, and the flows that use it. */
export function renderStop(stop: StopType, uses: Asked<readonly StopUse[]>, words: Words): Html {
  const { name, plugin, aliases, hidden, engines, owner } = stop;
  return html`
    <h1 class="with-button">
      <span>
        ${iconOf(stop)} ${localized(stop.title, words)} ${hidden && html`<span class="badge">${words.hidden}</span>`}
      </span>
      ${visibilityButton('stop', name, hidden, words)}
    </h1>
    <p><code>${name}</code></p>
    <p>${localized(stop.description, words)}</p>
    <dl class="facts">
      ${fact(words.groups, html`${stop.groups.map((group) => html`<a href="/stops#${anchorOf(group)}">${group}</a> `)}`)}
      ${fact(words.inPorts, ports(stop.inports, words))} ${fact(words.outPorts, ports(stop.outports, words))}
      ${fact(words.plugin, `${plugin?.name ?? ''} ${plugin?.version ?? ''}`)} ${fact(words.engine, engines.join(', '))}
      ${aliases.length > 0 && fact(words.aliases, aliases.join(', '))} ${owner !== '' && fact(words.owner, owner)}
    </dl>
    <h2>${words.properties}</h2>
    ${stop.properties.length === 0 ? html`<p>${words.noProperties}</p>` : properties(stop.properties, words)}
    ${stop.customized && html`<p><b>${words.customized}:</b> ${localized(stop.customized, words)}</p>`}
    <h2>${words.inAFlow}</h2>
    <pre>${JSON.stringify(exampleOf(stop), undefined, 2)}</pre>
    <h2>${words.usedBy}</h2>
    ${usedBy(uses, words)}
  `;
}

function fact(name: string, value: Html | string): Html {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}

function ports(shape: PortShape | undefined, words: Words): string {
  const kind = shape?.kind ?? PortKind.PORT_KIND_UNSPECIFIED;
  const told = kind === PortKind.PORT_KIND_NAMED ? (shape?.names ?? []).join(', ') : words.portKinds[shortKind(kind)];
  return shape?.optional === true ? `${told} (${words.optional})` : (told ?? '');
}

function shortKind(kind: PortKind): keyof Words['portKinds'] {
  return portKindToJSON(kind).replace('PORT_KIND_', '') as keyof Words['portKinds'];
}

function properties(all: readonly Property[], words: Words): Html {
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>${words.property}</th>
          <th>${words.kind}</th>
          <th>${words.defaultValue}</th>
          <th class="wide">${words.about}</th>
        </tr>
      </thead>
      <tbody>
        ${all.map((each) => renderProperty(each, words))}
      </tbody>
    </table>
  </div>`;
}

function renderProperty(property: Property, words: Words): Html {
  const { name, required, kind, allowedValues, secret } = property;
  const kindName = propertyKindToJSON(kind).replace('PROPERTY_KIND_', '').toLowerCase();
  return html`<tr>
    <td><code>${name}</code>${required && html` <span class="badge">${words.required}</span>`}</td>
    <td data-label="${words.kind}">${allowedValues.length > 0 ? allowedValues.join(', ') : kindName}</td>
    <td data-label="${words.defaultValue}">${valueText(property.defaultValue)}</td>
    <td class="wide">
      <b>${localized(property.title, words)}</b> ${localized(property.description, words)}
      ${secret && words.secretProperty}
    </td>
  </tr>`;
}

function valueText(value: unknown): string {
  if (value === undefined || value === null || value === '') return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The stop as it stands in a flow's document: what is required, with the examples that its author gives. */
function exampleOf({ name, properties: all, title }: StopType): object {
  const shown = all.filter(({ required, example }) => required || example !== undefined);
  const values = shown.map((each) => [
    each.name,
    each.secret ? '${SECRET}' : (each.example ?? each.defaultValue ?? ''),
  ]);
  return { name: title?.en ?? name, bundle: name, properties: Object.fromEntries(values) as object };
}

function usedBy(uses: Asked<readonly StopUse[]>, words: Words): Html {
  if ('failure' in uses) return html`<p class="notice">${uses.failure}</p>`;
  if (uses.value.length === 0) return html`<p>${words.noUses}</p>`;
  return html`<ul class="links">
    ${uses.value.map(
      ({ flowId, flowName, stops }) =>
        html`<li><a href="/api/v1/flows/${encodeURIComponent(flowId)}">${flowName}</a> × ${stops}</li>`,
    )}
  </ul>`;
}
