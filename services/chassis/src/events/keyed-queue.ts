/** Work in order for each key, and side by side for different keys, with a limit on how much runs at a time. */
export class KeyedQueue {
  readonly #limit: number;
  readonly #waiting = new Map<string, (() => Promise<void>)[]>();
  readonly #ready: string[] = [];
  #active = 0;
  #size = 0;
  #listeners: { readonly below: number; readonly resolve: () => void }[] = [];

  /** @param limit how many pieces of work run at a time. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How much is waiting or running. */
  get size(): number {
    return this.#size;
  }

  /** Adds work that never rejects. */
  push(key: string, work: () => Promise<void>): void {
    this.#size += 1;
    const queue = this.#waiting.get(key);
    if (queue !== undefined) {
      queue.push(work);
      return;
    }
    this.#waiting.set(key, [work]);
    this.#ready.push(key);
    this.#next();
  }

  /** Resolves once fewer than `below` pieces of work are left. */
  async until(below: number): Promise<void> {
    if (this.#size < below) return;
    await new Promise<void>((resolve) => this.#listeners.push({ below, resolve }));
  }

  /** Forgets what has not begun. */
  clear(): void {
    for (const queue of this.#waiting.values()) this.#size -= queue.splice(0).length;
    this.#tell();
  }

  #next(): void {
    while (this.#active < this.#limit) {
      const key = this.#ready.shift();
      if (key === undefined) return;
      const work = this.#waiting.get(key)?.shift();
      if (work === undefined) {
        this.#waiting.delete(key);
        continue;
      }
      this.#active += 1;
      void work().finally(() => {
        this.#active -= 1;
        this.#size -= 1;
        if ((this.#waiting.get(key)?.length ?? 0) > 0) this.#ready.push(key);
        else this.#waiting.delete(key);
        this.#tell();
        this.#next();
      });
    }
  }

  #tell(): void {
    const due = this.#listeners.filter((listener) => this.#size < listener.below);
    if (due.length === 0) return;
    this.#listeners = this.#listeners.filter((listener) => this.#size >= listener.below);
    due.forEach((listener) => listener.resolve());
  }
}
