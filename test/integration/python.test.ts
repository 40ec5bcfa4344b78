import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { PluginServiceService } from '@sluice/proto/catalog/v1/plugin_service';
import { StopServiceService } from '@sluice/proto/catalog/v1/stop_service';
import { RunOptions, RunState, type Run } from '@sluice/proto/execution/v1/run';
import { RunServiceService, StreamRunLogsRequest } from '@sluice/proto/execution/v1/run_service';
import { startRequest, waitForEnd, type RunClient } from '../bench/flows.js';
import { mount, packFiles, unmount, upload, type PluginClient } from '../support/plugin-archives.js';
import { hasPython, pandasWheels, PYTHON } from '../support/python.js';
import { startPlatform, type TestPlatform } from '../support/platform.js';
import { packZip } from '../support/zip-archives.js';
import { MODES } from './modes.js';

/** A package in Python: its entry, and more for sluice.json and the archive. */
function packPython(
  name: string,
  version: string,
  entry: string,
  more: { readonly sluice?: object; readonly files?: Readonly<Record<string, string | Buffer>> } = {},
): Promise<Buffer> {
  const sluice = { kind: 'stops', sdk: '^1', entry: './stops.py', ...more.sluice };
  return packFiles({ 'sluice.json': JSON.stringify({ name, version, sluice }), 'stops.py': entry, ...more.files });
}

const ABOUT = `title={"en": "A stop", "zh": "组件"}, description="For tests.", groups=["Test"]`;

/** A stop that takes rows, with the body of its function. */
const taking = (name: string, body: string, more = ''): string => `
from sluice_sdk import *
import os, sys
@stop(name="${name}", ${ABOUT}, ${more})
def run(context):
${body
  .trim()
  .split('\n')
  .map((line) => `    ${line}`)
  .join('\n')}
`;

const FRAMES = `
from sluice_sdk import Example, named, plugin, prop, stop, table

@stop(
    name="acme.py.totals", ${ABOUT},
    properties={"by": prop.columns(title="By", required=True), "times": prop.integer(title="Times", default=1)},
    examples=[Example(
        "sums by name",
        inputs={"": table({"name": "string", "n": "int64"}, ("a", 1), ("b", 2), ("a", 3))},
        properties={"by": ["name"]},
        outputs={"": table({"name": "string", "n": "int64"}, ("a", 4), ("b", 2))},
    )],
)
def totals(context):
    frame = context.pandas()
    print("rows", len(frame))
    summed = frame.groupby(context.properties["by"], as_index=False)["n"].sum()
    summed["n"] = summed["n"] * context.properties["times"]
    return summed

@stop(name="acme.py.split", ${ABOUT}, outputs=named("small", "large"))
def split(context):
    import pyarrow.compute as pc
    rows = context.table()
    return {"small": rows.filter(pc.less(rows["n"], 10)), "large": rows.filter(pc.greater_equal(rows["n"], 10))}

stops = plugin(totals, split)
`;

const SHOW = 'cn.piflow.bundle.external.ShowData';

/** Rows from a CSV file, through a stop, to sinks at its ports. */
const flowOf = (bundle: string, properties: object = {}, ports: readonly string[] = [''], path = 'in.csv'): object => ({
  name: `flow of ${bundle}`,
  stops: [
    {
      name: 'read',
      bundle: 'sluice.csv.read',
      properties: { path: `hdfs:///${path}`, header: true, inferSchema: true },
    },
    { name: 'work', bundle, properties },
    ...ports.map((port) => ({ name: `show ${port}`, bundle: SHOW, properties: { showNumber: '5' } })),
  ],
  paths: [
    { from: 'read', outport: '', inport: '', to: 'work' },
    ...ports.map((port) => ({ from: 'work', outport: port, inport: '', to: `show ${port}` })),
  ],
});

