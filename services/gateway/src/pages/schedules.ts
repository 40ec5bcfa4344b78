import type { Schedule, ScheduleSpec, Tick } from '@sluice/proto/scheduling/v1/schedule';
import type { PreviewedTick } from '@sluice/proto/scheduling/v1/schedule_service';
import { inCode, moment } from './format.js';
import type { Asked } from './home.js';
import { html, type Html, type Part } from './html.js';
import type { Words } from './words.js';

/** What the page of one schedule shows. */
export interface ScheduleState {
  readonly schedule: Schedule;
  /** Its next due times with what will become of each. */
  readonly next: Asked<{ readonly ticks: readonly PreviewedTick[]; readonly endReason: string }>;
  /** Its last due times, the newest first. */
  readonly ticks: Asked<readonly Tick[]>;
}

/** The page at `/schedules`: what is kept, when each is due, and what became of it last. */
export function renderSchedules(schedules: Asked<readonly Schedule[]>, words: Words): Html {
  return html`
    <h1>${words.schedules}</h1>
    <div id="schedules" data-live>${renderList(schedules, words)}</div>
  `;
}

function renderList(schedules: Asked<readonly Schedule[]>, words: Words): Html {
  if ('failure' in schedules) return html`<p class="notice">${words.schedulesUnavailable} ${schedules.failure}</p>`;
  if (schedules.value.length === 0) return html`<p>${inCode(words.noSchedules)}</p>`;
  const names = new Map(schedules.value.map(({ id, spec }) => [id, spec?.name ?? id]));
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>${words.state}</th>
          <th>${words.schedule}</th>
          <th>${words.due}</th>
          <th>${words.next}</th>
          <th>${words.last}</th>
          <th></th>
        </tr>
      </thead>
      <tbody>
        ${schedules.value.map((each) => renderRow(each, words, names))}
      </tbody>
    </table>
  </div>`;
}

function renderRow(schedule: Schedule, words: Words, names: ReadonlyMap<string, string>): Html {
  const { id, spec, lastTick } = schedule;
  return html`<tr>
    <td>${stateOf(schedule, words)}</td>
    <td><a href="/schedules/${encodeURIComponent(id)}">${spec?.name ?? id}</a></td>
    <td>${dueText(spec, words, names)}</td>
    <td>${moment(schedule.nextTime)}</td>
    <td>${lastTick === undefined ? '–' : html`${moment(lastTick.dueTime)} ${outcomeOf(lastTick, words)}`}</td>
    <td class="actions">${renderActions(schedule, words)}</td>
  </tr>`;
}

/** The page at `/schedules/{id}`: its next times, what became of the last ones, and why. */
export function renderSchedule({ schedule, next, ticks }: ScheduleState, words: Words): Html {
  const { id, spec, warning, stateReason } = schedule;
  const target = spec?.target?.reference ?? '';
  return html`
    <h1>${spec?.name ?? id}</h1>
    <div id="schedule" data-live>
      <p>${stateOf(schedule, words)} ${stateReason} <span class="actions">${renderActions(schedule, words)}</span></p>
      ${warning !== '' && html`<p class="notice">${warning}</p>`}
      <dl>
        ${fact(words.due, dueText(spec, words))} ${fact(words.flow, target)}
        ${fact(words.next, moment(schedule.nextTime))}
        ${schedule.failures > 0 && fact(words.failures, schedule.failures)}
        ${schedule.droppedEvents > 0n && fact(words.dropped, String(schedule.droppedEvents))}
      </dl>
      <h2>${words.nextTimes}</h2>
      ${renderNext(next, words)}
      <h2>${words.lastTimes}</h2>
      ${renderTicks(ticks, words)}
    </div>
    <ul class="links">
      <li><a href="/api/v1/schedules/${encodeURIComponent(id)}">${words.asJson}</a></li>
      <li><a href="/schedules">${words.schedules}</a></li>
    </ul>
  `;
}

function fact(title: string, value: Part): Html {
  return html`<div>
    <dt>${title}</dt>
    <dd>${value}</dd>
  </div>`;
}

function renderNext(next: ScheduleState['next'], words: Words): Html {
  if ('failure' in next) return html`<p class="notice">${next.failure}</p>`;
  const { ticks, endReason } = next.value;
  return html`${
    ticks.length > 0 &&
    html`<div class="scroll">
      <table>
        <tbody>
          ${ticks.map(
            ({ dueTime, outcome, message }) =>
              html`<tr>
                <td>${moment(dueTime)}</td>
                <td>${badge(outcome === 'TICK_OUTCOME_FIRED' ? 'WILL_RUN' : outcomeWord(outcome), words)}</td>
                <td>${message}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`
  }
  ${endReason !== '' && html`<p>${endReason}</p>`}`;
}

function renderTicks(ticks: ScheduleState['ticks'], words: Words): Html {
  if ('failure' in ticks) return html`<p class="notice">${ticks.failure}</p>`;
  if (ticks.value.length === 0) return html`<p>${words.noTicks}</p>`;
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>${words.dueTime}</th>
          <th>${words.outcome}</th>
          <th>${words.why}</th>
          <th>${words.run}</th>
        </tr>
      </thead>
      <tbody>
        ${ticks.value.map(
          (tick) =>
            html`<tr>
              <td>${moment(tick.dueTime)}</td>
              <td>${outcomeOf(tick, words)}</td>
              <td>${tick.message}</td>
              <td>${tick.runId !== '' && html`<a href="/runs/${encodeURIComponent(tick.runId)}">${tick.runId}</a>`}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** What a person can do: the page's script posts to the API and fetches the page again. */
function renderActions({ id, state }: Schedule, words: Words): Html {
  const path = `/api/v1/schedules/${encodeURIComponent(id)}`;
  const isPaused = state === 'SCHEDULE_STATE_PAUSED';
  return html`<button data-post="${path}:trigger">${words.trigger}</button>
    <button data-post="${path}:${isPaused ? 'resume' : 'pause'}">${isPaused ? words.resume : words.pause}</button>`;
}

function stateOf({ state }: Schedule, words: Words): Html {
  return badge(state.replace('SCHEDULE_STATE_', ''), words);
}

/** The outcome of a tick, or the state of its run once it has one. */
function outcomeOf({ outcome, runState }: Tick, words: Words): Html {
  if (outcome !== 'TICK_OUTCOME_FIRED' || runState === '') return badge(outcomeWord(outcome), words);
  return badge(runState === 'ACTIVE' ? 'RUNNING' : runState, words);
}

function outcomeWord(outcome: string): string {
  return outcome.replace('TICK_OUTCOME_', '');
}

function badge(word: string, words: Words): Html {
  const known: Readonly<Record<string, string>> = { ...words.states, ...words.scheduleStates };
  return html`<span class="state state-${word.toLowerCase()}">${known[word] ?? word}</span>`;
}

function dueText(spec: ScheduleSpec | undefined, words: Words, names?: ReadonlyMap<string, string>): Html {
  const trigger = spec?.trigger;
  switch (trigger?.$case) {
    case 'cron':
      return html`<code>${trigger.value.expression}</code> ${trigger.value.zone}`;
    case 'interval':
      return html`${words.every} ${String(trigger.value.every?.seconds ?? 0n)} s`;
    case 'once':
      return html`${words.once} ${moment(trigger.value.time)}`;
    case 'dependency':
      return html`${words.after}
      ${trigger.value.upstreams.map(({ source }) => names?.get(source?.value ?? '') ?? source?.value ?? '').join(', ')}`;
    case 'file':
      return html`${words.files} <code>${trigger.value.folder}</code>`;
    case 'event':
      return trigger.value.source?.$case === 'subject'
        ? html`${words.events} <code>${trigger.value.source.value}</code>`
        : html`${words.hook}`;
    default:
      return html`${words.manual}`;
  }
}
