import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the processes of a group may use together. */
export interface GroupLimits {
  readonly memoryBytes: number;
  /** Processes and threads. */
  readonly tasks: number;
}

/** How often the limits of a group were met. */
export interface LimitHits {
  /** Processes that the system has ended for want of memory. */
  readonly memory: number;
  /** Processes and threads that the system has refused to start. */
  readonly tasks: number;
}

/** Processes that are limited and ended together, also those that have left their process group. */
export interface ControlGroup {
  /** Takes a process into the group; what it starts from then on is in it too. */
  add(pid: number): void;
  /** How often its limits were met so far. */
  readonly hits: LimitHits;
  /** Ends all its processes and the group. */
  end(): void;
}

/** Where groups are made. */
interface Place {
  /** The folder for each limit; one for both in version 2. */
  readonly memory: string;
  readonly tasks: string;
  readonly version: 1 | 2;
}

const ROOT = '/sys/fs/cgroup';
/** How often the end of a group's processes is looked for, and how many times. */
const END_PAUSE_MS = 20;
const END_LOOKS = 100;

let place: Place | undefined | 'unknown' = 'unknown';
let made = 0;

/** Whether this system lets us make control groups; looked at once. */
export function hasControlGroups(): boolean {
  return findPlace() !== undefined;
}

/** Makes a control group; undefined where the system lets us make none. */
export function makeControlGroup({ memoryBytes, tasks }: GroupLimits): ControlGroup | undefined {
  const found = findPlace();
  if (found === undefined) return undefined;
  const name = `sluice-${process.pid}-${++made}`;
  const folders = [...new Set([join(found.memory, name), join(found.tasks, name)])];
  const [memory = '', other = memory] = folders;
  for (const folder of folders) mkdirSync(folder);
  const isNew = found.version === 2;
  writeFileSync(join(memory, isNew ? 'memory.max' : 'memory.limit_in_bytes'), String(Math.floor(memoryBytes)));
  writeFileSync(join(other, 'pids.max'), String(tasks));
  let last: LimitHits = { memory: 0, tasks: 0 };
  const count = (file: string, key: string): number =>
    Number(new RegExp(`^${key} (\\d+)`, 'm').exec(read(file))?.[1] ?? 0);
  // What was counted holds when the group is gone.
  const countHits = (): LimitHits => ({
    memory: Math.max(last.memory, count(join(memory, isNew ? 'memory.events' : 'memory.oom_control'), 'oom_kill')),
    tasks: Math.max(last.tasks, count(join(other, 'pids.events'), 'max')),
  });
  return {
    add(pid) {
      for (const folder of folders) writeFileSync(join(folder, 'cgroup.procs'), String(pid));
    },
    get hits() {
      return countHits();
    },
    end() {
      last = countHits();
      endGroup(folders, END_LOOKS);
    },
  };
}

/** Kills what is in a group until nothing is, and then takes the group away. */
function endGroup(folders: readonly string[], looks: number): void {
  const pids = new Set(folders.flatMap((folder) => read(join(folder, 'cgroup.procs')).split('\n')));
  for (const pid of pids) if (pid !== '') killOne(Number(pid));
  try {
    for (const folder of folders) if (existsSync(folder)) rmdirSync(folder);
  } catch (error) {
    // EBUSY: a process in it has not ended yet. A group that stays empty does no harm; the last look leaves it.
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
    if (looks > 0) setTimeout(() => endGroup(folders, looks - 1), END_PAUSE_MS);
  }
}

function killOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function findPlace(): Place | undefined {
  if (place === 'unknown') place = process.platform === 'linux' ? lookForPlace() : undefined;
  return place;
}

/** The group of this process, in which it may make others, as /proc/self/cgroup names it. */
function lookForPlace(): Place | undefined {
  const own = new Map<string, string>();
  for (const line of read('/proc/self/cgroup').split('\n')) {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    for (const each of controllers.split(',')) own.set(each, path);
  }
  const unified = join(ROOT, own.get('') ?? '/none');
  // In version 2 the limits must have been handed down to the groups below ours.
  const given = read(join(unified, 'cgroup.subtree_control')).split(/\s+/);
  const candidates: Place[] = [];
  if (given.includes('memory') && given.includes('pids'))
    candidates.push({ memory: unified, tasks: unified, version: 2 });
  const [memory, tasks] = ['memory', 'pids'].map((each) => join(ROOT, each, own.get(each) ?? ''));
  if (memory !== undefined && tasks !== undefined && own.has('memory') && own.has('pids'))
    candidates.push({ memory, tasks, version: 1 });
  const found = candidates.find(isUsable);
  if (found !== undefined) clearOld(found);
  return found;
}

/** Ends what processes of the platform that are gone have left in their groups. */
function clearOld({ memory, tasks }: Place): void {
  for (const folder of new Set([memory, tasks])) {
    for (const name of readdirSync(folder)) {
      const pid = Number(/^sluice-(\d+)-\d+$/.exec(name)?.[1] ?? 0);
      if (pid > 0 && pid !== process.pid && !existsSync(`/proc/${pid}`)) endGroup([join(folder, name)], END_LOOKS);
    }
  }
}

function isUsable({ memory, tasks, version }: Place): boolean {
  const probe = `sluice-probe-${process.pid}`;
  try {
    for (const folder of new Set([memory, tasks])) {
      mkdirSync(join(folder, probe));
      rmdirSync(join(folder, probe));
    }
    return existsSync(join(memory, version === 2 ? 'cgroup.procs' : 'memory.limit_in_bytes'));
  } catch {
    return false; // not ours to change
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
