import { createInterface } from 'node:readline';
import { SluiceError } from '@sluice/chassis';
import type { Session } from '../session.js';
import { readCount } from '../values.js';

/** The options of `sluice cron`. */
export interface CronOptions {
  readonly zone?: string;
  readonly from?: string;
  readonly count?: string;
  readonly grammar?: 'quartz' | 'unix';
  readonly stdin?: boolean;
}

/** What `@sluice/scheduling/cron` gives, as far as these commands need it. */
interface CronConsole {
  explainCron(question: {
    readonly expression: string;
    readonly grammar?: 'quartz' | 'unix' | undefined;
    readonly zone?: string | undefined;
    readonly from?: string | undefined;
    readonly count?: number | undefined;
  }): CronAnswer;
  answerCronLine(line: string): string;
  showMoment(moment: Date, zone: Zone): string;
}

interface Zone {
  readonly id: string;
}

interface CronAnswer {
  readonly expression: { readonly text: string; readonly grammar: 'quartz' | 'unix' };
  readonly zone: Zone;
  readonly english: string;
  readonly chinese: string;
  readonly next: readonly Date[];
}

/** Says what a cron expression means, and when it comes next; needs no platform. */
export async function explainCron(session: Session, options: CronOptions, expression: string): Promise<void> {
  const cron = await openCron();
  const answer = ask(cron, options, expression);
  const { english, chinese, zone, next } = answer;
  const times = next.map((time) => cron.showMoment(time, zone));
  if (session.json) {
    const { text, grammar } = answer.expression;
    return session.outJson({ expression: text, grammar, zone: zone.id, english, chinese, next: times });
  }
  const { texts, style, language } = session;
  session.out(language === 'zh' ? chinese : english, style.dim(texts.cron.inZone(zone.id)), '');
  if (next.length > 0)
    session.out(...next.map((time, i) => `${times[i]}  ${style.dim(weekday(time, times[i], language))}`));
  tellEnd(session, options, next.length);
}

/** Prints the next times of a cron expression, one a line, or answers lines of JSON; needs no platform. */
export async function nextCron(session: Session, options: CronOptions, expression?: string): Promise<void> {
  const cron = await openCron();
  if ((options.stdin === true) === (expression !== undefined)) {
    throw new SluiceError(
      'REQUEST_INVALID',
      'give the expression as one argument, in quotes, or questions with --stdin',
    );
  }
  if (expression === undefined) return answerLines(session, cron);
  const { next, zone } = ask(cron, options, expression);
  const times = next.map((time) => cron.showMoment(time, zone));
  if (session.json) return session.outJson({ next: times });
  session.out(...times);
  tellEnd(session, options, next.length);
}

/** The part that knows cron is loaded by its name, as services are: this package imports none of its code. */
async function openCron(): Promise<CronConsole> {
  const name = '@sluice/scheduling/cron';
  return (await import(name)) as CronConsole;
}

function ask(cron: CronConsole, { grammar, zone, from, count }: CronOptions, expression: string): CronAnswer {
  return cron.explainCron({
    expression,
    grammar,
    zone,
    from,
    count: count === undefined ? undefined : readCount('--count', count),
  });
}

async function answerLines(session: Session, cron: CronConsole): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() !== '') session.out(cron.answerCronLine(line));
  }
}

/** Says on standard error that there are no more times, so that a short list is not taken for a whole one. */
function tellEnd(session: Session, { count }: CronOptions, found: number): void {
  if (session.quiet || found >= Number(count ?? 5)) return;
  session.err(found === 0 ? session.texts.cron.never : session.texts.cron.noMore);
}

function weekday(time: Date, shown: string | undefined, language: 'en' | 'zh'): string {
  const day = new Date(`${(shown ?? time.toISOString()).slice(0, 10)}T00:00:00Z`);
  return day.toLocaleDateString(language === 'zh' ? 'zh-CN' : 'en-GB', { weekday: 'long', timeZone: 'UTC' });
}
