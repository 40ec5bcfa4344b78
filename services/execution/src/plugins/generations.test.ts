import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createKernel } from '@sluice/kernel';
import { PackageStore } from '@sluice/packages';
import type { PluginNodes } from '../tokens.js';
import { Generations } from './generations.js';

test('a node tells of itself before it asks for its first generation, so that a mount in between waits for it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-generations-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };
  const kernel = createKernel({ folders: [], cache: join(folder, 'cache'), log });
  const packages = new PackageStore(join(folder, 'packages'));
  await packages.open();
  const calls: string[] = [];
  const members: never[] = [];
  const catalog: PluginNodes = {
    reportNode: async ({ generation, leaving }) => {
      calls.push(leaving ? 'leaves' : `has ${generation}`);
      return { generation: 7n };
    },
    getNodeGeneration: async () => {
      calls.push('asks');
      const generation = { number: 7n, members, comment: '', actor: '', createTime: undefined };
      return { generation, packages: [], missing: [] };
    },
    async *watchGeneration() {
      yield { number: 7n };
    },
    async *fetchPackage() {
      yield* [];
    },
    reportPluginCrash: async () => ({ quarantined: false }),
  };
  const runs = { packageUses: async () => ({ uses: [], oldest: 0 }) };
  const generations = new Generations(kernel, packages, catalog, runs, 'node', log);
  generations.start();
  await generations.known();
  expect(calls.slice(0, 3)).toEqual(['has 0', 'asks', 'has 7']);
  await generations.close();
  expect(calls.at(-1)).toBe('leaves');
});
