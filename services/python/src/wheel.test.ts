import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { PackageStore, readZip } from '@sluice/packages';
import type { Interpreter } from './interpreter.js';
import { packPythonSdk } from '@sluice/chassis/packaging';
import { readWheel, wheelFits } from './wheel.js';

const python: Interpreter = { program: '/p', version: '3.11.7', machine: 'x86_64', system: 'linux', pyarrow: '1' };

test.each([
  ['six-1.16.0-py2.py3-none-any.whl', undefined],
  ['pandas-2.3.3-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl', undefined],
  ['x-1.0-cp38-abi3-manylinux2014_x86_64.whl', undefined],
  ['x-1.0-1-py3-none-linux_x86_64.whl', undefined],
  ['x-1.0-py38-none-any.whl', undefined],
  ['x-1.0-cp310-cp310-manylinux2014_x86_64.whl', /is for cp310, and this is Python 3\.11\.7/],
  ['x-1.0-cp312-abi3-manylinux2014_x86_64.whl', /is for cp312/],
  ['x-1.0-py2-none-any.whl', /is for py2/],
  ['x-1.0-py3-none-win_amd64.whl', /is for win_amd64, and this is linux on x86_64/],
  ['x-1.0-py3-none-manylinux2014_aarch64.whl', /is for manylinux2014_aarch64/],
  ['x-1.0-py3-none-macosx_11_0_universal2.whl', /is for macosx_11_0_universal2/],
])('the wheel %s fits or is told why not', (name, why) => {
  if (why === undefined) expect(wheelFits(name, python)).toBeUndefined();
  else expect(wheelFits(name, python)).toMatch(why);
});

test('a file that is not named as a wheel is refused', () => {
  expect(() => wheelFits('x.whl', python)).toThrow(/is not named as wheels are/);
});

test('the SDK is a wheel, the same at every time, with every module in it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-wheel-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { fileName, content } = await packPythonSdk();
  expect((await packPythonSdk()).content).toEqual(content);
  expect(wheelFits(fileName, python)).toBeUndefined();
  const file = join(folder, fileName);
  await writeFile(file, content);
  const names: string[] = [];
  await readZip(file, ({ name }) => Promise.resolve(void names.push(name)));
  expect(names).toEqual(expect.arrayContaining(['sluice_sdk/__init__.py', 'sluice_sdk/piflow/shadow/data_connect.py']));
  const store = new PackageStore(join(folder, 'store'));
  await store.open();
  const unpacked = await store.ensure(
    createHash('sha256').update(content).digest('hex'),
    async function* () {
      yield content;
    },
    fileName,
  );
  expect(await readWheel(unpacked, fileName)).toEqual({
    name: 'sluice-sdk',
    version: '1.0.0',
    modules: ['sluice_sdk'],
    native: false,
  });
});
