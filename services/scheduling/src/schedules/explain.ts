import { inject, injectable } from 'tsyringe';
import type { Clock } from '../engine/clock.js';
import type { RuleResult } from '../policies/decide.js';
import { decidingText, type Language } from '../policies/words.js';
import { Upstreams } from '../ticks/upstreams.js';
import { TickStore } from '../ticks/tick.store.js';
import { tickId, type TickRecord } from '../ticks/tick-record.js';
import { CLOCK } from '../tokens.js';
import { isTimed, nextDue, previousDue } from '../triggers/trigger.js';
import { localText } from '../triggers/zone-time.js';
import { zoneOf } from '../ticks/variables.js';
import { readDefinition, type Definition } from './definition.js';
import { Definitions } from './definitions.js';
import { Preview } from './preview.js';
import type { ChangeRecord, ScheduleRecord } from './schedule-record.js';
import { ScheduleStore } from './schedule.store.js';

/** Why a schedule did, did not, or would run at a time. */
export interface Explanation {
  readonly summary: string;
  readonly tick: TickRecord | undefined;
  readonly isDue: boolean;
  readonly rules: readonly RuleResult[];
  /** Further findings: what a dependency waits for, what became of the start. */
  readonly findings: readonly Finding[];
  readonly previousMs: number | undefined;
  readonly nextMs: number | undefined;
  readonly changes: readonly ChangeRecord[];
}

export interface Finding {
  readonly rule: string;
  readonly isGood: boolean;
  readonly message: string;
}

const CHANGES = 20;

/** Answers why. */
@injectable()
export class Explain {
  constructor(
    @inject(ScheduleStore) private readonly store: ScheduleStore,
    @inject(TickStore) private readonly ticks: TickStore,
    @inject(Preview) private readonly preview: Preview,
    @inject(Upstreams) private readonly upstreams: Upstreams,
    @inject(Definitions) private readonly definitions: Definitions,
    @inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @param atMs the time; undefined for that of the last tick */
  async why(id: string, atMs: number | undefined, tickKey: string, language: Language): Promise<Explanation> {
    const record = await this.store.get(id);
    const tick = await this.findTick(id, atMs, tickKey);
    const time = tick?.dueMs ?? atMs ?? this.clock.now();
    const history = await this.store.changes(id, undefined, CHANGES);
    // The rules of that time, as far as they are remembered; those of today for times before.
    const then = history.find((change) => change.atMs <= time) ?? history.at(-1);
    const around = { zone: this.definitions.zone, createdMs: record.createdMs };
    const definition = readDefinition(then?.spec ?? record.spec, around);
    const { trigger, rules } = definition;
    const isDue = isTimed(trigger) && nextDue(trigger, rules, time - 1) === time;
    const common = {
      tick,
      isDue: isDue || tick !== undefined,
      previousMs: isTimed(trigger) ? previousDue(trigger, rules, time) : undefined,
      nextMs: nextDue(trigger, rules, time),
      changes: history.filter((change) => change.atMs <= Math.max(time, this.clock.now())),
    };
    const words = new Words(language, zoneOf(definition, this.definitions.zone));
    if (tick !== undefined) {
      return { ...common, rules: tick.rules, summary: words.ofTick(tick), findings: words.ofStart(tick) };
    }
    return { ...common, ...(await this.withoutTick(record, definition, time, isDue, words)) };
  }

  private async withoutTick(
    record: ScheduleRecord,
    definition: Definition,
    time: number,
    isDue: boolean,
    words: Words,
  ): Promise<Pick<Explanation, 'summary' | 'rules' | 'findings'>> {
    const nothing = { rules: [], findings: [] };
    const { trigger } = definition;
    if (time < record.createdMs) return { ...nothing, summary: words.notYet(time, record.createdMs) };
    if (trigger.kind === 'dependency') {
      const findings = await this.upstreams.findings(record.id, trigger, time, words.language);
      return { rules: [], findings, summary: words.waits(findings) };
    }
    if (!isTimed(trigger)) return { ...nothing, summary: words.noTimes(trigger.kind, time) };
    if (!isDue) return { ...nothing, summary: words.notDue(time, definition) };
    const state = { isPaused: record.state === 'PAUSED', pauseReason: record.stateReason };
    const { decision } = await this.preview.foresee(record.id, definition, time, state);
    if (time > this.clock.now())
      return { rules: decision.rules, findings: [], summary: words.foreseen(decision.rules) };
    return { rules: decision.rules, findings: [], summary: words.undecided(time, record.updatedMs) };
  }

  private async findTick(id: string, atMs: number | undefined, key: string): Promise<TickRecord | undefined> {
    if (key !== '') return this.ticks.get(tickId(id, key));
    const tick = await this.ticks.lastUntil(id, atMs === undefined ? Number.MAX_SAFE_INTEGER : atMs + 999);
    return tick !== undefined && (atMs === undefined || tick.dueMs >= atMs) ? tick : undefined;
  }
}

/** The sentences of explanations. */
class Words {
  constructor(
    readonly language: Language,
    private readonly zone: string,
  ) {}

