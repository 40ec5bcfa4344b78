import type { ErrorInfo } from '@sluice/proto/common/v1/problem';
import type { LogLine, PortCount, Run, StopRun } from '@sluice/proto/execution/v1/run';
import { count, logText, moment, span, stateBadge } from './format.js';
import type { Asked } from './home.js';
import { html, type Html } from './html.js';
import type { Words } from './words.js';

/** The last lines of a log. */
export interface LogTail {
  readonly lines: readonly LogLine[];
  /** The place after the last line, from which the page reads on. */
  readonly offset: bigint;
}

const ENDED = ['RUN_STATE_SUCCEEDED', 'RUN_STATE_FAILED', 'RUN_STATE_CANCELLED'];

/** Whether a run has reached its last state. */
export function hasEnded({ state }: Run): boolean {
  return ENDED.includes(state);
}

/** The page of one run: how it is, its stops with their counts, and the end of its log. */
export function renderRun(run: Run, log: Asked<LogTail>, words: Words): Html {
  const path = `/runs/${encodeURIComponent(run.id)}`;
  return html`
    <p><a href="/">${words.home}</a></p>
    <h1>${run.flowName || run.id}</h1>
    <section id="run" data-live data-ended="${hasEnded(run) ? 'yes' : 'no'}">
      ${renderFacts(run, words)} ${run.error && renderError(run.error, words)}
      <h2>${words.stops}</h2>
      ${renderStops(run, words)}
    </section>
    <section>
      <h2>${words.log} <small>${words.logTail}</small></h2>
      ${renderLog(run, log, words)}
      <p>
        <a href="${path}/log">${words.wholeLog}</a> · <a href="${path}/log?level=WARN">${words.standardError}</a> ·
        <a href="/api/v1${path}">${words.asJson}</a>
      </p>
    </section>
  `;
}

function renderFacts(run: Run, words: Words): Html {
  const facts: [string, Html | string][] = [
    [words.state, stateBadge(run.state, words)],
    [words.waitingFor, run.waitingFor],
    [words.run, html`<code>${run.id}</code>`],
    [words.created, moment(run.createTime)],
    [words.started, moment(run.startTime)],
    [words.ended, moment(run.endTime)],
    [words.duration, span(run.startTime, run.endTime)],
    [words.engine, run.engine],
    [words.mode, run.mode.replace('RUN_MODE_', '')],
    [words.node, run.node],
    [words.attempt, String(run.attempt)],
  ];
  const shown = hasEnded(run) ? '' : html`<progress max="1" value="${run.progress}">${run.progress}</progress>`;
  return html`<dl>
      ${facts.map(
        ([name, value]) =>
          value !== '' &&
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
    ${shown}`;
}

function renderError({ reason, message, problems }: ErrorInfo, words: Words): Html {
  return html`<div class="notice">
    <p><b>${words.error}</b> <code>${reason}</code> ${message}</p>
    ${
      problems.length > 0 &&
      html`<ul>
        ${problems.map((one) => html`<li>${one.stop !== '' && html`<b>${one.stop}</b>: `}${one.message}</li>`)}
      </ul>`
    }
  </div>`;
}

function renderStops({ stops }: Run, words: Words): Html {
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>${words.state}</th>
          <th>${words.stop}</th>
          <th>${words.stopType}</th>
          <th class="number">${words.duration}</th>
          <th class="number">${words.rowsIn}</th>
          <th class="number">${words.rowsOut}</th>
          <th class="number">${words.rejected}</th>
        </tr>
      </thead>
      <tbody>
        ${stops.map((stop) => renderStop(stop, words))}
      </tbody>
    </table>
  </div>`;
}

function renderStop(stop: StopRun, words: Words): Html {
  return html`<tr>
      <td>${stateBadge(stop.state, words)}</td>
      <td>${stop.name}</td>
      <td><code>${stop.stopType}</code></td>
      <td class="number">${span(stop.startTime, stop.endTime)}</td>
      <td class="number">${renderCounts(stop.inputs, words)}</td>
      <td class="number">${renderCounts(stop.outputs, words)}</td>
      <td class="number">${stop.rejectedRows > 0n ? count(stop.rejectedRows, words) : '–'}</td>
    </tr>
    ${
      stop.error &&
      html`<tr>
        <td></td>
        <td colspan="6" class="cause"><code>${stop.error.reason}</code> ${stop.error.message}</td>
      </tr>`
    }`;
}

function renderCounts(counts: readonly PortCount[], words: Words): string {
  if (counts.length === 0) return '–';
  const texts = counts.map(({ port, rows }) => {
    const isAlone = counts.length === 1 && port === '';
    return isAlone ? count(rows, words) : `${port || words.defaultPort}: ${count(rows, words)}`;
  });
  return texts.join(', ');
}

function renderLog(run: Run, log: Asked<LogTail>, words: Words): Html {
  if ('failure' in log) return html`<p class="notice">${words.logUnavailable} ${log.failure}</p>`;
  const { lines, offset } = log.value;
  const follow = `/api/v1/runs/${encodeURIComponent(run.id)}/logs?follow=true&offset=${offset}`;
  const text = lines.map((line) => `${logText(line)}\n`).join('');
  if (hasEnded(run) && text === '') return html`<p>${words.emptyLog}</p>`;
  return html`<pre class="log" tabindex="0" data-follow="${hasEnded(run) ? '' : follow}">${text}</pre>`;
}
