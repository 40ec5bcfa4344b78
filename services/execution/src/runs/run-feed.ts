import { injectable } from 'tsyringe';
import type { Progress } from '../runner/protocol.js';
import type { RunRecord, Transition } from './run-record.js';

/** What has become of a run, after it was stored. */
export interface RunNews {
  readonly run: RunRecord;
  /** What led here since the news before; empty when only the progress changed. */
  readonly transitions: readonly Transition[];
  /** How far the work is, when that is the news. */
  readonly progress?: Progress | undefined;
}

/** Tells those who watch a run on this node what becomes of it, so that they need not ask the database. */
@injectable()
export class RunFeed {
  private readonly listeners = new Map<string, Set<(news: RunNews) => void>>();

  publish(news: RunNews): void {
    for (const listener of this.listeners.get(news.run.id) ?? []) listener(news);
  }

  /** Calls the listener with all news of a run until the function that it gives is called. */
  listen(runId: string, listener: (news: RunNews) => void): () => void {
    const listeners = this.listeners.get(runId) ?? new Set();
    listeners.add(listener);
    this.listeners.set(runId, listeners);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.listeners.delete(runId);
    };
  }
}
