import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPlatform } from '../../support/platform.js';
import { jsonRows, lines, sorted, type FlowDocument, type PiflowClient, type Row } from './client.js';
import { HAS_CORPUS, corpusFlow, corpusNames, corpusText, flowsOf, type GroupDocument } from './corpus.js';
import { PRINTED, TYPED, givenTheses, givenThesisFiles, noNulls } from './theses.js';
import { Workbench } from './workbench.js';

const DEBUG = { runMode: 'DEBUG' };
const tested = new Set<string>();

describe.skipIf(!HAS_CORPUS)("PiFlow's own flows", () => {
  let bench: Workbench;
  let client: PiflowClient;

  beforeAll(async () => {
    bench = new Workbench(await startPlatform());
    client = bench.client;
  }, 60_000);
  afterAll(() => bench?.platform.close(), 60_000);

  /** The flow of a file, marked as tested. */
  const flow = (name: string, more: Readonly<Record<string, unknown>> = {}): FlowDocument => {
    tested.add(name);
    return corpusFlow(`flows/${name}`, more);
  };
  const refused = async (name: string): Promise<string[]> => {
    const answer = await client.post('/flow/start', flow(name));
    expect(answer.status).toBe(500);
    const [text, ...problems] = answer.text.split('\n');
    expect(text).toBe('Can not start flow!');
    return problems;
  };

  describe('on XML and CSV', () => {
    const checkOutputs = async (): Promise<void> => {
      const rows = await bench.query('select * from sparktest.dblp_phdthesis');
      expect(sorted(noNulls(rows))).toEqual(sorted([...PRINTED, ...TYPED]));
      expect(sorted(noNulls(await jsonRows(bench.file('xjzhu/phdthesis.json'))))).toEqual(
        sorted([...PRINTED, ...TYPED]),
      );
      const [header, ...written] = await lines(bench.file('xjzhu/phdthesis_result.csv'));
      expect(header).toBe('title,author,pages');
      expect(sorted(written)).toEqual(
        sorted([
          'Reading & Writing,Carmen Heine,"xii, 1-325"',
          '论文题目,Gerd Hoff,1-12',
          'No Pages,Mei Lin,',
          'Canals,Cy,9',
          '"Weirs, old",Di,10-11',
        ]),
      );
    };

    it("the manual's example runs as it is printed, on a new platform", async () => {
      await givenThesisFiles(bench);
      const info = await client.run(corpusText('manual-startFlow'));
      expect(info).toMatchObject({ name: 'test', state: 'COMPLETED', progress: '100' });
      await checkOutputs();
    });

    it('merge, fork, and save three times', async () => {
      await givenTheses(bench);
      await client.run(flow('stable__embedded__HTTPClientStartFlow_0'));
      await checkOutputs();
    });

    it('the same as a debug run with a checkpoint', async () => {
      await givenTheses(bench);
      const { id } = await client.run(flow('stable__embedded__HTTPClientStartFlow_1'));
      await checkOutputs();
      const merged = await client.debugRows(id, 'Merge');
      expect(sorted(noNulls(merged))).toEqual(sorted([...PRINTED, ...TYPED]));
      for (const port of ['out1', 'out2', 'out3']) {
        expect(sorted(await client.debugRows(id, 'Fork', port))).toEqual(sorted(merged));
      }
      expect((await client.get('/flow/checkpoints', { appID: id })).text).toBe('{"checkpoints":"Merge"}');
    });

    it('from XML to JSON', async () => {
      await givenTheses(bench);
      await client.run(flow('stable__embedded__HTTPClientStartFlow_2'));
      expect(sorted(noNulls(await jsonRows(bench.file('xjzhu/phdthesis.json'))))).toEqual(sorted(PRINTED));
    });

    it('the example of the installation, twice: its saves append', async () => {
      await givenTheses(bench);
      const example = flow('stable__piflow-bin__example__flow');
      await client.run(example);
      await client.run(example);
      const rows = [...PRINTED, ...TYPED];
      expect(sorted(noNulls(await bench.query('select * from sparktest.dblp_phdthesis')))).toEqual(
        sorted([...rows, ...rows]),
      );
      expect(sorted(noNulls(await jsonRows(bench.file('xjzhu/phdthesis.json'))))).toEqual(sorted(rows));
      expect(await lines(bench.file('xjzhu/phdthesis_result.csv'))).toHaveLength(10);
    });

    it('route by condition', async () => {
      await givenTheses(bench);
      await client.run(flow('stable__resources__flow__common__route'));
      expect(sorted(noNulls(await bench.query('select * from sparktest.dblp_phdthesis')))).toEqual(sorted(PRINTED));
      expect(await jsonRows(bench.file('xjzhu/phdthesis.json'))).toEqual([PRINTED[0]]);
      expect(await lines(bench.file('xjzhu/phdthesis_result.csv'))).toEqual([
        'title,author,pages',
        '论文题目,Gerd Hoff,1-12',
      ]);
    });

    it('join by two columns, whatever the in ports are called', async () => {
      await bench.given('yqd/common/id_name_address.csv', 'id\tname\taddress\n1\tAnn\tRoad 1\n2\tBo\tRoad 2\n');
      await bench.given('yqd/common/id_name_age.csv', 'id\tname\tage\n1\tAnn\t30\n2\tBob\t40\n');
      const { id } = await client.run(flow('stable__resources__common__join', DEBUG));
      expect(sorted(noNulls(await client.debugRows(id, 'Join')))).toEqual(
        sorted([
          { id: 1, name: 'Ann', address: 'Road 1', age: 30 },
          { id: 2, name: 'Bo', address: 'Road 2' },
          { id: 2, name: 'Bob', age: 40 },
        ]),
      );
    });

    it('XML in a column', async () => {
      const xml = (title: string, type: number): string =>
        `<product><pub_basic><en_title>${title}</en_title><pub_type_id>${type}</pub_type_id></pub_basic></product>`;
      await bench.givenTable('test', 'xmltest', `id,rnum,product_xml\n1,a,${xml('One', 3)}\n2,b,${xml('Two', 4)}\n`);
      const { id } = await client.run(flow('stable__resources__flow__xml__xmlParserColumns', DEBUG));
      expect(sorted(await client.debugRows(id, 'ExecuteSQLStop'))).toEqual([
        { id: 1, rnum: 'a', en_title: 'One', pub_type_id: 3 },
        { id: 2, rnum: 'b', en_title: 'Two', pub_type_id: 4 },
      ]);
    });
  });

  describe('on rows that they make up', () => {
    const checkMocks = (rows: readonly Row[]): void => {
      for (const { title, author, age } of rows) {
        expect(title).toMatch(/^[A-Za-z0-9]{10}$/);
        expect(author).toMatch(/^[A-Za-z0-9]{10}$/);
        expect(Number.isInteger(age) && Number(age) >= 0 && Number(age) <= 99).toBe(true);
      }
    };

    it('show them', async () => {
      const { id } = await client.run(flow('stable__piflow-bin__example__mockDataFlow', DEBUG));
      const rows = await client.debugRows(id, 'MockData');
      expect(rows).toHaveLength(10);
      checkMocks(rows);
      expect(new Set(rows.map((row) => row['title'])).size).toBe(10);
      expect(await client.debugRows(id, 'ShowData')).toEqual(rows);
    });

    it('merge them from two stops with one uuid', async () => {
      const { id } = await client.run(flow('datacenter__embedded__HTTPClientStartDataCenterFlow_0', DEBUG));
      const a = await client.debugRows(id, 'MockData-A');
      const b = await client.debugRows(id, 'MockData-B');
      expect([a.length, b.length]).toEqual([10, 10]);
      checkMocks([...a, ...b]);
      expect(sorted(await client.debugRows(id, 'Merge-C'))).toEqual(sorted([...a, ...b]));
    });
  });

  describe('on tables', () => {
    const USERS = 'id,name\n1,Ann\n1,Bo\n2,Cy\n3,江\n';

    it.each([
      ['EmailClean', 'email', ['Ann@Example.org', 'not an address'], ['ann@example.org', '']],
      ['IdentityNumberClean', 'idcard', ['11010519491231002x', '123'], ['11010519491231002X', undefined]],
      ['TitleClean', 'title', ['ＡＢＣ　１２', '题'], ['ABC 12', '题']],
    ])('%s', async (stop, column, dirty, clean) => {
      await bench.givenTable('test', 'clean', `id,${column}\n${dirty.map((value, at) => `${at},${value}\n`).join('')}`);
      const { id } = await client.run(flow(`stable__resources__flow__clean__${stop}`, DEBUG));
      const rows = sorted(await client.debugRows(id, stop));
      expect(rows.map((row) => row[column] ?? undefined)).toEqual(clean);
      expect(rows.map((row) => row['id'])).toEqual([0, 1]);
    });

    it('Distinct keeps one row for each id', async () => {
      await bench.givenTable('test', 'user1', USERS);
      const { id } = await client.run(flow('stable__resources__flow__common__distinct', DEBUG));
      const rows = sorted(await client.debugRows(id, 'Distinct'));
      expect(rows.map((row) => row['id'])).toEqual([1, 2, 3]);
      expect(['Ann', 'Bo']).toContain(rows[0]?.['name']);
      expect(rows.slice(1)).toEqual([
        { id: 2, name: 'Cy' },
        { id: 3, name: '江' },
      ]);
    });

    it('AddUUIDStop puts a column of unique names first', async () => {
      await bench.givenTable('test', 'user1', USERS);
      const { id } = await client.run(flow('stable__resources__flow__common__uuid', DEBUG));
      const rows = await client.debugRows(id, 'AddUUIDStop');
      expect(Object.keys(rows[0] ?? {})).toEqual(['uuid', 'id', 'name']);
      expect(new Set(rows.map((row) => row['uuid'])).size).toBe(4);
      for (const row of rows) expect(row['uuid']).toMatch(/^[0-9a-f]{32}$/);
      expect(sorted(rows.map(({ id: key, name }) => [key, name]))).toEqual([
        [1, 'Ann'],
        [1, 'Bo'],
        [2, 'Cy'],
        [3, '江'],
      ]);
    });

    it('CsvSave with the mode error writes once, and refuses the second time', async () => {
      await bench.givenTable('test', 'csvparser', 'a,b\n1,x\n2,"y,z"\n');
      await bench.gone('test');
      const save = flow('stable__resources__flow__csv__CsvSaveAsError');
      await client.run(save);
      expect(await lines(bench.file('test'))).toEqual(['a,b', '1,x', '2,"y,z"']);
      const again = await client.ended(await client.start(save));
      expect(again.state).toBe('FAILED');
      expect(await client.diagnostics(again.id)).toMatch(/exist/);
      expect(await lines(bench.file('test'))).toEqual(['a,b', '1,x', '2,"y,z"']);
    });

    it('SelectHiveQLByJDBC reads the same tables, and CsvSave appends', async () => {
      await bench.givenTable('test', 'csvparser', 'a,b\n1,x\n');
      await bench.gone('test');
      const append = flow('stable__resources__flow__hive__SelectHiveQLByJDBC');
      await client.run(append);
      await client.run(append);
      expect(await lines(bench.file('test'))).toEqual(['a,b', '1,x', 'a,b', '1,x']);
    });

    it('PutHiveMode overwrites', async () => {
      await bench.givenTable('test', 'user1', USERS);
      const put = flow('stable__resources__flow__hive__PutHiveMode');
      await client.run(put);
      await client.run(put);
      expect(sorted(await bench.query('select * from test.userMode'))).toEqual([
        { id: 1, name: 'Ann' },
        { id: 1, name: 'Bo' },
        { id: 2, name: 'Cy' },
        { id: 3, name: '江' },
      ]);
    });

    it('JsonSave', async () => {
      await bench.givenTable('test', 'user1', USERS);
      await client.run(flow('stable__resources__flow__json__jsonSave'));
      expect(sorted(await jsonRows(bench.file('work/testJson/test')))).toEqual(
        sorted(await bench.query('select * from test.user1')),
      );
    });

    it('RegexTextProcess adds a column', async () => {
      await bench.givenTable('sparktest', 'dblp_phdthesis', 'title,author\nAb-1,Ann\n题(x),Bo\n');
      const { id } = await client.run(flow('stable__resources__test__file', DEBUG));
      expect(sorted(await client.debugRows(id, 'RegexTextProcess'))).toEqual([
        { title: 'Ab-1', author: 'Ann', title_new: 'TestTest-1' },
        { title: '题(x)', author: 'Bo', title_new: '题TestTestTest' },
      ]);
    });
  });

  describe('on files', () => {
    it('DeleteHdfs removes a folder', async () => {
      await bench.givenTable('test', 'user1', 'id\n1\n');
      await bench.given('work/test1/old.csv', 'x\n');
      await bench.given('work/kept.csv', 'x\n');
      await client.run(flow('stable__resources__flow__hdfs__deleteHdfs'));
      expect([existsSync(bench.file('work/test1')), existsSync(bench.file('work/kept.csv'))]).toEqual([false, true]);
    });

    it('GetHdfs reads a file', async () => {
      await bench.givenTable('test', 'user1', 'id\n1\n');
      await bench.given('work/test1/part-00000-a445068e-ab6b-4bc0-b3df-e1ccbb9a738e.csv', '1,Ann\n2,"B,o"\n');
      const { id } = await client.run(flow('stable__resources__flow__hdfs__getHdfs', DEBUG));
      const rows = await client.debugRows(id, 'GetHdfs');
      expect(rows.map((row) => Object.values(row).map(String))).toEqual([
        ['1', 'Ann'],
        ['2', 'B,o'],
      ]);
    });

    it('SelectFilesByName finds files by a pattern', async () => {
      await bench.givenTable('test', 'user1', 'id\n1\n');
      await bench.gone('work');
      await Promise.all(['a.csv', 'b.txt', 'sub/c.csv'].map((name) => bench.given(`work/${name}`, 'x\n')));
      const { id } = await client.run(flow('stable__resources__flow__hdfs__selectFileByName', DEBUG));
      const rows = await client.debugRows(id, 'SelectFilesByName');
      expect(sorted(rows.map((row) => Object.values(row).map(String).join()))).toEqual([
        expect.stringMatching(/\/work\/a\.csv$/),
        expect.stringMatching(/\/work\/sub\/c\.csv$/),
      ]);
    });

    it('UnzipFilesOnHDFS unpacks an archive', async () => {
      await bench.givenTable('test', 'user1', 'id\n1\n');
      const source = await mkdtemp(join(tmpdir(), 'sluice-tar-'));
      try {
        await mkdir(join(source, 'inner'));
        await writeFile(join(source, 'inner/读.csv'), '1,Ann\n');
        await mkdir(bench.file('work/test'), { recursive: true });
        execFileSync('tar', ['-czf', bench.file('work/test/ideaIU-2018.3.5.tar.gz'), '-C', source, 'inner']);
        await client.run(flow('stable__resources__flow__hdfs__unzipFilesOnHdfs'));
        expect(execFileSync('cat', [bench.file('work/test/inner/读.csv')], { encoding: 'utf8' })).toBe('1,Ann\n');
      } finally {
        await rm(source, { recursive: true });
      }
    });
  });

  describe('whose stops are not there yet', () => {
    it.each([
      ['stable__resources__flow__graphx__LoadGraph', ['LoadGraph', 'LabelPropagation']],
      ['stable__resources__flow__normalization__MaxMinNormalization', ['MaxMinNormalization']],
      ['stable__resources__flow__normalization__ZScore', ['ZScore']],
      ['stable__resources__flow__visualization__pieChart', ['PieChart']],
    ])('are refused by the names of those stops: %s', async (name, stops) => {
      const problems = await refused(name);
      expect(problems).toHaveLength(stops.length);
      stops.forEach((stop, at) => expect(problems[at]).toMatch(new RegExp(`^STOP_TYPE_UNKNOWN: .*'${stop}'`)));
    });

    it('are refused for every other slip as well', async () => {
      const problems = await refused('stable__resources__flow__script__python');
      expect(problems.map((line) => line.split(':', 1)[0])).toEqual(['STOP_TYPE_UNKNOWN', 'PATH_STOP_UNKNOWN']);
      expect(problems[1]).toContain("'ExecutePython'");
    });
  });

  describe('in groups', () => {
    const groups = [
      'stable__embedded__HTTPClientStartFlowGroup_1',
      'stable__embedded__HTTPClientStartFlowGroup_2',
      'stable__embedded__HTTPClientStartFlowGroup_3',
      'stable__resources__test__group',
    ];

    it.each(groups)(
      'are refused as a group, and run one by one: %s',
      async (name) => {
        tested.add(name);
        const text = corpusText(`flows/${name}`);
        for (const path of ['/group/start', '/flow/start']) {
          expect(await client.post(path, text)).toMatchObject({ status: 501, reason: 'NOT_IMPLEMENTED' });
        }
        await givenTheses(bench);
        const flows = flowsOf(JSON.parse(text) as GroupDocument);
        expect(flows.length).toBeGreaterThan(1);
        for (const each of flows) {
          const { id } = await client.run({ flow: { ...each.flow, ...DEBUG } });
          if (!text.includes('show databases')) continue;
          const rows = await client.debugRows(id, 'SelectHiveQL');
          expect(rows.map((row) => Object.values(row)[0])).toEqual(expect.arrayContaining(['default', 'sparktest']));
        }
        if (text.includes('PutHiveStreaming')) {
          const rows = await bench.query('select * from sparktest.dblp_phdthesis');
          expect(sorted(noNulls(rows))).toEqual(sorted(flows.flatMap(() => PRINTED)));
        }
      },
      60_000,
    );
  });

  it("the manual's group is refused as a group, and its flows run one by one", async () => {
    const text = corpusText('manual-startFlowGroup');
    expect(await client.post('/group/start', text)).toMatchObject({ status: 501, reason: 'NOT_IMPLEMENTED' });
    const flows = flowsOf(JSON.parse(text) as GroupDocument);
    expect(flows.map((each) => each.flow.name)).toEqual(['f4', 'f3', 'MockData', 'MockData']);
    for (const each of flows) {
      const { id } = await client.run({ flow: { ...each.flow, ...DEBUG } });
      const rows = await client.debugRows(id, 'ShowData');
      expect(rows.map((row) => Object.keys(row))).toEqual(Array(10).fill(['title', 'author', 'age']));
      expect(rows).toEqual(await client.debugRows(id, 'MockData'));
    }
  }, 60_000);

  it('are all tested here', () => {
    expect([...tested].sort()).toEqual(
      corpusNames()
        .map((name) => name.replace('flows/', ''))
        .sort(),
    );
  });
});
