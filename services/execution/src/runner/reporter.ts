import type { EngineListener, PortCount } from '@sluice/plugin-sdk';
import type { LogEntry, LogWord, Progress, StopChange, Update } from './protocol.js';

/** Between two updates of one run, so that a run with many stops does not flood its node. */
const UPDATE_INTERVAL_MS = 20;

/** Gathers what happens in a run and sends it in few messages: the first at once, later ones in a steady rhythm. */
export class Reporter {
  progress: Progress | undefined;
  private changes: StopChange[] = [];
  private counts: PortCount[] = [];
  private rejected: { stop: string; rows: number }[] = [];
  private log: LogEntry[] = [];
  private timer: NodeJS.Timeout | undefined;
  private lastSent = 0;

  constructor(private readonly send: (update: Update) => void) {}

  change(change: StopChange): void {
    this.changes.push(change);
    this.schedule();
  }

  line(level: LogWord, stop: string, message: string): void {
    this.log.push({ at: Date.now(), level, stop, message });
    this.schedule();
  }

  count(counts: readonly PortCount[]): void {
    this.counts.push(...counts);
    this.schedule();
  }

  reject(stop: string, rows: number): void {
    this.rejected.push({ stop, rows });
    this.schedule();
  }

  /** What has not been sent yet; nothing is sent after this. */
  take(): Update {
    if (this.timer !== undefined) clearTimeout(this.timer);
    this.timer = undefined;
    const update = { changes: this.changes, counts: this.counts, rejected: this.rejected, log: this.log };
    this.changes = [];
    this.counts = [];
    this.rejected = [];
    this.log = [];
    return update;
  }

  private schedule(): void {
    if (this.timer !== undefined) return;
    const wait = Math.max(0, this.lastSent + UPDATE_INTERVAL_MS - Date.now());
    this.timer = setTimeout(() => {
      this.lastSent = Date.now();
      this.send(this.take());
    }, wait);
  }
}

/** Turns what the engine tells into reports; `started` hears which stops a query contains. */
export function engineListener(reporter: Reporter, started: (stop: string) => void): EngineListener {
  return {
    started: (ports) => ports.forEach(({ stop }) => started(stop)),
    ended: () => undefined,
    counted: (counts) => reporter.count(counts),
    rejected: (stop, rows) => reporter.reject(stop, rows),
    progressed: (progress) => {
      reporter.progress = progress;
    },
  };
}
