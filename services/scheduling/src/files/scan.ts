import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileRules } from '../triggers/trigger.js';

/** A file in a folder that a schedule looks at. */
export interface FoundFile {
  readonly name: string;
  readonly size: number;
  /** When it was changed last, in epoch milliseconds. */
  readonly changedMs: number;
}

/** The files of a folder that a schedule wants, in its order. A folder that is not there yet has none. */
export async function scan(folder: string, rules: FileRules): Promise<FoundFile[]> {
  let names: string[];
  try {
    names = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const wanted = names.filter((name) => isWanted(name, rules));
  const found = await Promise.all(
    wanted.map(async (name): Promise<FoundFile | undefined> => {
      try {
        const { size, mtimeMs } = await stat(join(folder, name));
        return { name, size, changedMs: mtimeMs };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined; // gone since the folder was read
        throw error;
      }
    }),
  );
  return inOrder(
    found.filter((file) => file !== undefined),
    rules,
  );
}

/** What a file is known by once it was taken. */
export function fileKey({ name, size, changedMs }: FoundFile, againWhenChanged: boolean): string {
  const text = againWhenChanged ? `${name}\n${size}\n${changedMs}` : name;
  return createHash('sha256').update(text).digest('hex').slice(0, 40);
}

function isWanted(name: string, { prefix, suffix, pattern }: FileRules): boolean {
  return name.startsWith(prefix) && name.endsWith(suffix) && (pattern === undefined || pattern.test(name));
}

function inOrder(files: readonly FoundFile[], rules: FileRules): FoundFile[] {
  const sign = rules.isDescending ? -1 : 1;
  const byName = (a: FoundFile, b: FoundFile): number => compareNames(a.name, b.name, rules.pattern);
  const byTime = (a: FoundFile, b: FoundFile): number => a.changedMs - b.changedMs || byName(a, b);
  return [...files].sort((a, b) => sign * (rules.order === 'name' ? byName(a, b) : byTime(a, b)));
}

/** Compares names by the groups of the pattern where it has some, numbers by their value; else as texts. */
function compareNames(a: string, b: string, pattern: RegExp | undefined): number {
  const left = pattern?.exec(a)?.slice(1) ?? [];
  const right = pattern?.exec(b)?.slice(1) ?? [];
  for (const [place, one] of left.entries()) {
    const other = right[place] ?? '';
    const areNumbers = /^\d+$/.test(one ?? '') && /^\d+$/.test(other);
    const order = areNumbers ? Number(one) - Number(other) : compareTexts(one ?? '', other);
    if (order !== 0) return order;
  }
  return compareTexts(a, b);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
