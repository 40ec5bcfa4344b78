import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Client } from '@sluice/chassis';
import { ListStopsRequest, StopServiceService } from '@sluice/proto/catalog/v1/stop_service';
import { PortKind, PropertyKind, type Property, type StopType } from '@sluice/proto/catalog/v1/stop';
import { CreateDatasourceRequest, DatasourceServiceService } from '@sluice/proto/datasource/v1/datasource_service';
import { SetVariableRequest, VariableServiceService } from '@sluice/proto/datasource/v1/variable_service';
import { RunOptions } from '@sluice/proto/execution/v1/run';
import { ListRunsRequest, RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { rowOfStops, startRequest, waitForEnd } from '../bench/flows.js';
import { startPlatform, type TestPlatform } from '../support/platform.js';
import { filesWith, holds, toldBy } from '../support/secret-search.js';

const SECRET = `Planted-${randomBytes(12).toString('hex')}`;
const AT_ONCE = 4;
const TEST_MS = 500;
/** After this time the mirror hangs up. */
const MUTE_MS = 300;
const RUN_SECONDS = 3n;

let platform: TestPlatform;
let runs: Client<typeof RunServiceService>;
let datasources: Client<typeof DatasourceServiceService>;
let mirror: Server;
let port = 0;
let heard = 0;
const seen: string[] = [];
const note = <T>(value: T): T => {
  seen.push(JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each)));
  return value;
};

beforeAll(async () => {
  // A server that says what it heard and hangs up: whatever a driver sends comes back to stand in its errors.
  mirror = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.setTimeout(MUTE_MS, () => socket.destroy());
    socket.on('data', (data) => {
      if (holds(data.toString('latin1'), SECRET)) heard++;
      const isHttp = /^[A-Z]+ \S+ HTTP\/1/.test(data.toString('latin1'));
      const head = `HTTP/1.1 418 mirror\r\ncontent-type: text/plain\r\ncontent-length: ${data.length}\r\n\r\n`;
      if (isHttp) socket.end(Buffer.concat([Buffer.from(head), data]));
      else socket.write(data, () => setTimeout(() => socket.destroy(), 200));
    });
    // Servers of lines speak first.
    setTimeout(() => socket.writable && socket.write('220 mirror\r\n'), 100);
  });
  await new Promise<void>((resolve) => mirror.listen(0, '127.0.0.1', resolve));
  ({ port } = mirror.address() as AddressInfo);
  platform = await startPlatform({ env: { SLUICE_EXECUTION_MAX_RUNS: String(AT_ONCE) } });
  runs = platform.clients.get(RunServiceService);
  datasources = platform.clients.get(DatasourceServiceService);
  const variables = platform.clients.get(VariableServiceService);
  note(await variables.setVariable(SetVariableRequest.fromPartial({ name: 'PLANTED', value: SECRET, secret: true })));
}, 60_000);
afterAll(async () => {
  await platform?.close();
  mirror?.close();
}, 60_000);

/** A value with which a property leads to the mirror; undefined where it has a default and says nothing of a place. */
function valueFor(
  { name, kind, required, example, secret, defaultValue }: Property,
  planted: string,
): string | undefined {
  if (secret) return planted;
  if (kind === PropertyKind.PROPERTY_KIND_BOOLEAN || /tls|ssl|secure/i.test(name)) return undefined;
  if (/port$/i.test(name)) return String(port);
  const text = typeof example === 'string' || typeof example === 'number' ? String(example) : '';
  if (/host|servers?$/i.test(name) && !text.includes('://') && !text.includes(':')) return '127.0.0.1';
  if (/^jdbc:|:\/\/|^[\w.-]+:\d{2,5}/.test(text)) {
    return text.replace(/(:\/\/)?[\w.-]+:\d{2,5}|(?<=:\/\/)[\w.-]+/, (place) => `${place.startsWith('://') ? '://' : ''}127.0.0.1:${port}`); // prettier-ignore
  }
  return required && (defaultValue ?? '') === '' ? text || 'x' : undefined;
}

function valuesOf(properties: readonly Property[], planted: string): Record<string, string> {
  const values = properties.map((each) => [each.name, valueFor(each, planted)] as const);
  return Object.fromEntries(values.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

/** Does the same with some at a time. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

const told = (work: Promise<unknown>): Promise<unknown> =>
  work.then(note, (error: unknown) => note({ message: (error as Error).message, error }));

const rowsIn = { name: 'in', bundle: 'cn.piflow.bundle.common.MockData', properties: { schema: 'id:Int,name:String', count: '3' } }; // prettier-ignore
let began = 0;

async function run(name: string, stops: Parameters<typeof rowOfStops>[1]): Promise<void> {
  const options = RunOptions.fromPartial({ timeout: { seconds: RUN_SECONDS, nanos: 0 } });
  try {
    const { run: started } = await runs.startRun(startRequest(rowOfStops(name, stops), { options }));
    began++;
    note(await waitForEnd(runs, started?.id ?? ''));
  } catch (error) {
    note(`${name}: ${(error as Error).message} ${JSON.stringify(error)}`);
  }
}

test('datasources of every type are kept, tested, browsed and read', { timeout: 90_000 }, async () => {
  const { types } = await datasources.listDatasourceTypes({});
  expect(types.length).toBeGreaterThan(20);
  const withSecrets = types.filter(({ properties }) => properties.some(({ secret }) => secret));
  await each(withSecrets, async ({ name, properties, family }) => {
    const request = { name, type: name, properties: valuesOf(properties, SECRET) };
    note(await datasources.createDatasource(CreateDatasourceRequest.fromPartial(request)));
    await told(datasources.testDatasource({ name, timeoutMs: TEST_MS }));
    note(await datasources.getDatasource({ name }));
    if (family !== 'sql') return;
    const read = { name: 'read', bundle: 'sluice.table.read', properties: { datasource: name, table: 't' } };
    await run(`read ${name}`, [read]);
  });
  note(await datasources.listDatasources({ pageSize: 500, pageToken: '' }));
  expect(heard).toBeGreaterThan(5);
});

test('every stop that has a secret runs', { timeout: 120_000 }, async () => {
  const catalog = platform.clients.get(StopServiceService);
  const { stops } = await catalog.listStops(ListStopsRequest.fromPartial({ pageSize: 1000 }));
  const secret = stops.filter(({ properties }) => properties.some((property) => property.secret));
  expect(secret.length).toBeGreaterThan(30);
  const before = began;
  await each(secret, async (stop: StopType) => {
    const own = { name: 'own', bundle: stop.name, properties: valuesOf(stop.properties, '${PLANTED}') };
    const takes = stop.inports?.kind === PortKind.PORT_KIND_SINGLE && !stop.inports.optional;
    await run(stop.name, takes ? [rowsIn, own] : [own]);
  });
  // Those that a flow can be made for by their examples alone.
  expect(began - before).toBeGreaterThan(secret.length * 0.8);
});

test('the secret stands in no reply, log, file of the home folder, argument or environment', async () => {
  for (const { id } of (await runs.listRuns(ListRunsRequest.fromPartial({ pageSize: 500 }))).runs) {
    for await (const lines of runs.streamRunLogs({ id, stop: '', offset: 0n, follow: false })) note(lines);
    note(await runs.getRun({ id }));
  }
  const all = [...seen, ...(await toldBy(platform))];
  expect(all.filter((text) => holds(text, SECRET))).toEqual([]);
  expect(await filesWith(platform.home, SECRET)).toEqual([]);
});
