import { injectable } from 'tsyringe';

/** Wakes those who wait for a run on this node. What happened is in the store; this only says that something did. */
@injectable()
export class RunFeed {
  private readonly waiting = new Map<string, Set<() => void>>();

  notify(runId: string): void {
    for (const wake of this.waiting.get(runId) ?? []) wake();
  }

  /** Calls `wake` at each notice of a run until the function that it gives is called. */
  listen(runId: string, wake: () => void): () => void {
    const listeners = this.waiting.get(runId) ?? new Set();
    listeners.add(wake);
    this.waiting.set(runId, listeners);
    return () => {
      listeners.delete(wake);
      if (listeners.size === 0) this.waiting.delete(runId);
    };
  }
}
