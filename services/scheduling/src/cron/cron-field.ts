/** The fields of a cron expression, by the names that messages use. */
export type FieldName = 'seconds' | 'minutes' | 'hours' | 'day of month' | 'month' | 'day of week' | 'year';

/** What one field may hold. */
export interface CronField {
  readonly name: FieldName;
  readonly min: number;
  readonly max: number;
  /** The largest step; a larger one is refused, as it would only ever mean its first value. */
  readonly maxStep: number;
  /** Three-letter names; the first stands for `min`. */
  readonly names?: readonly string[];
  /** What is allowed, in words, for messages. */
  readonly allowed: string;
}

/** The first and the last year in which a time may fall (Quartz's documented range). */
export const FIRST_YEAR = 1970;
export const LAST_YEAR = 2199;

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const SECONDS: CronField = { name: 'seconds', min: 0, max: 59, maxStep: 59, allowed: '0-59 and , - * /' };
const MINUTES: CronField = { ...SECONDS, name: 'minutes' };
const HOURS: CronField = { name: 'hours', min: 0, max: 23, maxStep: 23, allowed: '0-23 and , - * /' };
const DAYS: CronField = { name: 'day of month', min: 1, max: 31, maxStep: 31, allowed: '1-31 and , - * /' };
const MONTH: CronField = {
  name: 'month',
  min: 1,
  max: 12,
  maxStep: 12,
  names: MONTHS,
  allowed: '1-12 or JAN-DEC and , - * /',
};

/** Quartz: seconds minutes hours day-of-month month day-of-week [year]; 1 is Sunday. */
export const QUARTZ_FIELDS: readonly CronField[] = [
  SECONDS,
  MINUTES,
  HOURS,
  { ...DAYS, allowed: '1-31, ?, L, L-3, LW, 15W and , - * /' },
  MONTH,
  {
    name: 'day of week',
    min: 1,
    max: 7,
    maxStep: 7,
    names: WEEKDAYS,
    allowed: '1-7 (1 is Sunday) or SUN-SAT, ?, L, 6L, 6#3 and , - * /',
  },
  {
    name: 'year',
    min: FIRST_YEAR,
    max: LAST_YEAR,
    maxStep: LAST_YEAR - FIRST_YEAR,
    allowed: '1970-2199 and , - * /',
  },
];

/** Unix: minutes hours day-of-month month day-of-week; 0 and 7 are Sunday. */
export const UNIX_FIELDS: readonly CronField[] = [
  MINUTES,
  HOURS,
  DAYS,
  MONTH,
  {
    name: 'day of week',
    min: 0,
    max: 7,
    maxStep: 7,
    names: WEEKDAYS,
    allowed: '0-7 (0 and 7 are Sunday) or SUN-SAT and , - * /',
  },
];
