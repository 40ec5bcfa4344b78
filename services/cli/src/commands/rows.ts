import { SluiceError, type Client } from '@sluice/chassis';
import type { Rows } from '@sluice/proto/common/v1/rows';
import {
  GetRowsRequest,
  GetRowsResponse,
  PreviewFlowResponse,
  RowsKind,
  RunServiceService,
} from '@sluice/proto/execution/v1/run_service';
import { readFlowSource } from '../flow-source.js';
import type { Session } from '../session.js';
import { formatCount, printable } from '../terminal/format.js';
import { table } from '../terminal/table.js';
import { readCount, readPairs } from '../values.js';

const USUAL_ROWS = 20;
const NUMBERS = /^(tinyint|smallint|int|bigint|float|double|decimal)/;

/** Rows as lines of a table; NULL is shown as such, texts so that they stay on their line. */
export function rowLines({ style, width }: Pick<Session, 'style' | 'width'>, rows: Rows): string[] {
  const columns = rows.columns.map(({ name, type }) => ({
    title: printable(name),
    align: NUMBERS.test(type) ? ('right' as const) : undefined,
    mark: (padded: string, cell: string) => (cell === 'NULL' ? style.dim(padded) : padded),
  }));
  return table(
    columns,
    rows.rows.map((row) => (row as unknown[]).map(cellText)),
    width,
    style.bold,
  );
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  return printable(typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean));
}

/** Shows the columns and first rows of a port of a flow, without writing anything. */
export async function preview(
  session: Session,
  options: { readonly var?: readonly string[]; readonly limit?: string; readonly local?: boolean },
  flow: string,
  stop: string,
  port = '',
): Promise<void> {
  const request = {
    source: await readFlowSource(flow),
    stop,
    port,
    limit: options.limit === undefined ? USUAL_ROWS : readCount('--limit', options.limit),
    variables: readPairs('--var', options.var ?? []),
  };
  const client = (await session.connect(options.local)).get(RunServiceService);
  // A preview may have to read a lot; Ctrl-C ends it.
  const found = await client.previewFlow(request, { deadlineMs: 0 });
  if (session.json) return session.outJson(PreviewFlowResponse.toJSON(found));
  const rows = found.rows ?? { columns: [], rows: [] };
  session.out(...rowLines(session, rows));
  if (rows.rows.length === 0) session.err(session.texts.rows.none);
  else if (!session.quiet && rows.rows.length === request.limit) session.err(session.texts.rows.first(request.limit));
}

/** The options of `sluice runs rows`. */
export interface RunRowsOptions {
  readonly rejected?: boolean;
  readonly columns?: string;
  readonly where?: string;
  readonly limit?: string;
  readonly page?: string;
}

/** Shows rows that a debug run stored at a port, or rows that a reader refused. */
export async function runRows(
  session: Session,
  options: RunRowsOptions,
  runId: string,
  stop?: string,
  port = '',
): Promise<void> {
  const client = (await session.connect()).get(RunServiceService);
  if (stop === undefined && options.rejected !== true) throw await noStop(client, runId);
  const request = GetRowsRequest.fromPartial({
    runId,
    stop: stop ?? '',
    port,
    kind: options.rejected === true ? RowsKind.ROWS_KIND_REJECTED : RowsKind.ROWS_KIND_DEBUG,
    columns: options.columns === undefined ? [] : options.columns.split(',').map((name) => name.trim()),
    condition: options.where ?? '',
    pageSize: options.limit === undefined ? USUAL_ROWS : readCount('--limit', options.limit),
    pageToken: options.page ?? '',
  });
  const found = await client.getRows(request);
  if (session.json) return session.outJson(GetRowsResponse.toJSON(found));
  const rows = found.rows ?? { columns: [], rows: [] };
  session.out(...rowLines(session, rows));
  if (session.quiet) return;
  const { texts } = session;
  session.err(texts.rows.some(formatCount(rows.rows.length), formatCount(found.totalRows)));
  if (found.nextPageToken !== '') session.err(texts.words.nextPage(found.nextPageToken));
}

async function noStop(client: Client<typeof RunServiceService>, id: string): Promise<SluiceError> {
  const { run } = await client.getRun({ id });
  const names = (run?.stops ?? []).map(({ name }) => `'${name}'`).join(', ');
  return new SluiceError('REQUEST_INVALID', `name the stop whose rows you want: ${names}; or ask for --rejected rows`);
}
