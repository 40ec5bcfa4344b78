import { injectable } from 'tsyringe';

/** How many slots of each pool runs take that no schedule started, as it was counted last. */
@injectable()
export class PlainRuns {
  private counts: ReadonlyMap<string, number> = new Map();

  /** The count of a pool; 0 before the first count. */
  of(pool: string): number {
    return this.counts.get(pool) ?? 0;
  }

  set(counts: ReadonlyMap<string, number>): void {
    this.counts = counts;
  }
}
