import { SluiceError } from '@sluice/chassis';
import { Run, RunState } from '@sluice/proto/execution/v1/run';
import { ListRunsRequest, ListRunsResponse, RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { markState, runTime } from '../following/summary.js';
import { hasEnded, stateWord } from '../following/run-model.js';
import type { Session } from '../session.js';
import { formatTime, momentIn, printable } from '../terminal/format.js';
import { table } from '../terminal/table.js';
import { readCount, readPairs, readTime } from '../values.js';

/** The options of `sluice runs`. */
export interface RunsOptions {
  readonly state?: readonly string[];
  readonly flow?: string;
  readonly name?: string;
  readonly label?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly limit?: string;
  readonly page?: string;
  readonly all?: boolean;
}

/** How many runs are listed when nobody says. */
const USUAL = 20;
const LARGEST_PAGE = 500;

/** Lists runs, the newest first. */
export async function runs(session: Session, options: RunsOptions): Promise<void> {
  const request = ListRunsRequest.fromPartial({
    flowId: options.flow ?? '',
    states: (options.state ?? []).flatMap((text) => text.split(',')).map(readState),
    createdFrom: options.since === undefined ? undefined : readTime('--since', options.since),
    createdBefore: options.until === undefined ? undefined : readTime('--until', options.until),
    labels: readPairs('--label', options.label ?? []),
    flowName: options.name ?? '',
    pageSize:
      options.all === true ? LARGEST_PAGE : options.limit === undefined ? USUAL : readCount('--limit', options.limit),
    pageToken: options.page ?? '',
  });
  const client = (await session.connect()).get(RunServiceService);
  let found = await client.listRuns(request);
  if (session.json) {
    for (;;) {
      if (options.all !== true) return session.outJson(ListRunsResponse.toJSON(found));
      // All of them are a stream: one run a line.
      for (const run of found.runs) session.outJson(Run.toJSON(run));
      if (found.nextPageToken === '') return;
      found = await client.listRuns({ ...request, pageToken: found.nextPageToken });
    }
  }
  const shown = [...found.runs];
  while (options.all === true && found.nextPageToken !== '') {
    found = await client.listRuns({ ...request, pageToken: found.nextPageToken });
    shown.push(...found.runs);
  }
  if (session.quiet) return session.out(...shown.map(({ id }) => id));
  if (shown.length === 0) return session.err(session.texts.runs.none);
  session.out(...runTable(session, shown));
  if (found.nextPageToken !== '') session.err(session.texts.words.nextPage(found.nextPageToken));
}

function runTable(session: Session, shown: readonly Run[]): string[] {
  const { words } = session.texts;
  const states = words.states;
  const columns = [
    { title: words.columns.run, whole: true },
    { title: words.columns.flow },
    {
      title: words.columns.state,
      whole: true,
      mark: (padded: string, cell: string) =>
        markState(session, padded, Object.keys(states).find((word) => states[word] === cell) ?? cell),
    },
    { title: words.columns.created, whole: true },
    { title: words.columns.time, align: 'right' as const },
  ];
  const rows = shown.map((run) => {
    const ms = runTime(run);
    const word = stateWord(run.state);
    const progress = hasEnded(run) ? '' : `${Math.floor(run.progress * 100)} %`;
    const time = ms === undefined ? progress : formatTime(ms);
    return [run.id, printable(run.flowName), states[word] ?? word, momentIn(session.width, run.createTime), time];
  });
  return table(columns, rows, session.width, session.style.dim);
}

function readState(text: string): RunState {
  const state = Object.values(RunState).find((each) => each === `RUN_STATE_${text.trim().toUpperCase()}`);
  if (state !== undefined) return state;
  const known = Object.values(RunState)
    .filter((each) => /^RUN_STATE_(?!UNSPECIFIED)/.test(each))
    .map(stateWord);
  throw new SluiceError(
    'REQUEST_INVALID',
    `--state: '${text}' is no state of a run; use ${known.join(', ').toLowerCase()}`,
  );
}
