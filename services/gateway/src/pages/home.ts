import type { Run } from '@sluice/proto/execution/v1/run';
import type { ServiceHealth } from '../health/health.js';
import { count, inCode, moment, rowsWritten, span, stateBadge } from './format.js';
import { html, type Html } from './html.js';
import type { Words } from './words.js';

/** Something that was asked of a service, or why it could not be had. */
export type Asked<T> = { readonly value: T } | { readonly failure: string };

export interface HomeState {
  readonly version: string;
  readonly services: readonly ServiceHealth[];
  /** The last runs with their stop runs, the newest first. */
  readonly runs: Asked<readonly Run[]>;
  readonly stopTypes: Asked<number>;
}

/** The page at `/`: how the platform is, what ran last, and where to go on. */
export function renderHome(state: HomeState, words: Words): Html {
  return html`
    <h1>Sluice</h1>
    <p class="tagline">${words.tagline}</p>
    <section id="services" data-live aria-label="${words.services}">
      <span class="fact">${words.version} ${state.version}</span>
      ${state.services.map((one) => renderService(one, words))} ${renderStopTypes(state.stopTypes, words)}
    </section>
    <section>
      <h2>${words.recentRuns}</h2>
      <div id="runs" data-live>${renderRuns(state.runs, words)}</div>
    </section>
    <section>
      <h2>${words.more}</h2>
      <ul class="links">
        <li><a href="/api/docs">${words.apiDocs}</a></li>
        <li><a href="/api/openapi.json">${words.openApi}</a></li>
        <li><a href="/api/v1/runs">${words.allRuns}</a></li>
        <li><a href="/api/v1/stops">${words.allStops}</a></li>
        <li><a href="/health">${words.health}</a></li>
        <li><a href="/metrics">${words.metrics}</a></li>
      </ul>
      <p>${inCode(words.docs)}</p>
    </section>
  `;
}

function renderService({ service, ok, ms, message }: ServiceHealth, words: Words): Html {
  const said = ok ? `${words.serving} · ${ms} ms` : `${words.notServing}: ${message}`;
  return html`<span class="fact ${ok ? 'good' : 'bad'}"><b>${service}</b> ${said}</span>`;
}

function renderStopTypes(stopTypes: Asked<number>, words: Words): Html {
  if ('failure' in stopTypes) {
    return html`<span class="fact bad">${words.stopTypesUnavailable} ${stopTypes.failure}</span>`;
  }
  return html`<a class="fact" href="/stops"><b>${stopTypes.value}</b> ${words.stopTypes}</a>`;
}

function renderRuns(runs: Asked<readonly Run[]>, words: Words): Html {
  if ('failure' in runs) return html`<p class="notice">${words.runsUnavailable} ${runs.failure}</p>`;
  if (runs.value.length === 0) return html`<p>${inCode(words.noRuns)}</p>`;
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>${words.state}</th>
          <th>${words.flow}</th>
          <th>${words.started}</th>
          <th class="number">${words.duration}</th>
          <th class="number">${words.rows}</th>
        </tr>
      </thead>
      <tbody>
        ${runs.value.map((run) => renderRun(run, words))}
      </tbody>
    </table>
  </div>`;
}

function renderRun(run: Run, words: Words): Html {
  const written = rowsWritten(run);
  return html`<tr>
    <td>${stateBadge(run.state, words)}</td>
    <td><a href="/runs/${encodeURIComponent(run.id)}">${run.flowName || run.id}</a></td>
    <td>${moment(run.startTime ?? run.createTime)}</td>
    <td class="number">${span(run.startTime, run.endTime)}</td>
    <td class="number" data-label="${words.rows}">${written === undefined ? '–' : count(written, words)}</td>
  </tr>`;
}
