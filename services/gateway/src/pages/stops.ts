import type { StopType } from '@sluice/proto/catalog/v1/stop';
import type { LocalizedText } from '@sluice/proto/common/v1/text';
import type { Asked } from './home.js';
import { html, type Html } from './html.js';
import type { Words } from './words.js';

/** The text for a reader, in English where it is in no other language. */
export function localized(text: LocalizedText | undefined, words: Words): string {
  return (words.lang === 'zh' ? text?.zh : '') || (text?.en ?? '');
}

/** The page at `/stops`: all stop types by group, with who uses them, and what users are shown of them. */
export function renderStops(asked: Asked<readonly StopType[]>, words: Words): Html {
  if ('failure' in asked)
    return html`<h1>${words.stopTypesTitle}</h1>
      <p class="notice">${asked.failure}</p>`;
  const stops = asked.value;
  const groups = [...new Set(stops.flatMap((stop) => stop.groups))].sort((a, b) => a.localeCompare(b, 'en'));
  return html`
    <h1>${words.stopTypesTitle}</h1>
    <p class="tagline">${stops.length} ${words.stopTypes}</p>
    <nav class="groups" aria-label="${words.groups}">
      ${groups.map((group) => html`<a href="#${anchorOf(group)}">${group}</a> `)}
    </nav>
    ${groups.map((group) =>
      renderGroup(
        group,
        stops.filter((stop) => stop.groups.includes(group)),
        words,
      ),
    )}
  `;
}

function renderGroup(group: string, stops: readonly StopType[], words: Words): Html {
  const hidden = stops.every((stop) => stop.hidden);
  return html`<section id="${anchorOf(group)}">
    <h2 class="with-button">
      <span>${group} ${hidden && html`<span class="badge">${words.hidden}</span>`}</span>
      ${visibilityButton('group', group, hidden, words)}
    </h2>
    <div class="scroll">
      <table class="stop-types">
        <thead>
          <tr>
            <th class="icon"></th>
            <th>${words.stopType}</th>
            <th class="wide">${words.about}</th>
            <th class="number">${words.usedBy}</th>
            <th></th>
          </tr>
        </thead>
        <tbody>
          ${stops.map((stop) => renderRow(stop, words))}
        </tbody>
      </table>
    </div>
  </section>`;
}

function renderRow(stop: StopType, words: Words): Html {
  const { name, hidden, usedBy = 0 } = stop;
  return html`<tr class="${hidden ? 'hidden-stop' : ''}">
    <td class="icon">${iconOf(stop)}</td>
    <td>
      <a href="/stops/${encodeURIComponent(name)}">${localized(stop.title, words)}</a>
      ${hidden && html`<span class="badge">${words.hidden}</span>`}
      <div class="detail"><code>${name}</code></div>
    </td>
    <td class="wide">${localized(stop.description, words)}</td>
    <td class="number" data-label="${words.usedBy}">${usedBy}</td>
    <td>${visibilityButton('stop', name, hidden, words)}</td>
  </tr>`;
}

/** The stop type's image, or the gate that stands for those without one. */
export function iconOf({ icon }: StopType): Html {
  const source = icon.startsWith('data:image/') ? icon : '/assets/icon.svg';
  return html`<img class="stop-icon" src="${source}" alt="" width="28" height="28" loading="lazy" />`;
}

/** A button that hides or shows. */
export function visibilityButton(kind: 'stop' | 'group', name: string, hidden: boolean, words: Words): Html {
  return html`<form method="post" action="/stops">
    <input type="hidden" name="kind" value="${kind}" />
    <input type="hidden" name="name" value="${name}" />
    <input type="hidden" name="hidden" value="${hidden ? 'false' : 'true'}" />
    <button type="submit" aria-label="${hidden ? words.show : words.hide} ${name}">
      ${hidden ? words.show : words.hide}
    </button>
  </form>`;
}

/** Where a group is on the page. */
export function anchorOf(group: string): string {
  return `group-${group.replace(/[^\p{L}\p{N}]+/gu, '-')}`;
}
