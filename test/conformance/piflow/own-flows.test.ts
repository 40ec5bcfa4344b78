import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MODES } from '../../integration/modes.js';
import { jsonRows, lines, sorted, type PiflowClient } from './client.js';
import { Workbench, chain } from './workbench.js';

function fixture(name: string): string {
  return readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8');
}

for (const mode of MODES)
  describe.skipIf(!mode.available)(`flows in the JSON of PiFlow on ${mode.name}`, () => {
    let bench: Workbench;
    let client: PiflowClient;

    beforeAll(async () => {
      bench = new Workbench(await mode.start());
      client = bench.client;
    }, 60_000);
    afterAll(() => bench?.platform.close(), 60_000);

    it('run from a text to a file', async () => {
      const info = await client.run(fixture('books-by-hand'));
      expect(info).toMatchObject({ name: 'books by hand', state: 'COMPLETED', progress: '100' });
      expect(info.stops.map(({ stop }) => [stop.name, stop.state])).toEqual([
        ['Books', 'COMPLETED'],
        ['Priced', 'COMPLETED'],
        ['Rename', 'COMPLETED'],
        ['Save', 'COMPLETED'],
      ]);
      expect(await jsonRows(bench.file('out/books'))).toEqual([
        { id: '1', town: '江南', price: '12.5' },
        { id: '3', town: 'South', price: '8' },
      ]);
    });

    it('run with the names and slips of older versions', async () => {
      await bench.given(
        'in/theses.xml',
        `<theses>
        <thesis key="a"><author>Ann Á</author><title>Rivers &amp; Locks</title><year>1999</year></thesis>
        <thesis key="b"><author>Bo</author><title>Dams</title><year>2001</year></thesis>
        <book><author>Not a thesis</author><title>x</title></book>
      </theses>`,
      );
      await bench.given('in/theses.csv', 'Canals,Cy\n"Weirs, old",Di\n');
      await client.run(fixture('theses-old-names'));

      const rows = [
        { title: 'Rivers & Locks', author: 'Ann Á' },
        { title: 'Dams', author: 'Bo' },
        { title: 'Canals', author: 'Cy' },
        { title: 'Weirs, old', author: 'Di' },
      ];
      expect(sorted(await jsonRows(bench.file('out/theses.json')))).toEqual(sorted(rows));
      const [header, ...written] = await lines(bench.file('out/theses.csv'));
      expect(header).toBe('title|author');
      expect(sorted(written)).toEqual(['Canals|Cy', 'Dams|Bo', 'Rivers & Locks|Ann Á', 'Weirs, old|Di']);

      expect(sorted(await bench.query('select title, author from library.theses'))).toEqual(sorted(rows));
    });

    it('run with several variables in one value, routes by condition and keep the rows of a debug run', async () => {
      await bench.given('in/orders/orders.csv', 'buyer,amount\n1,4\n2,30\n1,11\n3,12\n');
      await bench.given('in/orders/buyers.csv', 'buyer,name\n1,Ann\n2,Bo\n');
      const { id } = await client.run(fixture('orders-routed'));

      expect(sorted(await client.debugRows(id, 'Joined'))).toMatchObject(
        sorted([
          { buyer: 1, amount: 4, name: 'Ann' },
          { buyer: 2, amount: 30, name: 'Bo' },
          { buyer: 1, amount: 11, name: 'Ann' },
          { buyer: 3, amount: 12 },
        ]),
      );
      expect(await client.debugRows(id, 'Sizes', 'small')).toEqual([{ buyer: 1, amount: 4, name: 'Ann' }]);
      expect(sorted(await client.debugRows(id, 'Sum'))).toMatchObject(
        sorted([{ total: 12 }, { name: 'Ann', total: 11 }, { name: 'Bo', total: 30 }]),
      );
      expect((await client.get('/flow/checkpoints', { appID: id })).text).toBe('{"checkpoints":"Joined"}');
    });

    it('keep a text that looks like JSON', async () => {
      const jsonString = '[{"id":1,"name":"江"},{"id":2,"name":"{x}"}]';
      const { id } = await client.run(chain('json', [['Parse', 'json.JsonStringParser', { jsonString }]]));
      expect(await client.debugRows(id, 'Parse')).toEqual([
        { id: 1, name: '江' },
        { id: 2, name: '{x}' },
      ]);
    });

    it('are refused when two paths lead into one port, or in a circle', async () => {
      const stop = (name: string, bundle: string, properties: object): object => ({ name, bundle, properties });
      const stops = [
        stop('A', 'cn.piflow.bundle.csv.CsvStringParser', { string: 'a', delimiter: ',', schema: 'x' }),
        stop('B', 'cn.piflow.bundle.common.Distinct', { columnNames: '' }),
        stop('C', 'cn.piflow.bundle.common.Distinct', { columnNames: '' }),
      ];
      const path = (from: string, to: string): object => ({ from, outport: '', inport: '', to });
      const paths = [path('A', 'B'), path('C', 'B'), path('B', 'C')];
      const answer = await client.post('/flow/start', { flow: { name: 'knot', uuid: '1', stops, paths } });
      expect(answer.status).toBe(500);
      expect(answer.text).toMatch(/^Can not start flow!\nPORT_TAKEN: .*'B'.*\nFLOW_CYCLE: .*'B'.*'C'/);
    });

    it('start once for one idempotency key', async () => {
      const start = async (key: string): Promise<string> => {
        const headers = { 'idempotency-key': key };
        const init = { method: 'POST', body: fixture('books-by-hand'), headers };
        const { flow } = (await (await fetch(`${client.url}/flow/start`, init)).json()) as { flow: { id: string } };
        return flow.id;
      };
      const first = await start('books-1');
      expect(await start('books-1')).toBe(first);
      expect(await start('books-2')).not.toBe(first);
    });

    it('are refused with every problem at once, and none of them starts', async () => {
      const stops = [
        { name: 'A', bundle: 'cn.piflow.bundle.csv.CsvParsr', properties: {} },
        { name: 'B', bundle: 'cn.piflow.bundle.csv.CsvParser', properties: { header: 'maybe' } },
        { name: 'B', bundle: 'cn.piflow.bundle.json.JsonSave', properties: { jsonSavePath: '/tmp/${WHERE}' } },
      ];
      const paths = [{ from: 'B', outport: '', inport: '', to: 'C' }];
      const answer = await client.post('/flow/start', { flow: { name: 'wrong', stops, paths } });
      expect([answer.status, answer.reason]).toEqual([500, 'FLOW_INVALID']);
      const [text, ...problems] = answer.text.split('\n');
      expect(text).toBe('Can not start flow!');
      const found = (reason: string): string => problems.filter((line) => line.startsWith(`${reason}: `)).join('\n');
      expect(found('STOP_TYPE_UNKNOWN')).toContain("did you mean 'cn.piflow.bundle.csv.CsvParser'");
      expect(found('PROPERTY_MISSING')).toContain('csvPath');
      expect(found('PROPERTY_INVALID')).toContain('header');
      expect(found('STOP_NAME_DUPLICATE')).toContain("'B'");
      expect(found('VARIABLE_UNKNOWN')).toContain("'WHERE'");
      expect(found('PATH_STOP_UNKNOWN')).toContain("'C'");
    });
  });
