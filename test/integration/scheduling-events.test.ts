import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, headers, type NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { natsUrl } from '@sluice/chassis/testing';
import { EventServiceService } from '@sluice/proto/scheduling/v1/event_service';
import type { Tick } from '@sluice/proto/scheduling/v1/schedule';
import { mockFlow, rowOfStops } from '../bench/flows.js';
import type { TestPlatform } from '../support/platform.js';
import { ScheduleDesk } from '../support/schedules.js';
import { until } from '../support/until.js';
import { MODES } from './modes.js';

describe.each(MODES)('events and files on a platform: $name', (mode) => {
  describe.skipIf(!mode.available)('when its services are there', () => {
    const hasNats = mode.name.includes('NATS');
    /** Platforms of tests share one NATS server: each has subjects of its own. */
    const root = `t${Date.now().toString(36)}${hasNats ? 'n' : 's'}`;
    let platform: TestPlatform;
    let desk: ScheduleDesk;
    let schedules: ScheduleDesk['schedules'];
    let nats: NatsConnection | undefined;
    let flowId: string;

    const create = (trigger: object, more: object = {}): Promise<string> => desk.create(flowId, { trigger, ...more });
    const subject = (value: string, filters: object[] = [], idPath = ''): object => {
      return { $case: 'event', value: { source: { $case: 'subject', value }, filters, idPath } };
    };
    const publish = (name: string, eventId: string, payload: Record<string, unknown>) =>
      platform.clients.get(EventServiceService).publishEvent({ subject: name, eventId, payload });
    const eventsOf = (ticks: readonly Tick[]): unknown[] =>
      ticks.map((tick) => JSON.parse(tick.variables['SLUICE_EVENT'] ?? '')).sort();

    beforeAll(async () => {
      platform = await mode.start();
      desk = new ScheduleDesk(platform);
      schedules = desk.schedules;
      nats = hasNats ? await connect({ servers: natsUrl() ?? '' }) : undefined;
      flowId = await desk.keep(mockFlow(2));
    }, 120_000);
    afterAll(async () => {
      await nats?.close();
      await platform?.close();
    }, 60_000);

    test('an event of a subject of one’s own runs each schedule that listens, once for its id, where filters hold', async () => {
      const big = await create(
        subject(`${root}.orders.*`, [{ path: 'total', operator: 'FILTER_OPERATOR_GREATER', value: '100' }]),
      );
      const all = await create(subject(`${root}.orders.>`));
      const { receipts } = await publish(`${root}.orders.new`, 'o1', { total: 120 });
      expect(new Set(receipts.map(({ scheduleId, accepted }) => `${scheduleId} ${accepted}`))).toEqual(
        new Set([`${big} true`, `${all} true`]),
      );
      const again = await publish(`${root}.orders.new`, 'o1', { total: 120 });
      expect(again.receipts.map(({ tick }) => tick?.id).sort()).toEqual(receipts.map(({ tick }) => tick?.id).sort());
      const small = await publish(`${root}.orders.new`, 'o2', { total: 99 });
      expect(small.receipts.find(({ scheduleId }) => scheduleId === big)).toMatchObject({ accepted: false });
      expect((await publish(`${root}x.orders.new`, 'o3', {})).receipts).toEqual([]);
      await expect(publish('sluice.v1.execution.run.finished', 'x', {})).rejects.toMatchObject({
        reason: 'REQUEST_INVALID',
      });
      const [tick] = await desk.good(big, 1);
      expect(tick?.variables).toMatchObject({
        SLUICE_EVENT: '{"total":120}',
        SLUICE_EVENT_ID: 'o1',
        SLUICE_EVENT_SUBJECT: `${root}.orders.new`,
      });
      await desk.good(all, 2);
      expect(await desk.ticks(big)).toHaveLength(1);
      expect(await desk.ticks(all)).toHaveLength(2);
    }, 120_000);

    test('an identifier in the payload makes the same event one', async () => {
      const id = await create(subject(`${root}.paid`, [], 'payment.id'));
      for (const total of [1, 2]) await publish(`${root}.paid`, '', { payment: { id: 'p1' }, total });
      await publish(`${root}.paid`, '', { payment: { id: 'p2' }, total: 3 });
      expect(eventsOf(await desk.good(id, 2))).toHaveLength(2);
      expect(await desk.ticks(id)).toHaveLength(2);
    }, 120_000);

    test('an event storm is bounded, and what goes beyond is counted', async () => {
      const id = await create(subject(`${root}.storm`), { policies: { overlap: 'OVERLAP_POLICY_SKIP' } });
      await schedules.pauseSchedule({ id, reason: 'only the ticks count here' });
      // A minute of the clock may begin in between: then twice as many are taken.
      const first = Math.floor(Date.now() / 60_000);
      const events = Array.from({ length: 1_500 }, (_, event) => event);
      let dropped = 0;
      for (let at = 0; at < events.length; at += 50) {
        const answers = await Promise.all(
          events.slice(at, at + 50).map((event) => publish(`${root}.storm`, `e${event}`, { event })),
        );
        dropped += answers.filter(({ receipts }) => receipts[0]?.dropped).length;
      }
      const minutes = Math.floor(Date.now() / 60_000) - first + 1;
      const processes = platform.processes.filter(({ services }) => services.includes('scheduling')).length;
      const most = 600 * minutes * processes;
      expect(events.length - dropped).toBeLessThanOrEqual(most);
      expect(dropped).toBeGreaterThanOrEqual(events.length - most);
      let counted = 0n;
      await until(`the count of ${dropped}`, async () => {
        counted = (await schedules.getSchedule({ id })).schedule?.droppedEvents ?? 0n;
        return counted >= BigInt(dropped) ? true : undefined;
      });
      expect(counted).toBe(BigInt(dropped));
    }, 120_000);

    test.skipIf(!hasNats)(
      'what other programs publish on NATS is heard, whatever it is',
      async () => {
        const id = await create(subject(`${root}.plain.*`));
        const filtered = await create(subject(`${root}.plain.json`, [{ path: 'kind', value: 'a' }]));
        const own = nats as NatsConnection;
        // Whoever was told that a schedule is there may publish at once.
        own.publish(`${root}.plain.text`, 'first', { headers: named('m0') });
        own.publish(`${root}.plain.json`, '{"kind":"a","n":1}', { headers: named('m1') });
        own.publish(`${root}.plain.json`, '{"kind":"a","n":1}', { headers: named('m1') });
        own.publish(`${root}.plain.json`, '{"kind":"b","n":2}', { headers: named('m2') });
        own.publish(`${root}.plain.text`, 'no JSON');
        own.publish(`${root}.plain.json`, `"${'x'.repeat(70_000)}"`);
        await own.flush();
        const texts = eventsOf(await desk.good(id, 4));
        expect(texts).toHaveLength(4);
        expect(texts).toEqual(expect.arrayContaining(['first', 'no JSON', { kind: 'a', n: 1 }, { kind: 'b', n: 2 }]));
        expect(eventsOf(await desk.good(filtered, 1))).toEqual([{ kind: 'a', n: 1 }]);
        await until('the one that is too large', async () => {
          const { schedule } = await schedules.getSchedule({ id });
          return schedule?.droppedEvents === 1n ? true : undefined;
        });
      },
      180_000,
    );

    test.skipIf(!hasNats)(
      'what a stream keeps is not lost while no scheduler runs, and comes once',
      async () => {
        const manager = await (nats as NatsConnection).jetstreamManager();
        const stream = root.toUpperCase();
        await manager.streams.add({ name: stream, subjects: [`${root}.kept.>`] });
        try {
          const id = await create(subject(`${root}.kept.*`));
          const jetstream = (nats as NatsConnection).jetstream();
          await jetstream.publish(`${root}.kept.a`, '{"n":1}');
          await desk.good(id, 1);
          const schedulers = platform.processes.flatMap(({ services }, place) =>
            services.includes('scheduling') ? [place] : [],
          );
          await Promise.all(schedulers.map((place) => platform.processes[place]?.stop('SIGKILL')));
          for (const n of [2, 3]) await jetstream.publish(`${root}.kept.a`, JSON.stringify({ n }));
          await Promise.all(schedulers.map((place) => platform.restart(place)));
          await desk.good(id, 3);
          expect(eventsOf(await desk.ticks(id))).toHaveLength(3);
          // Nobody listens any more: the stream is not asked to keep a place.
          await schedules.deleteSchedule({ id });
          await until('the end of the consumer', async () => {
            const found = [];
            for await (const each of manager.consumers.list(stream)) found.push(each);
            return found.length === 0 ? true : undefined;
          });
        } finally {
          await manager.streams.delete(stream);
        }
      },
      240_000,
    );

    const fileFlow = (): Promise<string> =>
      desk.keep(
        rowOfStops('file', [
          {
            name: 'read',
            bundle: 'cn.piflow.bundle.csv.CsvParser',
            properties: { csvPath: 'hdfs:///set-by-the-schedule', header: 'true', delimiter: ',', schema: '' },
          },
          {
            name: 'write',
            bundle: 'cn.piflow.bundle.csv.CsvSave',
            properties: {
              csvSavePath: 'hdfs:///copied',
              header: 'true',
              delimiter: ',',
              partition: '1',
              saveMode: 'append',
            },
          },
        ]),
      );
    const watch = async (folder: string, more: object): Promise<string> => {
      await mkdir(join(platform.home, 'files', folder), { recursive: true });
      const value = { folder: `hdfs:///${folder}`, every: seconds(1), settle: seconds(1), ...more };
      return create({ $case: 'file', value }, { target: { reference: await fileFlow() } });
    };
    const put = (folder: string, name: string, text: string): Promise<void> =>
      writeFile(join(platform.home, 'files', folder, name), text);

    test('a file that still grows is left alone until it has settled', async () => {
      const id = await watch('grow', { settle: seconds(3), stop: 'read', property: 'csvPath', suffix: '.csv' });
      const file = join(platform.home, 'files/grow/big.csv');
      await writeFile(file, 'a,b\n');
      let last = Date.now();
      for (let line = 0; line < 8; line += 1) {
        await appendFile(file, `${line},x\n`);
        last = Date.now();
        await new Promise((resolve) => setTimeout(resolve, 800));
        expect(await desk.ticks(id)).toEqual([]);
      }
      await put('grow', 'other.txt', 'not one of them');
      const [tick] = await desk.good(id, 1);
      // It was seen as it is at the first look after the last change, and then for as long as it takes to settle.
      expect((tick?.dueTime?.getTime() ?? 0) - last).toBeGreaterThanOrEqual(2_000);
      expect(tick?.variables).toMatchObject({ SLUICE_FILE: 'hdfs:///grow/big.csv', SLUICE_FILE_NAME: 'big.csv' });
      const { run } = await desk.runs.getRun({ id: tick?.runId ?? '' });
      expect(run?.stops.find(({ name }) => name === 'read')?.outputs[0]?.rows).toBe(8n);
      await appendFile(file, '9,x\n');
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      expect(await desk.ticks(id)).toHaveLength(1);
    }, 120_000);

    test('a changed file counts as another where the schedule says so', async () => {
      const id = await watch('again', { againWhenChanged: true, stop: 'read', property: 'csvPath' });
      await put('again', 'f.csv', 'a\n1\n');
      await desk.good(id, 1);
      await put('again', 'f.csv', 'a\n1\n2\n');
      await desk.good(id, 2);
    }, 120_000);

    test('files in parallel start without waiting for each other, in series one after the other, the last name first', async () => {
      const folders = ['side', 'row'];
      const [side = '', row = ''] = await Promise.all(
        folders.map((folder) =>
          watch(folder, {
            order: 'FILE_ORDER_NAME',
            descending: true,
            serial: folder === 'row',
            stop: 'read',
            property: 'csvPath',
            settle: seconds(2),
          }),
        ),
      );
      for (const folder of folders) {
        for (const name of ['a', 'b', 'c']) await put(folder, `${name}.csv`, `x\n${name}\n`);
      }
      const [ofSide, ofRow] = await Promise.all([desk.good(side, 3), desk.good(row, 3)]);
      const inTurn = (ticks: readonly Tick[]): (string | undefined)[] =>
        [...ticks]
          .sort((a, b) => (a.endTime?.getTime() ?? 0) - (b.endTime?.getTime() ?? 0))
          .map((tick) => tick.variables['SLUICE_FILE_NAME']);
      expect(inTurn(ofRow)).toEqual(['c.csv', 'b.csv', 'a.csv']);
      const times = async (ticks: readonly Tick[]): Promise<[created: number, ended: number][]> =>
        Promise.all(
          ticks.map(async (tick) => {
            const { run } = await desk.runs.getRun({ id: tick.runId });
            return [run?.createTime?.getTime() ?? 0, run?.endTime?.getTime() ?? 0] as [number, number];
          }),
        );
      const inRow = (await times(ofRow)).sort(([a], [b]) => a - b);
      for (const [place, [created]] of inRow.entries()) {
        if (place > 0) expect(created).toBeGreaterThanOrEqual(inRow[place - 1]?.[1] ?? 0);
      }
      const beside = await times(ofSide);
      // Each began before the first of them had ended.
      expect(Math.max(...beside.map(([created]) => created))).toBeLessThanOrEqual(
        Math.min(...beside.map(([, ended]) => ended)),
      );
    }, 180_000);
  });
});

function seconds(count: number): object {
  return { seconds: BigInt(count), nanos: 0 };
}

function named(id: string) {
  const found = headers();
  found.set('Nats-Msg-Id', id);
  return found;
}
