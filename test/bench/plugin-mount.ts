import { PluginServiceService } from '@sluice/proto/catalog/v1/plugin_service';
import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { freshDatabase, hasDatabase, natsUrl } from '@sluice/chassis/testing';
import { randomBytes } from 'node:crypto';
import { mount, packPlugin, sourceStop, unmount, upload } from '../support/plugin-archives.js';
import { startPlatform, type PlatformOptions } from '../support/platform.js';
import { percentile, type Bench } from './figure.js';
import { startRequest, waitForEnd } from './flows.js';

const TIMES = 12;

/** Milliseconds from the upload of a package of 100 kB to the end of a run that uses its stop, each time a new one. */
async function measure(options: PlatformOptions): Promise<number[]> {
  const platform = await startPlatform(options);
  try {
    const plugins = platform.clients.get(PluginServiceService);
    const runs = platform.clients.get(RunServiceService);
    const times: number[] = [];
    for (let i = 0; i < TIMES; i++) {
      const name = `@bench/mount-${i}`;
      const entry = sourceStop(`bench.Mount${i}`, `return give(engine, ${i + 1});`);
      const archive = await packPlugin(name, '1.0.0', entry, { files: { 'data.bin': randomBytes(100_000) } });
      const began = performance.now();
      await upload(plugins, archive);
      await mount(plugins, name, '1.0.0');
      const flow = { name: 'bench', stops: [{ name: 's', bundle: `bench.Mount${i}`, properties: {} }], paths: [] };
      const { run } = await runs.startRun(startRequest(flow));
      const ended = await waitForEnd(runs, run?.id ?? '');
      if (Number(ended.stops[0]?.outputs[0]?.rows ?? 0) !== i + 1)
        throw new Error(ended.error?.message ?? 'wrong rows');
      // The first waits for what has never run.
      if (i > 1) times.push(performance.now() - began);
      await unmount(plugins, name, '1.0.0');
      await new Promise((resolve) => setTimeout(resolve, 1_500)); // runners become warm again
    }
    return times;
  } finally {
    await platform.close();
  }
}

/** How soon an uploaded stop is usable. */
export const bench: Bench = {
  name: 'plugin-mount',
  about: 'upload of a 100 kB package -> mount -> end of a run that uses its stop',
  async run() {
    const one = percentile(await measure({}), 0.5);
    const figures = [{ figure: 'one process, p50', value: one, unit: 'ms', target: '<= 300' }];
    const nats = natsUrl();
    if (!hasDatabase('mariadb') || nats === undefined) return figures;
    const database = await freshDatabase('mariadb');
    try {
      const env = { SLUICE_DATABASE_URL: database.url, SLUICE_NATS_URL: nats };
      const processes = [['catalog'], ['execution'], ['execution'], ['execution']];
      const many = percentile(await measure({ processes, env }), 0.5);
      return [...figures, { figure: 'three execution processes, p50', value: many, unit: 'ms', target: '<= 500' }];
    } finally {
      await database.drop();
    }
  },
};
