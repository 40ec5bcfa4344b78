import type { Compiled } from './compile.js';
import { nextLocal } from './next-local.js';
import type { Zone } from './zone.js';

/** No clock is further from UTC than this, in seconds. */
const FARTHEST = 18 * 3600;

/**
 * The first time strictly after an instant, in seconds since 1970, or undefined for never.
 *
 * As Quartz does: a local time that daylight saving skips does not come that day, and one that comes twice is meant
 * the second time.
 */
export function nextInstant(expression: Compiled, zone: Zone, after: number): number | undefined {
  let instant = Math.floor(after) + 1;
  for (;;) {
    const stretch = zone.stretchAt(instant);
    const start = instant + stretch.offset;
    if (start >= stretch.localEnd) {
      // These local times come again after the change, and count then.
      instant = stretch.end;
      continue;
    }
    const local = nextLocal(expression, start);
    if (local === undefined) return undefined;
    if (local < stretch.localEnd) return local - stretch.offset;
    // It is a time of a later stretch; those between hold nothing, and may be passed over.
    instant = Math.max(stretch.end, local - FARTHEST);
  }
}
