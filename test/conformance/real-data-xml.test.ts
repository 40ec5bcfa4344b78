import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Json } from '@duckdb/node-api';
import { RunState, type Run } from '@sluice/proto/execution/v1/run';
import { rowOfStops, runFlow, startRequest, waitForEnd } from '../bench/flows.js';
import { DEBIAN, RealData, sql, withoutNulls, writeParquet, type Stop } from './real-data.js';

const MIME = 'mime/packages/freedesktop.org.xml';
const ISO = 'xml/iso-codes';

/**
 * The rows of an XML file as Python's own parser finds them, by spark-xml's layout: attributes `_name`, text beside
 * them `_VALUE`, every child an array. Sluice passes over a document type and the defaults in it, so Python does too.
 */
const PYTHON = `
import json, re, sys, xml.etree.ElementTree as tree
XML = '{http://www.w3.org/XML/1998/namespace}'
def local(name): return name.replace(XML, 'xml:').split('}')[-1]
def row(element):
    fields = {'_' + local(name): value for name, value in element.attrib.items() if value.strip()}
    for child in element: fields.setdefault(local(child.tag), []).append(row(child))
    text = element.text or ''
    if text.strip(): fields['_VALUE'] = text
    return fields
text = re.sub(rb'<!DOCTYPE.*?\\]>', b'', open(sys.argv[1], 'rb').read(), flags=re.S)
rows = [row(each) for each in tree.fromstring(text).iter() if local(each.tag) == sys.argv[2]]
json.dump(rows, sys.stdout)
`;
const hasPython = works('python3', ['-c', 'import xml.etree.ElementTree']);

const read = (file: string, rowTag: string): Stop => ({
  name: 'read',
  bundle: 'cn.piflow.bundle.xml.XmlParser',
  properties: { xmlpath: `hdfs://debian/${file}`, rowTag },
});

