import { inject, injectable } from 'tsyringe';
import { isSluiceError, type Config, type Database, type Logger } from '@sluice/chassis';
import type { Clock } from '../engine/clock.js';
import { Engine, type Chore } from '../engine/engine.js';
import { Definitions } from '../schedules/definitions.js';
import { ScheduleStore } from '../schedules/schedule.store.js';
import { Decider, type NewTick } from '../ticks/decider.js';
import { CLOCK, CONFIG, DATABASE, LOG } from '../tokens.js';
import type { FileRules } from '../triggers/trigger.js';
import { locate, locationOf } from './locations.js';
import { fileKey, scan, type FoundFile } from './scan.js';

const EVERY_MS = 1_000;
/** How many files of one schedule are taken at a time; the rest follows with the next look. */
const TAKEN_AT_ONCE = 100;

interface Seen {
  readonly size: number;
  readonly changedMs: number;
  readonly sinceMs: number;
}

/** Looks at folders for schedules that wait for files, and makes a tick for each file, once. */
@injectable()
export class FileWatch {
  /** When each schedule's folder is looked at next. */
  private readonly nextLook = new Map<string, number>();
  private readonly seen = new Map<string, ReadonlyMap<string, Seen>>();

  constructor(
    @inject(ScheduleStore) private readonly store: ScheduleStore,
    @inject(Definitions) private readonly definitions: Definitions,
    @inject(Decider) private readonly decider: Decider,
    @inject(Engine) private readonly engine: Engine,
    @inject(DATABASE) private readonly database: Database,
    @inject(CONFIG) private readonly config: Config,
    @inject(CLOCK) private readonly clock: Clock,
    @inject(LOG) private readonly log: Logger,
  ) {}

  /** Looks from time to time. */
  chore(): Chore {
    return { name: 'files', everyMs: EVERY_MS, work: (shards, now) => this.lookAtAll(shards, now) };
  }

  private async lookAtAll(shards: readonly number[], nowMs: number): Promise<void> {
    const rows = await this.store.ofKind('file', shards);
    const ids = new Set(rows.map(({ id }) => id));
    for (const id of [...this.seen.keys()]) if (!ids.has(id)) this.seen.delete(id);
    for (const id of [...this.nextLook.keys()]) if (!ids.has(id)) this.nextLook.delete(id);
    for (const row of rows) {
      const { trigger } = this.definitions.of(row);
      if (trigger.kind !== 'file' || row.state !== 'ACTIVE' || nowMs < (this.nextLook.get(row.id) ?? 0)) continue;
      this.nextLook.set(row.id, nowMs + Math.min(trigger.everyMs, Math.max(EVERY_MS, trigger.settleMs / 2)));
      try {
        await this.look(row.id, trigger, nowMs);
      } catch (error) {
        // The others are looked at all the same.
        const message = isSluiceError(error) ? error.message : String(error);
        this.log.warn({ err: error, schedule: row.id, folder: trigger.folder }, 'a folder cannot be looked at');
        await this.database
          .knex('scheduling_schedules')
          .where({ id: row.id })
          .update({ warning: message.slice(0, 500) });
      }
    }
  }

  private async look(id: string, rules: FileRules, nowMs: number): Promise<void> {
    const place = await locate(rules.folder, this.config.files);
    const files = await scan(place.path, rules);
    const settled = this.settled(id, files, rules, nowMs);
    if (settled.length === 0) return;
    const keys = new Map(settled.map((file) => [fileKey(file, rules.againWhenChanged), file]));
    const decided = await this.database.transaction(async (trx) => {
      const known = (await trx('scheduling_files')
        .where({ schedule_id: id })
        .whereIn('file', [...keys.keys()])
        .select('file')) as { file: string }[];
      const taken = new Set(known.map(({ file }) => file));
      const fresh = [...keys].filter(([key]) => !taken.has(key)).slice(0, TAKEN_AT_ONCE);
      const wishes: NewTick[] = [];
      for (const [key, { name, size, changedMs }] of fresh) {
        const path = locationOf(place, name);
        const row = { schedule_id: id, file: key, path, size, changed_ms: changedMs, taken_ms: nowMs };
        await trx('scheduling_files').insert(row);
        const variables = { SLUICE_FILE: path, SLUICE_FILE_NAME: name };
        wishes.push({ scheduleId: id, key: `f${key}`, source: 'FILE', logicalMs: Math.round(changedMs), variables });
      }
      return this.decider.createWithin(trx, wishes, this.clock.now());
    });
    this.engine.take(decided);
  }

  /** Those that have been as they are for long enough, in the schedule's order. */
  private settled(id: string, files: readonly FoundFile[], { settleMs }: FileRules, nowMs: number): FoundFile[] {
    const before = this.seen.get(id);
    const now = new Map<string, Seen>();
    for (const { name, size, changedMs } of files) {
      const last = before?.get(name);
      const isSame = last?.size === size && last.changedMs === changedMs;
      now.set(name, { size, changedMs, sinceMs: isSame ? last.sinceMs : nowMs });
    }
    this.seen.set(id, now);
    return files.filter(({ name }) => nowMs - (now.get(name)?.sinceMs ?? nowMs) >= settleMs);
  }
}
