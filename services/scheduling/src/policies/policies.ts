/** The rules of a schedule, with every default filled in. Times are in milliseconds. */
export interface Rules {
  readonly misfire: 'skip' | 'once' | 'all' | 'within';
  readonly misfireAfterMs: number;
  readonly misfireWithinMs: number;
  readonly overlap: 'allow' | 'skip' | 'queue' | 'cancel-previous';
  /** How many ticks may wait; Infinity for files that are taken one after another. */
  readonly queueLimit: number;
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
  readonly jitterMs: number;
  readonly calendars: readonly string[];
  readonly maxLatenessMs: number | undefined;
  /** 0 for never. */
  readonly pauseAfterFailures: number;
  /** Empty for none. */
  readonly pool: string;
  readonly poolSlots: number;
  readonly priority: number;
  readonly rate: { readonly count: number; readonly perMs: number } | undefined;
}

/** The rules of a schedule that says nothing. */
export const DEFAULT_RULES: Rules = {
  misfire: 'once',
  misfireAfterMs: 60_000,
  misfireWithinMs: 0,
  overlap: 'allow',
  queueLimit: 1,
  startMs: undefined,
  endMs: undefined,
  jitterMs: 0,
  calendars: [],
  maxLatenessMs: undefined,
  pauseAfterFailures: 0,
  pool: '',
  poolSlots: 1,
  priority: 0,
  rate: undefined,
};
