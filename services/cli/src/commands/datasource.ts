import { Datasource, DatasourceType, TestVerdict } from '@sluice/proto/datasource/v1/datasource';
import {
  BrowseDatasourceResponse,
  DatasourceServiceService,
  GetDatasourceUsageResponse,
  SampleRowsResponse,
  TestDatasourceResponse,
} from '@sluice/proto/datasource/v1/datasource_service';
import { EXIT } from '../exit-codes.js';
import type { Session } from '../session.js';
import { formatMoment, printable } from '../terminal/format.js';
import { table } from '../terminal/table.js';
import { readCount } from '../values.js';

const LARGEST_PAGE = 500;

async function clientOf(session: Session) {
  return (await session.connect()).get(DatasourceServiceService);
}

/** Lists the types of datasources. */
export async function listTypes(session: Session): Promise<void> {
  const { types } = await (await clientOf(session)).listDatasourceTypes({});
  if (session.json) return types.forEach((type) => session.outJson(DatasourceType.toJSON(type)));
  const { columns } = session.texts.words;
  const rows = types.map(({ name, title, properties }) => [
    name,
    (session.language === 'zh' && title?.zh) || title?.en || '',
    properties.map((each) => `${each.name}${each.secret ? '*' : ''}`).join(', '),
  ]);
  const titles = [{ title: columns.name, whole: true }, { title: columns.title }, { title: columns.property }];
  session.out(...table(titles, rows, session.width, session.style.dim));
}

/** Lists datasources. */
export async function listDatasources(session: Session): Promise<void> {
  const all = await allDatasources(session);
  if (session.json) return all.forEach((each) => session.outJson(Datasource.toJSON(each)));
  if (session.quiet) return session.out(...all.map(({ name }) => name));
  if (all.length === 0) return session.err(session.texts.datasource.none);
  const { columns } = session.texts.words;
  const titles = [
    { title: columns.name, whole: true },
    { title: columns.type },
    { title: columns.version, align: 'right' as const },
    { title: columns.updated },
    { title: columns.meaning },
  ];
  const rows = all.map((each) => {
    return [each.name, each.type, String(each.version), formatMoment(each.updateTime), printable(each.description)];
  });
  session.out(...table(titles, rows, session.width, session.style.dim));
}

async function allDatasources(session: Session): Promise<Datasource[]> {
  const client = await clientOf(session);
  const all: Datasource[] = [];
  for (let pageToken = ''; ;) {
    const page = await client.listDatasources({ pageSize: LARGEST_PAGE, pageToken });
    all.push(...page.datasources);
    pageToken = page.nextPageToken;
    if (pageToken === '') return all;
  }
}

/** Shows a datasource; secrets are named and not shown. */
export async function showDatasource(session: Session, _options: object, name: string): Promise<void> {
  const { datasource } = await (await clientOf(session)).getDatasource({ name });
  const found = datasource ?? Datasource.fromPartial({});
  if (session.json) return session.outJson(Datasource.toJSON(found));
  const { columns } = session.texts.words;
  session.out(`${session.style.bold(found.name)}  ${found.type}  v${found.version}  ${printable(found.description)}`);
  const rows = [
    ...Object.entries(found.properties).map(([key, value]) => [key, printable(value)]),
    ...found.secrets.map((key) => [key, '••••••']),
  ];
  session.out(
    ...table([{ title: columns.property }, { title: columns.value }], rows, session.width, session.style.dim),
  );
}