  ofTick(tick: TickRecord): string {
    const due = this.time(tick.dueMs);
    const why = decidingText(tick.rules, this.language) || tick.message;
    const run = tick.runId ?? '';
    switch (tick.state) {
      case 'FIRED':
        return this.say(
          `it ran: the tick of ${due} started run ${run} (${tick.runState ?? ''})`,
          `已执行：${due} 的触发启动了运行 ${run}（${tick.runState ?? ''}）`,
        );
      case 'STARTING':
        return this.say(`the tick of ${due} runs; its run is being started`, `${due} 的触发将执行，正在启动运行`);
      case 'WAITING':
        return this.say(`the tick of ${due} waits: ${why}`, `${due} 的触发正在等待：${why}`);
      case 'SKIPPED':
        return this.say(`the tick of ${due} was skipped: ${why}`, `${due} 的触发已跳过：${why}`);
      case 'MISSED':
        return this.say(`the tick of ${due} was missed: ${why}`, `${due} 的触发已错过：${why}`);
      case 'FAILED':
        return this.say(`the tick of ${due} failed: ${tick.message}`, `${due} 的触发失败：${tick.message}`);
    }
  }

  ofStart(tick: TickRecord): Finding[] {
    if (tick.state === 'FAILED') return [{ rule: 'start', isGood: false, message: tick.message }];
    if (tick.state !== 'FIRED') return [];
    const message = this.say(`the run ${tick.runId ?? ''} was started`, `已启动运行 ${tick.runId ?? ''}`);
    return [{ rule: 'start', isGood: true, message }];
  }

  notYet(time: number, created: number): string {
    return this.say(
      `it did not run at ${this.time(time)}: the schedule was created later, at ${this.time(created)}`,
      `${this.time(time)} 未执行：调度创建于其后的 ${this.time(created)}`,
    );
  }

  notDue(time: number, { trigger, rules }: Definition): string {
    const what = trigger.kind === 'cron' ? `'${trigger.expression.text}'` : trigger.kind;
    const isOutside =
      (rules.startMs !== undefined && time < rules.startMs) || (rules.endMs !== undefined && time >= rules.endMs);
    return isOutside
      ? this.say(
          `it is not due at ${this.time(time)}: that is outside of its start and end`,
          `${this.time(time)} 不在调度的起止时间内`,
        )
      : this.say(`it is not due at ${this.time(time)} by ${what}`, `按 ${what}，${this.time(time)} 不是触发时间`);
  }

  noTimes(kind: string, time: number): string {
    return this.say(
      `there is no tick at ${this.time(time)}: a schedule of kind '${kind}' has no times of its own`,
      `${this.time(time)} 没有触发：类型为“${kind}”的调度没有固定时间`,
    );
  }

  waits(findings: readonly Finding[]): string {
    const missing = findings.filter(({ isGood }) => !isGood).map(({ message }) => message);
    if (missing.length === 0) return this.say('nothing has ended that it waits for', '尚无所等待的运行结束');
    return this.say(`it did not run: ${missing.join('; ')}`, `未执行：${missing.join('；')}`);
  }

  foreseen(rules: readonly RuleResult[]): string {
    const why = decidingText(rules, this.language);
    return why === ''
      ? this.say(
          'it will run, unless overlap, rate or pool are against it then',
          '将会执行，除非届时受并行、速率或资源池限制',
        )
      : this.say(`it will not run: ${why}`, `将不会执行：${why}`);
  }

  undecided(time: number, updated: number): string {
    return time < updated
      ? this.say(
          `there is no tick at ${this.time(time)}: the schedule was changed at ${this.time(updated)}`,
          `${this.time(time)} 没有触发：调度在 ${this.time(updated)} 有过修改`,
        )
      : this.say(
          `it is due and not decided yet: no scheduler has looked at it, or its tick was forgotten with age`,
          `已到时间但尚未决定：没有调度进程处理，或触发记录已过期清除`,
        );
  }

  private time(ms: number): string {
    return localText(this.zone, ms);
  }

  private say(en: string, zh: string): string {
    return this.language === 'zh' ? zh : en;
  }
}
