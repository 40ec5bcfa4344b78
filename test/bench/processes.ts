import { readFileSync, readdirSync, writeFileSync } from 'node:fs';

/** The processes that a process started, and those that they started. */
export function descendants(pid: number): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && statusNumber(Number(name), 'PPid') === pid)
    .map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

/** Resident memory now, in MB; 0 for a process that has ended. */
export function residentMb(pid: number): number {
  return (statusNumber(pid, 'VmRSS') * 1024) / 1e6;
}

/** Begins {@link peakMb} anew. */
export function resetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // The process has just ended.
  }
}

/** The most resident memory so far, or since {@link resetPeak}, in MB. */
export function peakMb(pid: number): number {
  return (statusNumber(pid, 'VmHWM') * 1024) / 1e6;
}

/** Ticks of the system's clock a second, in /proc. */
const TICKS = 100;

/** The processor time so far of processes and all that they started, also of what has ended since, in seconds. */
export function cpuSeconds(pids: readonly number[]): number {
  const ticks = pids
    .flatMap((pid) => [pid, ...descendants(pid)])
    .map((pid) => {
      try {
        const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /, '')
          .split(' ');
        // utime, stime, and those of children that were waited for: fields 14 to 17 of proc(5).
        return fields.slice(11, 15).reduce((sum, each) => sum + Number(each), 0);
      } catch {
        return 0; // the process has just ended
      }
    });
  return ticks.reduce((sum, each) => sum + each, 0) / TICKS;
}

function statusNumber(pid: number, key: string): number {
  try {
    return Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0; // the process has just ended
  }
}
