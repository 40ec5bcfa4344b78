import { inject, injectable } from 'tsyringe';
import type { Database } from '@sluice/chassis';
import type { Language } from '../policies/words.js';
import { DATABASE } from '../tokens.js';
import { bucketOf } from '../triggers/dependency.js';
import type { DependencyRules } from '../triggers/trigger.js';

/** Tells what a dependency has heard of and what it still waits for. */
@injectable()
export class Upstreams {
  constructor(@inject(DATABASE) private readonly database: Database) {}

  /** One finding for each upstream, in the stretch of logical time in which a time lies. */
  async findings(
    scheduleId: string,
    trigger: DependencyRules,
    time: number,
    language: Language,
  ): Promise<{ readonly rule: string; readonly isGood: boolean; readonly message: string }[]> {
    const found = [];
    for (const [position, upstream] of trigger.upstreams.entries()) {
      const bucket = bucketOf(trigger, { ...upstream, offsetMs: 0 }, time).key;
      const row = (await this.database
        .knex('scheduling_arrivals')
        .where({ schedule_id: scheduleId, bucket, position })
        .first('cause')) as { cause: string } | undefined;
      const name = `${upstream.source.startsWith('f:') ? 'flow' : 'schedule'} '${upstream.source.slice(2)}'`;
      const where = WINDOWS[trigger.window][language === 'zh' ? 1 : 0](bucket.replace(/^[dwm]/, ''));
      const words = row === undefined ? MISSING[upstream.on] : ARRIVED;
      const message = words[language === 'zh' ? 1 : 0](name, where, row?.cause ?? '');
      found.push({ rule: 'dependency', isGood: row !== undefined, message });
    }
    return found;
  }
}

/** When, in words, by the window and the begin of the stretch of time. */
const WINDOWS: Readonly<
  Record<DependencyRules['window'], readonly [(begin: string) => string, (begin: string) => string]>
> = {
  none: [() => '', () => ''],
  hour: [(begin) => ` in the hour of ${begin}Z`, (begin) => `（${begin}Z 起的一小时）`],
  day: [(day) => ` for ${day}`, (day) => `（${day}）`],
  week: [(monday) => ` in the week of ${monday}`, (monday) => `（${monday} 起的一周）`],
  month: [(first) => ` in ${first.slice(0, 7)}`, (first) => `（${first.slice(0, 7)}）`],
};

type Say = (name: string, where: string, cause: string) => string;

const ARRIVED: readonly [Say, Say] = [
  (name, where, cause) => `${name} has ended${where} (${cause})`,
  (name, where, cause) => `${name} 已结束${where}（${cause}）`,
];

const MISSING: Readonly<Record<'success' | 'failure' | 'any', readonly [Say, Say]>> = {
  success: [(name, where) => `${name} has not succeeded${where}`, (name, where) => `${name} 尚未成功${where}`],
  failure: [(name, where) => `${name} has not failed${where}`, (name, where) => `${name} 尚未失败${where}`],
  any: [(name, where) => `${name} has not ended${where}`, (name, where) => `${name} 尚未结束${where}`],
};
