import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPlatform, type TestPlatform } from '../../support/platform.js';
import { PiflowClient } from './client.js';
import { HAS_CORPUS, corpusText, type DeclaredStop } from './corpus.js';
import { PREFIX, STOP_NAMES, withStopTables } from './stop-table.js';

interface StopInfo {
  readonly bundle: string;
  readonly description: string;
  readonly inports: string;
  readonly outports: string;
  readonly groups: string;
  readonly isCustomized: string;
  readonly properties: readonly { readonly name: string; readonly sensitive: string }[];
}

let platform: TestPlatform;
let mounted: ReadonlyMap<string, StopInfo>;

beforeAll(async () => {
  platform = await startPlatform();
  const client = new PiflowClient(platform.http);
  const { stops } = JSON.parse((await client.get('/stop/list')).text) as { stops: string };
  const infos = await Promise.all(
    stops.split(',').map(async (bundle) => {
      const { text } = await client.get('/stop/info', { bundle });
      return (JSON.parse(text) as { StopInfo: StopInfo }).StopInfo;
    }),
  );
  mounted = new Map(infos.map((info) => [info.bundle, info]));
}, 60_000);
afterAll(() => platform?.close(), 60_000);

describe('docs/compatibility/piflow.md', () => {
  it("says of each of PiFlow's 155 stops whether it is there, and what it does better", async () => {
    expect(Object.values(STOP_NAMES).flat()).toHaveLength(155);
    const path = fileURLToPath(new URL('../../../docs/compatibility/piflow.md', import.meta.url));
    const made = withStopTables(readFileSync(path, 'utf8'), mounted);
    const formatted = await format(made, { ...(await resolveConfig(path)), parser: 'markdown' });
    await expect(formatted).toMatchFileSnapshot(path);
  });

  it.skipIf(!HAS_CORPUS)('knows the stops of the last version of PiFlow', () => {
    const current = declared().filter((stop) => stop.current === true);
    const names = Object.values(STOP_NAMES).flatMap((group) => group.map((name) => PREFIX + name));
    expect(names.sort()).toEqual(current.map((stop) => stop.bundle).sort());
  });
});

describe.skipIf(!HAS_CORPUS)("each mounted stop of PiFlow's", () => {
  const shapes = (): [DeclaredStop, StopInfo][] =>
    declared().flatMap((stop) => {
      const info = mounted.get(stop.bundle);
      return info === undefined ? [] : [[stop, info] satisfies [DeclaredStop, StopInfo]];
    });

  it('has the ports, groups and customized properties that PiFlow declares', () => {
    const said = ([stop, info]: [DeclaredStop, StopInfo]): object => ({
      bundle: stop.bundle,
      inports: info.inports,
      outports: info.outports,
      groups: info.groups,
      isCustomized: info.isCustomized,
    });
    const wanted = ([stop]: [DeclaredStop, StopInfo]): object => ({
      bundle: stop.bundle,
      inports: stop.inports.join(','),
      outports: stop.outports.join(','),
      groups: stop.groups.join(','),
      isCustomized: String(stop.isCustomized ?? false),
    });
    expect(shapes().map(said)).toEqual(shapes().map(wanted));
  });

  it('has every property that PiFlow declares, and hides those that are sensitive there', () => {
    for (const [stop, info] of shapes()) {
      const names = info.properties.map(({ name }) => name);
      expect(names, stop.bundle).toEqual(expect.arrayContaining((stop.properties ?? []).map(({ name }) => name)));
      for (const { name, sensitive } of stop.properties ?? []) {
        if (sensitive !== true) continue;
        expect(info.properties.find((each) => each.name === name)?.sensitive, `${stop.bundle} ${name}`).toBe('true');
      }
    }
  });
});

function declared(): DeclaredStop[] {
  return JSON.parse(corpusText('stops')) as DeclaredStop[];
}