describe.skipIf(!hasPython)('XML of Debian packages, against the parser of Python', () => {
  let data: RealData;
  beforeAll(async () => {
    data = await RealData.start();
  });
  afterAll(() => data?.close());

  const fails = async (file: string, rowTag: string): Promise<Run> => {
    const flow = rowOfStops('broken', [read(file, rowTag), writeParquet('broken')]);
    const { run } = await data.runs.startRun(startRequest(flow));
    return waitForEnd(data.runs, run?.id ?? '');
  };

  describe.each([
    [MIME, 'mime-type', 'shared-mime-info'],
    [`${ISO}/iso_639-3.xml`, 'iso_639_3_entry', 'iso-codes'],
    [`${ISO}/iso_639-2.xml`, 'iso_639_entry', 'iso-codes'],
    [`${ISO}/iso_3166-1.xml`, 'iso_3166_entry', 'iso-codes'],
    [`${ISO}/iso_4217.xml`, 'iso_4217_entry', 'iso-codes'],
    [`${ISO}/iso_15924.xml`, 'iso_15924_entry', 'iso-codes'],
  ])('%s', (file, rowTag, debianPackage) => {
    test.skipIf(!existsSync(join(DEBIAN, file)))(
      `has every value of every <${rowTag}> (${debianPackage})`,
      async () => {
        await runFlow(data.runs, rowOfStops(rowTag, [read(file, rowTag), writeParquet(rowTag)]));
        const from = `read_parquet('${data.file(rowTag)}')`;
        const texts = await data.query(`SELECT to_json(t)::VARCHAR AS row FROM ${from} t`);
        const got = texts.map(({ row }) => canonical(JSON.parse(String(row)) as Json));
        const want = pythonRows(file, rowTag);
        expect(want.length).toBeGreaterThan(100);
        expect(got.length).toBe(want.length);
        const at = got.findIndex(
          (row, index) => JSON.stringify(row) !== JSON.stringify(like(want[index] ?? null, row)),
        );
        expect(got[at]).toEqual(at < 0 ? undefined : like(want[at] ?? null, got[at] ?? null));
      },
    );
  });

  test.skipIf(!existsSync(join(DEBIAN, MIME)))('a flow over nested elements counts what Python counts', async () => {
    const text = `SELECT one._VALUE AS comment, one.\`_xml:lang\` AS lang, size(glob) AS globs, _type AS type
                    FROM input LATERAL VIEW explode(comment) c AS one WHERE one.\`_xml:lang\` IN ('zh_CN', 'de')`;
    await runFlow(data.runs, rowOfStops('comments', [read(MIME, 'mime-type'), sql(text), writeParquet('comments')]));
    const rows = await data.query(`SELECT comment, lang, type FROM read_parquet('${data.file('comments')}')`);
    const got = rows.map(({ comment, lang, type }) => [type, lang, comment].join('|')).sort();
    const want = pythonRows(MIME, 'mime-type').flatMap((row) =>
      ((row as Record<string, Json>)['comment'] as Record<string, string>[])
        .filter((each) => ['zh_CN', 'de'].includes(each['_xml:lang'] ?? ''))
        .map((each) => [(row as Record<string, Json>)['_type'], each['_xml:lang'], each['_VALUE']].join('|')),
    );
    expect(want.length).toBeGreaterThan(1_000);
    expect(got).toEqual(want.sort());
  });

  // Debian 12 ships these two so: a bare & in a name, and a file of no bytes.
  const BROKEN = `${ISO}/iso_3166-2.xml`;
  const isBroken = existsSync(join(DEBIAN, BROKEN)) && !works('python3', ['-c', PYTHON, join(DEBIAN, BROKEN), 'x']);
  test.skipIf(!isBroken)('a file that Debian ships broken ends the run and says where', async () => {
    const ended = await fails(BROKEN, 'iso_3166_2_entry');
    expect(ended).toMatchObject({ state: RunState.RUN_STATE_FAILED, error: { reason: 'FILE_FORMAT' } });
    expect(ended.error?.message).toMatch(
      /^'hdfs:\/\/debian\/xml\/iso-codes\/iso_3166-2\.xml', line \d+, .*after line 6746: look there for a & that is no &amp;/,
    );
    expect(existsSync(data.file('broken'))).toBe(false);
  });

  test.skipIf(!existsSync(join(DEBIAN, ISO, 'iso_3166-3.xml')))(
    'a file that Debian ships empty is said so',
    async () => {
      const ended = await fails(`${ISO}/iso_3166-3.xml`, 'iso_3166_3_entry');
      expect(ended.error).toMatchObject({ reason: 'FILE_FORMAT' });
      expect(ended.error?.message).toContain('iso_3166-3.xml');
      expect(ended.error?.message).toContain('empty');
      expect(existsSync(data.file('broken'))).toBe(false);
    },
  );

  test.skipIf(!existsSync(join(DEBIAN, MIME)))('a row tag that the file has not names those that it has', async () => {
    const ended = await fails(MIME, 'mimetype');
    expect(ended.error).toMatchObject({ reason: 'DATA_INVALID' });
    expect(ended.error?.message).toContain("no element <mimetype> is in 'hdfs://debian/mime/packages");
    expect(ended.error?.message).toContain('mime-type');
  });
});

function pythonRows(file: string, rowTag: string): Json[] {
  const text = execFileSync('python3', ['-c', PYTHON, join(DEBIAN, file), rowTag], { maxBuffer: 1 << 28 });
  return (JSON.parse(text.toString()) as Json[]).map(canonical);
}

function works(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function canonical(value: Json): Json {
  return withoutNulls(value);
}

/** What Python found, where the column shows that there is one child, a text without attributes, a number or a boolean. */
function like(want: Json, got: Json): Json {
  if (Array.isArray(want) && !Array.isArray(got)) return want.length === 1 ? like(want[0] ?? null, got) : want;
  if (Array.isArray(want) && Array.isArray(got)) return want.map((each, at) => like(each, got[at] ?? null));
  if (typeof want === 'string' && typeof got === 'number' && want.trim() !== '') return Number(want);
  if (typeof want === 'string' && typeof got === 'boolean') return want.toLowerCase() === 'true';
  if (want === null || typeof want !== 'object' || Array.isArray(want)) return want;
  if (got === null || typeof got !== 'object' || Array.isArray(got)) {
    const names = Object.keys(want);
    return names.length === 1 && names[0] === '_VALUE' ? like(want['_VALUE'] ?? null, got) : want;
  }
  return Object.fromEntries(Object.entries(want).map(([name, each]) => [name, like(each, got[name] ?? null)]));
}
