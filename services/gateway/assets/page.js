/* global addEventListener, document, location, fetch, DOMParser, EventSource, setTimeout */
'use strict';

/** Writes moments in the reader's own zone. */
function localise(root) {
  const form = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'medium' });
  for (const time of root.querySelectorAll('time')) {
    time.title = time.dateTime;
    time.textContent = form.format(new Date(time.dateTime));
  }
}

/** Fetches the page again and puts its live parts in the place of the old ones. */
async function refresh() {
  const response = await fetch(location.href, { headers: { accept: 'text/html' } });
  if (!response.ok) throw new Error(String(response.status));
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
  localise(fresh);
  for (const part of document.querySelectorAll('[data-live]')) {
    const other = fresh.getElementById(part.id);
    if (other !== null && other.innerHTML !== part.innerHTML) part.innerHTML = other.innerHTML;
    if (other !== null && other.dataset.ended !== undefined) part.dataset.ended = other.dataset.ended;
  }
}

function keepFresh(everyMs) {
  const offline = document.getElementById('offline');
  const again = async () => {
    if (!document.hidden) {
      try {
        await refresh();
        offline.hidden = true;
      } catch {
        offline.hidden = false;
      }
    }
    // A run that has ended does not change any more.
    if (document.querySelector('[data-ended="yes"]') === null) setTimeout(again, everyMs);
  };
  setTimeout(again, everyMs);
}

/** Adds the lines of a log as they come. */
function follow(pre) {
  const isAtEnd = () => pre.scrollHeight - pre.scrollTop - pre.clientHeight < 40;
  const source = new EventSource(pre.dataset.follow);
  source.onmessage = (event) => {
    const wasAtEnd = isAtEnd();
    for (const { time, level, stop, message } of JSON.parse(event.data).lines) {
      const moment = new Date(time).toISOString();
      const word = level.replace('LOG_LEVEL_', '').padEnd(5);
      pre.append(`${moment} ${word} ${stop === '' ? '' : `[${stop}] `}${message}\n`);
    }
    if (wasAtEnd) pre.scrollTop = pre.scrollHeight;
  };
  source.addEventListener('end', () => source.close());
}

/** Opens the part that a link of the API reference leads to. */
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target === null || target.tagName !== 'DETAILS') return;
  target.open = true;
  target.scrollIntoView();
}

/** Buttons that do something: they post to the API, and the page shows what became of it. */
document.addEventListener('click', async (event) => {
  const button = event.target.closest('button[data-post]');
  if (button === null) return;
  button.disabled = true;
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(button.dataset.post, { method: 'POST', headers, body: '{}' });
  const told = await answer.json().catch(() => undefined);
  if (!answer.ok) {
    button.title = told?.error?.message ?? String(answer.status);
    button.classList.add('bad');
  }
  button.disabled = false;
  await refresh();
});

addEventListener('hashchange', openTarget);
openTarget();
localise(document);
const everyMs = Number(document.querySelector('main').dataset.refresh);
if (everyMs > 0) keepFresh(everyMs);
for (const pre of document.querySelectorAll('pre.log')) {
  pre.scrollTop = pre.scrollHeight;
  if (pre.dataset.follow !== '') follow(pre);
}
