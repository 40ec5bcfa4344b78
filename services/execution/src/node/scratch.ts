import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** The scratch folder of this process among those of all nodes that share a home. */
export function scratchFolder(all: string): string {
  return join(all, `node-${process.pid}-${Date.now()}`);
}

/** Removes scratch folders that nodes left which are gone; a folder's name ends with its node's process id. */
export async function clearOldScratch(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [] as string[])) {
    const pid = Number(/^node-(\d+)-/.exec(name)?.[1]);
    if (!Number.isInteger(pid) || isAlive(pid)) continue;
    // A runner of it may still be at its end and write: what stays then goes at the next look.
    await rm(join(folder, name), { recursive: true, force: true, maxRetries: 3, retryDelay: 100 }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOTEMPTY' && error.code !== 'EBUSY') throw error;
      },
    );
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