/** Tests one datasource or all of them, each by a real connection. */
export async function testDatasources(
  session: Session,
  options: { readonly all?: boolean; readonly timeout?: string },
  name?: string,
): Promise<void> {
  const client = await clientOf(session);
  const names =
    options.all === true || name === undefined ? (await allDatasources(session)).map((each) => each.name) : [name];
  const timeoutMs = options.timeout === undefined ? 0 : readCount('--timeout', options.timeout);
  const tested = await Promise.all(
    names.map(async (each) => {
      try {
        return { name: each, ...(await client.testDatasource({ name: each, timeoutMs })) };
      } catch (error) {
        return { name: each, ...TestDatasourceResponse.fromPartial({ message: (error as Error).message }) };
      }
    }),
  );
  if (tested.some(({ passed }) => !passed)) session.exitWith(EXIT.failed);
  if (session.json) {
    return tested.forEach((each) =>
      session.outJson({ name: each.name, ...(TestDatasourceResponse.toJSON(each) as object) }),
    );
  }
  const marks: Readonly<Record<string, string>> = {
    [TestVerdict.TEST_VERDICT_PASSED]: session.style.good('✓'),
    [TestVerdict.TEST_VERDICT_FAILED]: session.style.bad('✗'),
    [TestVerdict.TEST_VERDICT_NOT_USED]: '-',
  };
  const { columns } = session.texts.words;
  const steps = ['name', 'connect', 'tls', 'authentication', 'permission'];
  const titles = [
    { title: columns.name, whole: true },
    ...steps.map((title) => ({ title })),
    { title: 'ms' },
    { title: columns.value },
  ];
  const rows = tested.map((each) => [
    each.name,
    ...steps.map((step) => marks[each.steps.find((one) => one.step === step)?.verdict ?? ''] ?? ' '),
    each.passed ? each.latencyMs.toFixed(1) : '',
    each.passed ? `${each.product} ${each.version}` : printable(each.message),
  ]);
  session.out(...table(titles, rows, session.width, session.style.dim));
}

/** Lists what lies in a datasource, or at a path in it. */
export async function browseDatasource(
  session: Session,
  options: { readonly limit?: string },
  name: string,
  path: readonly string[],
): Promise<void> {
  const limit = options.limit === undefined ? 0 : readCount('--limit', options.limit);
  const found = await (await clientOf(session)).browseDatasource({ name, path: [...path], limit });
  if (session.json) return session.outJson(BrowseDatasourceResponse.toJSON(found));
  if (session.quiet) return session.out(...found.entries.map((each) => each.name));
  const { columns } = session.texts.words;
  const titles = [{ title: columns.name }, { title: columns.kind }, { title: columns.type }];
  const rows = found.entries.map((each) => [printable(each.name), each.kind, each.type]);
  session.out(...table(titles, rows, session.width, session.style.dim));
}

/** Shows the first rows of a table. */
export async function sampleRows(
  session: Session,
  options: { readonly limit?: string },
  name: string,
  from: string,
): Promise<void> {
  const limit = options.limit === undefined ? 0 : readCount('--limit', options.limit);
  const found = await (await clientOf(session)).sampleRows({ name, table: from, limit });
  if (session.json) return session.outJson(SampleRowsResponse.toJSON(found));
  const titles = (found.rows?.columns ?? []).map((column) => ({ title: column.name }));
  const rows = (found.rows?.rows ?? []).map((row) =>
    (row as unknown[]).map((each) =>
      each === null ? 'NULL' : printable(typeof each === 'string' ? each : JSON.stringify(each)),
    ),
  );
  session.out(...table(titles, rows, session.width, session.style.dim));
}

/** Says which flows use a datasource. */
export async function showUsage(session: Session, _options: object, name: string): Promise<void> {
  const found = await (await clientOf(session)).getDatasourceUsage({ name });
  if (session.json) return session.outJson(GetDatasourceUsageResponse.toJSON(found));
  if (found.uses.length === 0) return session.err(session.texts.datasource.unused(name));
  const { columns } = session.texts.words;
  const titles = [
    { title: columns.id, whole: true },
    { title: columns.flow },
    { title: columns.stops },
    { title: columns.schedules },
  ];
  const rows = found.uses.map(({ flowId, flowName, stops, schedules }) => [
    flowId,
    printable(flowName),
    printable(stops.join(', ')),
    printable(schedules.join(', ')),
  ]);
  session.out(...table(titles, rows, session.width, session.style.dim));
}

/** Deletes a datasource. */
export async function removeDatasource(
  session: Session,
  options: { readonly force?: boolean },
  name: string,
): Promise<void> {
  await (await clientOf(session)).deleteDatasource({ name, force: options.force ?? false });
  if (session.json) session.outJson({});
  else if (!session.quiet) session.out(session.texts.datasource.removed(name));
}
