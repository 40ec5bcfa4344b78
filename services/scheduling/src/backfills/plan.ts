import { SluiceError } from '@sluice/chassis';
import type { BackfillSpec, Dependent } from '@sluice/proto/scheduling/v1/backfill_service';
import type { Definition } from '../schedules/definition.js';
import { bucketOf } from '../triggers/dependency.js';
import { isTimed, nextDue } from '../triggers/trigger.js';

/** One run that a backfill would make, or not. */
export interface PlannedItem {
  readonly scheduleId: string;
  readonly scheduleName: string;
  readonly logicalMs: number;
  readonly depth: number;
  /** A good run that exists already; undefined when it is to be run. */
  readonly existingRun: string | undefined;
  /** Places of the items that have to succeed before it. */
  readonly after: readonly number[];
}

export interface Plan {
  readonly items: readonly PlannedItem[];
  readonly dependents: readonly Dependent[];
}

/** What planning reads. */
export interface PlanSources {
  schedule(id: string): Promise<{ readonly id: string; readonly definition: Definition }>;
  /** Schedules that wait for one, with the place of that one among what each waits for. */
  dependentsOf(id: string): Promise<readonly { readonly scheduleId: string; readonly position: number }[]>;
  /** The good runs of a schedule by the time that they stand for. */
  goodRuns(id: string, fromMs: number, toMs: number): Promise<ReadonlyMap<number, string>>;
}

const MOST_ITEMS = 10_000;
const MARGIN_MS = 32 * 86_400_000;

/** Plans a backfill: every time in the range, and the closure of what depends on it. */
export async function planBackfill(spec: BackfillSpec, sources: PlanSources): Promise<Plan> {
  const fromMs = spec.from?.getTime();
  const toMs = spec.to?.getTime();
  if (fromMs === undefined || toMs === undefined || toMs <= fromMs) {
    throw new SluiceError('REQUEST_INVALID', 'a backfill needs a time from which and a later one to which it runs');
  }
  if (spec.parallel < 0 || spec.parallel > 100) {
    throw new SluiceError('REQUEST_INVALID', `a backfill runs 1 to 100 at a time, not ${spec.parallel}`);
  }
  const root = await sources.schedule(spec.scheduleId);
  const { trigger, rules } = root.definition;
  if (!isTimed(trigger)) {
    const message = `the schedule '${root.id}' is of kind '${trigger.kind}' and has no times to run again; backfill what it depends on, with its dependents`;
    throw new SluiceError('REQUEST_INVALID', message);
  }
  const items: PlannedItem[] = [];
  // Times before a schedule's start are exactly what a backfill is for.
  const open = { ...rules, startMs: undefined, endMs: undefined };
  const good = await sources.goodRuns(root.id, fromMs, toMs);
  for (
    let due = nextDue(trigger, open, fromMs - 1);
    due !== undefined && due < toMs;
    due = nextDue(trigger, open, due)
  ) {
    if (items.length >= MOST_ITEMS) {
      throw new SluiceError('REQUEST_INVALID', `the range has more than ${MOST_ITEMS} times; take a shorter one`);
    }
    items.push({
      ...about(root),
      logicalMs: due,
      depth: 0,
      existingRun: spec.again ? undefined : good.get(due),
      after: [],
    });
  }
  const dependents = await closure(root.id, sources);
  if (spec.withDependents) await addDependents(items, dependents, spec, sources, fromMs, toMs);
  return { items: inOrder(items, spec.newestFirst), dependents };
}

async function closure(rootId: string, sources: PlanSources): Promise<Dependent[]> {
  const found: Dependent[] = [];
  const seen = new Set([rootId]);
  let level = [rootId];
  for (let depth = 1; level.length > 0; depth += 1) {
    const next: string[] = [];
    for (const id of level) {
      for (const { scheduleId } of await sources.dependentsOf(id)) {
        if (seen.has(scheduleId)) continue;
        seen.add(scheduleId);
        next.push(scheduleId);
        const { definition } = await sources.schedule(scheduleId);
        found.push({ scheduleId, scheduleName: definition.spec.name, depth });
      }
    }
    level = next;
  }
  return found;
}

async function addDependents(
  items: PlannedItem[],
  dependents: readonly Dependent[],
  spec: BackfillSpec,
  sources: PlanSources,
  fromMs: number,
  toMs: number,
): Promise<void> {
  const waiting = new Set(dependents.map(({ scheduleId }) => scheduleId));
  const done = new Set([spec.scheduleId]);
  // One is planned when everything of the closure that it waits for is.
  for (let before = -1; waiting.size > 0 && waiting.size !== before;) {
    before = waiting.size;
    for (const id of [...waiting]) {
      const schedule = await sources.schedule(id);
      const { trigger } = schedule.definition;
      if (trigger.kind !== 'dependency') continue;
      if (trigger.upstreams.some(({ source }) => source.startsWith('s:') && waiting.has(source.slice(2)))) continue;
      const good = await sources.goodRuns(id, fromMs - MARGIN_MS, toMs + MARGIN_MS);
      const times = new Map<string, { logicalMs: number; after: number[] }>();
      trigger.upstreams.forEach((upstream) => {
        items.forEach((item, place) => {
          if (upstream.source !== `s:${item.scheduleId}` || !done.has(item.scheduleId)) return;
          const bucket = bucketOf(trigger, upstream, item.logicalMs);
          const logicalMs = bucket.beginMs ?? item.logicalMs + upstream.offsetMs;
          const key = String(logicalMs);
          const time = times.get(key) ?? { logicalMs, after: [] };
          time.after.push(place);
          times.set(key, time);
        });
      });
      const depth = dependents.find(({ scheduleId }) => scheduleId === id)?.depth ?? 1;
      for (const { logicalMs, after } of times.values()) {
        const existingRun = spec.again ? undefined : good.get(logicalMs);
        items.push({ ...about(schedule), logicalMs, depth, existingRun, after });
      }
      waiting.delete(id);
      done.add(id);
    }
  }
}

function about({ id, definition }: { readonly id: string; readonly definition: Definition }) {
  return { scheduleId: id, scheduleName: definition.spec.name };
}

/** The items by time, each behind what it depends on, with the places of those before them put right. */
function inOrder(items: readonly PlannedItem[], newestFirst: boolean): PlannedItem[] {
  // What depends on others goes by their times: its own may be the begin of the day that they share.
  const times: number[] = [];
  for (const { logicalMs, after } of items) {
    times.push(after.length === 0 ? logicalMs : Math.max(...after.map((place) => times[place] ?? logicalMs)));
  }
  const sign = newestFirst ? -1 : 1;
  const order = items.map((_, place) => place);
  order.sort((a, b) => sign * ((times[a] ?? 0) - (times[b] ?? 0)) || a - b);
  const places = new Map(order.map((old, place) => [old, place]));
  return order.map((old) => {
    const item = items[old] as PlannedItem;
    return { ...item, after: item.after.map((place) => places.get(place) ?? place) };
  });
}
