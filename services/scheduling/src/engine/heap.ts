/** A binary heap of keys by time, the earliest first. One time for each key: a later push replaces the earlier one. */
export class TimeHeap {
  private readonly keys: string[] = [];
  private readonly times: number[] = [];
  private readonly places = new Map<string, number>();

  /** How many keys it holds. */
  get size(): number {
    return this.keys.length;
  }

  /** The earliest time; undefined when it is empty. */
  get first(): number | undefined {
    return this.times[0];
  }

  push(key: string, time: number): void {
    const place = this.places.get(key);
    if (place === undefined) {
      this.keys.push(key);
      this.times.push(time);
      this.places.set(key, this.keys.length - 1);
      this.up(this.keys.length - 1);
    } else {
      const before = this.times[place] as number;
      this.times[place] = time;
      if (time < before) this.up(place);
      else this.down(place);
    }
  }

  /** Takes the keys out whose time has come, the earliest first, at most so many. */
  take(until: number, limit: number): string[] {
    const taken: string[] = [];
    while (taken.length < limit && this.first !== undefined && this.first <= until) {
      const key = this.keys[0] as string;
      this.remove(key);
      taken.push(key);
    }
    return taken;
  }

  /** Keys that someone wants, of those whose time comes until then, in no order, at most so many; they stay. */
  until(until: number, limit: number, isWanted: (key: string) => boolean): string[] {
    const found: string[] = [];
    const places = [0];
    for (let place = places.pop(); place !== undefined && found.length < limit; place = places.pop()) {
      if ((this.times[place] ?? Infinity) > until) continue;
      const key = this.keys[place] as string;
      if (isWanted(key)) found.push(key);
      places.push(place * 2 + 1, place * 2 + 2);
    }
    return found;
  }

  remove(key: string): void {
    const place = this.places.get(key);
    if (place === undefined) return;
    this.places.delete(key);
    const lastKey = this.keys.pop() as string;
    const lastTime = this.times.pop() as number;
    if (place === this.keys.length) return;
    this.set(place, lastKey, lastTime);
    this.up(place);
    this.down(this.places.get(lastKey) as number);
  }

  clear(): void {
    this.keys.length = 0;
    this.times.length = 0;
    this.places.clear();
  }

  private set(place: number, key: string, time: number): void {
    this.keys[place] = key;
    this.times[place] = time;
    this.places.set(key, place);
  }

  private up(from: number): void {
    let place = from;
    const key = this.keys[place] as string;
    const time = this.times[place] as number;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.times[parent] as number;
      if (above <= time) break;
      this.set(place, this.keys[parent] as string, above);
      place = parent;
    }
    this.set(place, key, time);
  }

  private down(from: number): void {
    let place = from;
    const key = this.keys[place] as string;
    const time = this.times[place] as number;
    for (;;) {
      let child = place * 2 + 1;
      if (child >= this.keys.length) break;
      if (child + 1 < this.keys.length && (this.times[child + 1] as number) < (this.times[child] as number)) child += 1;
      const below = this.times[child] as number;
      if (below >= time) break;
      this.set(place, this.keys[child] as string, below);
      place = child;
    }
    this.set(place, key, time);
  }
}