for (const mode of MODES) {
  describe.skipIf(!mode.available || !hasPython())(`stops in Python on ${mode.name}`, () => {
    let platform: TestPlatform;
    let plugins: PluginClient;
    let runs: RunClient;

    beforeAll(async () => {
      platform = await mode.start({ env: { SLUICE_PYTHON_COMMAND: PYTHON, SLUICE_EXECUTION_SWEEP_MS: '200' } });
      plugins = platform.clients.get(PluginServiceService);
      runs = platform.clients.get(RunServiceService);
      await writeFile(join(platform.home, 'files/in.csv'), 'name,n\na,1\nb,20\na,3\n');
    }, 120_000);
    afterAll(() => platform?.close());

    const run = async (flow: object, options: Partial<RunOptions> = {}): Promise<Run> => {
      const started = await runs.startRun(startRequest(flow, { options: RunOptions.fromPartial(options) }));
      return waitForEnd(runs, started.run?.id ?? '');
    };
    const shown = async (ended: Run): Promise<string> => {
      expect(ended.error?.message).toBeUndefined();
      expect(ended.state).toBe(RunState.RUN_STATE_SUCCEEDED);
      let said = '';
      for await (const { lines } of runs.streamRunLogs(StreamRunLogsRequest.fromPartial({ id: ended.id })))
        said += lines.map(({ message }) => `${message}\n`).join('');
      return said;
    };
    const install = async (archive: Buffer, name: string, version = '1.0.0', fileName = 'p.tgz'): Promise<void> => {
      await upload(plugins, archive, { fileName });
      await mount(plugins, name, version, { grant: true });
    };

    test('a package with pandas inside works on frames and tables, and its examples are run', async () => {
      const wheels = Object.entries(await pandasWheels()).map(
        ([name, content]) => [`wheels/${name}`, content] as const,
      );
      const archive = await packPython('acme-frames', '1.0.0', FRAMES, {
        sluice: { capabilities: { native: true } },
        files: Object.fromEntries(wheels),
      });
      const plugin = await upload(plugins, archive);
      expect(plugin).toMatchObject({ name: 'acme-frames', stops: ['acme.py.totals', 'acme.py.split'] });
      expect(plugin.examples).toEqual([{ stop: 'acme.py.totals', title: 'sums by name', fault: '' }]);
      await mount(plugins, 'acme-frames', '1.0.0', { grant: true });
      const { stop } = await platform.clients.get(StopServiceService).getStop({ name: 'acme.py.totals' });
      expect(stop?.title).toEqual({ en: 'A stop', zh: '组件' });
      const ended = await run(flowOf('acme.py.totals', { by: 'name', times: '10' }));
      const said = await shown(ended);
      expect(said).toMatch(/rows 3/);
      expect(said).toMatch(/a\s*\|\s*40[^]*b\s*\|\s*200/);
      const split = await run(flowOf('acme.py.split', {}, ['small', 'large']));
      expect(split.error?.message).toBeUndefined();
      const work = split.stops.find(({ name }) => name === 'work');
      expect(Object.fromEntries((work?.outputs ?? []).map(({ port, rows }) => [port, Number(rows)]))).toEqual({
        small: 2,
        large: 1,
      });
    }, 180_000);

    test('what a stop does wrong is told with its place, and the next run is untouched', async () => {
      const entry = (name: string, body: string): string => taking(name, body);
      const stops = [
        entry('acme.py.fine', 'return context.table()'),
        entry('acme.py.raise', 'raise ValueError("no such luck")'),
        entry('acme.py.typed', 'return 42'),
        entry('acme.py.exit', 'os._exit(7)'),
        entry('acme.py.end', 'sys.exit(3)'),
        entry('acme.py.hang', 'while True: pass'),
        entry('acme.py.hog', 'kept = []\nwhile True: kept.append(bytearray(16 << 20))'),
      ];
      const renamed = stops.map((text, i) => text.replaceAll('def run(', `def run${i}(`));
      await install(await packPython('acme-wrong', '1.0.0', renamed.join('\n')), 'acme-wrong');
      const fails = async (name: string, options: Partial<RunOptions> = {}): Promise<string> => {
        const ended = await run(flowOf(name), options);
        expect(ended.state).toBe(RunState.RUN_STATE_FAILED);
        return `${ended.error?.reason}: ${ended.error?.message}`;
      };
      expect(await fails('acme.py.raise')).toMatch(/STOP_FAILED: .*ValueError: no such luck \(stops\.py, line \d+\)/);
      expect(await fails('acme.py.typed')).toMatch(/STOP_FAILED: .*the stop gave a int; give a pyarrow table/);
      expect(await fails('acme.py.end')).toMatch(/STOP_FAILED: .*SystemExit: 3/);
      expect(await fails('acme.py.exit')).toMatch(
        /RUNNER_DIED: the plugin 'acme-wrong' 1\.0\.0 was at work \(stop 'work'\): .*exit code 7/,
      );
      expect(await shown(await run(flowOf('acme.py.fine')))).toMatch(/b\s*\|\s*20/);
      const late = await fails('acme.py.hang', { timeout: { seconds: 2n, nanos: 0 } });
      expect(late).toMatch(/RUN_TIMEOUT: the plugin 'acme-wrong' 1\.0\.0 was at work \(stop 'work'\)/);
      expect(await fails('acme.py.hog', { memoryBytes: 64n * 2n ** 20n })).toMatch(
        /OUT_OF_MEMORY: the plugin 'acme-wrong' 1\.0\.0 was at work/,
      );
      expect(await shown(await run(flowOf('acme.py.fine')))).toMatch(/b\s*\|\s*20/);
    }, 120_000);

    test('it may do what it was granted and no more', async () => {
      const body = `
import socket, subprocess
found = []
def attempt(what, work):
    try:
        work()
        found.append(what + " yes")
    except Exception as error:
        found.append(what + " no")
attempt("secrets", lambda: open("${join(platform.home, 'sluice.db')}", "rb").read(1))
attempt("system", lambda: open("/etc/passwd").read())
attempt("write", lambda: open("/tmp/sluice-py-evil", "w"))
attempt("package", lambda: open(__file__, "a"))
attempt("spawn", lambda: subprocess.run(["true"], check=True))
attempt("fork", os.fork)
attempt("native", lambda: __import__("ctypes").CDLL("libcrypt.so.1"))
attempt("network", lambda: socket.create_connection(("127.0.0.1", ${new URL(platform.http).port}), 2))
attempt("environment", lambda: os.environ["PATH"])
attempt("scratch", lambda: open(context.scratch + "/x", "w"))
raise StopError("tried: " + ", ".join(found))`;
      await install(await packPython('acme-try', '1.0.0', taking('acme.py.try', body)), 'acme-try');
      const confined = (await run(flowOf('acme.py.try'))).error?.message;
      expect(confined).toContain(
        'tried: secrets no, system no, write no, package no, spawn no, fork no, native no, network no, environment no, scratch yes',
      );
      const { port } = new URL(platform.http);
      const capabilities = { network: [`127.0.0.1:${port}`], processes: true, read: ['/etc'], environment: ['PATH'] };
      const granted = await packPython('acme-try', '2.0.0', taking('acme.py.try', body), { sluice: { capabilities } });
      await install(granted, 'acme-try', '2.0.0');
      expect((await run(flowOf('acme.py.try'))).error?.message).toContain(
        'secrets no, system yes, write no, package no, spawn yes, fork yes, native no, network yes, environment yes',
      );
    }, 60_000);

    test('a wheel that is mounted once is there for every package, or only for those that name it', async () => {
      const wheel = (version: string): Buffer =>
        packZip([
          { name: 'acme_words/__init__.py', text: `def word(): return "word ${version}"\n` },
          { name: `acme_words-${version}.dist-info/METADATA`, text: `Name: acme-words\nVersion: ${version}\n` },
          { name: `acme_words-${version}.dist-info/WHEEL`, text: 'Wheel-Version: 1.0\n' },
        ]);
      const fileName = 'acme_words-1.2-py3-none-any.whl';
      expect(await upload(plugins, wheel('1.2'), { fileName })).toMatchObject({
        name: 'acme-words',
        version: '1.2.0',
        contents: ['acme_words'],
      });
      await expect(
        upload(plugins, wheel('1.3'), { fileName: 'acme_words-1.3-cp27-none-any.whl' }),
      ).rejects.toMatchObject({ reason: 'PLUGIN_INVALID', message: expect.stringContaining('is for cp27') });
      const text = taking('acme.py.words', 'from acme_words import word\nraise StopError(word())');
      const names = { bundles: { 'acme-words': '^1' } };
      const user = await packPython('acme-words-user', '1.0.0', text, { sluice: names });
      await expect(upload(plugins, user)).rejects.toMatchObject({ reason: 'BUNDLE_MISSING' });
      await mount(plugins, 'acme-words', '1.2.0', { declaredOnly: true });
      await install(user, 'acme-words-user');
      expect((await run(flowOf('acme.py.words'))).error?.message).toContain('word 1.2');
      const other = await packPython('acme-words-other', '1.0.0', text.replace('py.words', 'py.others'));
      await install(other, 'acme-words-other');
      expect((await run(flowOf('acme.py.others'))).error?.message).toContain(
        "No module named 'acme_words'; put a wheel",
      );
      await expect(unmount(plugins, 'acme-words', '1.2.0', true)).rejects.toMatchObject({
        reason: 'PLUGIN_IN_USE',
        message: expect.stringContaining('acme-words-user'),
      });
      await mount(plugins, 'acme-words', '1.2.0');
      expect((await run(flowOf('acme.py.others'))).error?.message).toContain('word 1.2');
      await unmount(plugins, 'acme-words', '1.2.0');
      await expect(run(flowOf('acme.py.words'))).rejects.toMatchObject({ reason: 'PLUGIN_UNMOUNTED' });
    }, 60_000);

    test("the scripts of PiFlow's components are stops, without Docker", async () => {
      const component = packZip([
        { name: 'requirements.txt', text: 'pandas\nhdfs\npyhdfs\nno-such-package==1\n' },
        { name: 'data_connect.py', text: 'raise ImportError("this one needs HDFS")\n' },
        { name: 'helpers.py', text: 'def twice(x): return x * 2\n' },
        {
          name: 'double.py',
          text: `
import sys
from data_connect import DATAConncet
from helpers import twice
if __name__ == "__main__":
    connect = DATAConncet()
    frame = connect.dataInputStream()
    frame["n"] = frame["n"].map(twice) + int(sys.argv[1])
    print("doubled", len(frame))
    connect.dataOutputStream(frame, port="1")
`,
        },
        ...Object.entries(await pandasWheels()).map(([name, text]) => ({ name: `wheels/${name}`, text })),
      ]);
      const plugin = await upload(plugins, component, { fileName: 'double-1.1.zip' });
      expect(plugin).toMatchObject({ name: 'double', version: '1.1.0' });
      expect(plugin.stops).toEqual(['piflow.python.double.double', 'piflow.python.double.helpers']);
      expect(plugin.examples.map(({ fault }) => fault)).toEqual([
        expect.stringContaining("'no-such-package' is not there"),
      ]);
      await mount(plugins, 'double', '1.1.0', { grant: true });
      const ended = await run(flowOf('double/double.py', { arguments: '100' }));
      const said = await shown(ended);
      expect(said).toContain('doubled 3');
      expect(said).toMatch(/a\s*\|\s*102[^]*b\s*\|\s*140/);
    }, 180_000);

    test('a package that is wrong is refused when it is uploaded', async () => {
      const verdict = async (entry: string, sluice: object = {}): Promise<string> =>
        upload(plugins, await packPython('acme-bad', '1.0.0', entry, { sluice })).then(
          () => 'taken',
          (error: { reason: string; message: string }) => `${error.reason}: ${error.message}`,
        );
      expect(await verdict('def (')).toMatch(/PLUGIN_FAILED: .*SyntaxError/);
      expect(await verdict('raise RuntimeError("no licence")')).toMatch(/PLUGIN_FAILED: .*no licence/);
      expect(await verdict('x = 1')).toMatch(/PLUGIN_FAILED: .*has no stops/);
      expect(await verdict('import os; os._exit(4)')).toMatch(/PLUGIN_FAILED: .*exit code 4/);
      expect(await verdict('import sys; sys.exit()')).toMatch(/PLUGIN_FAILED: .*SystemExit/);
      expect(await verdict('open("/etc/passwd")')).toMatch(/PLUGIN_FAILED: .*PermissionError/);
      expect(await verdict('import subprocess; subprocess.run(["true"])')).toMatch(/processes may not be started/);
      expect(await verdict('kept = []\nwhile True: kept.append(bytearray(1 << 20))')).toMatch(
        /out of memory|MemoryError/,
      );
      expect(await verdict('while True: print("x" * 100000)')).toMatch(/wrote more than/);
      expect(await verdict('x = 1', { entry: './none.py' })).toMatch(/PLUGIN_INVALID: .*is not a file/);
      expect(await verdict(taking('', 'return None'))).toMatch(/PLUGIN_INVALID: .*a stop has no name/);
    }, 120_000);
  });
}

test('without a Python with pyarrow a package in it is refused, and the remedy is told', async () => {
  const platform = await startPlatform({ env: { SLUICE_PYTHON_COMMAND: 'no-such-python' } });
  onTestFinished(() => platform.close());
  const plugins = platform.clients.get(PluginServiceService);
  await expect(upload(plugins, await packPython('acme-none', '1.0.0', 'x = 1'))).rejects.toMatchObject({
    reason: 'PYTHON_UNAVAILABLE',
    message: expect.stringMatching(/there is no 'no-such-python'; install Python 3\.9 or newer with pyarrow/),
  });
}, 60_000);
