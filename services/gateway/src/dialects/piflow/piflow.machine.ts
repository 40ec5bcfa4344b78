import { statfs } from 'node:fs/promises';
import { availableParallelism, freemem, loadavg, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import type { DialectHandler, DialectTools } from '../../dialect.js';
import { pretty } from './piflow.replies.js';
import type { ResourceReply } from './piflow.wire.js';

const GB = 2 ** 30;

/** What answers `/resource/info`: the cores, memory and disk of the machine on which the gateway runs. */
export function machineHandlers({ config }: Pick<DialectTools, 'config'>) {
  const files = config.files.mounts['hdfs://*'] ?? join(config.home, 'files');
  return {
    info: async () => {
      const cores = availableParallelism();
      const busy = Math.min(cores, Math.round(loadavg()[0] ?? 0));
      const limit = process.constrainedMemory();
      // A container's limit is 0 or larger than the machine when there is none.
      const bounded = limit > 0 && limit < totalmem();
      const memory = bounded ? limit : totalmem();
      const free = bounded ? Math.max(0, limit - process.memoryUsage.rss()) : freemem();
      const disk = await diskOf(files);
      const reply: ResourceReply = {
        resource: {
          cpu: { totalVirtualCores: cores, allocatedVirtualCores: busy, remainingVirtualCores: cores - busy },
          memory: {
            totalMemoryGB: gigabytes(memory),
            allocatedMemoryGB: gigabytes(memory - free),
            remainingMemoryGB: gigabytes(free),
          },
          hdfs: {
            TotalCapacityGB: gigabytes(disk.total),
            remainingCapacityGB: gigabytes(disk.free),
            allocatedCapacityGB: gigabytes(disk.total - disk.free),
          },
        },
      };
      return pretty(reply);
    },
  } satisfies Record<string, DialectHandler>;
}

/** The bytes of the disk that holds a folder, which need not exist yet. */
async function diskOf(folder: string): Promise<{ readonly total: number; readonly free: number }> {
  try {
    const { bsize, blocks, bavail } = await statfs(folder);
    return { total: bsize * blocks, free: bsize * bavail };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(folder) === folder) throw error;
    return diskOf(dirname(folder));
  }
}

function gigabytes(bytes: number): number {
  return Math.round((bytes / GB) * 100) / 100;
}
