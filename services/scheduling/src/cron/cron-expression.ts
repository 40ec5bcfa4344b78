/** Quartz's six or seven fields, or the five of Unix cron. */
export type CronGrammar = 'quartz' | 'unix';

/** An expression that was read and found right; {@link parseCron} makes it. */
export interface CronExpression {
  /** As it was given. */
  readonly text: string;
  readonly grammar: CronGrammar;
}
