import { compareAnswers, type OwnAnswer } from '../compare.js';
import type { SparkAnswer } from './real-spark.js';

/**
 * How our answer stands to Spark's: the same; refused by name; an error on both sides; another value, type or column
 * name without a word (`silent`); an error where Spark answers that is no refusal (`fault`); an answer where Spark
 * raises an error (`lenient`); or nothing that could be compared, since the client of Spark cannot show the value.
 */
export type Verdict = 'agree' | 'refused' | 'both refuse' | 'silent' | 'fault' | 'lenient' | 'unshown';

export const VERDICTS: readonly Verdict[] = ['agree', 'refused', 'both refuse', 'silent', 'fault', 'lenient', 'unshown'];

/** Values beyond what Python's dates hold, and types that Spark hands to no client. */
const UNSHOWN = /^(ValueError|OverflowError|UNSUPPORTED_DATA_TYPE_FOR_ARROW_CONVERSION|NOT_IMPLEMENTED|DUPLICATED_FIELD_NAME_IN_ARROW_STRUCT)/;

export function judge(own: OwnAnswer, spark: SparkAnswer): Verdict {
  if (own.error?.reason === 'SQL_UNSUPPORTED') return 'refused';
  if (spark.error !== undefined && UNSHOWN.test(spark.error)) return 'unshown';
  if (own.error) return spark.error === undefined ? 'fault' : 'both refuse';
  if (spark.error !== undefined) return 'lenient';
  const { verdict, names } = compareAnswers(own, spark, false);
  return verdict === 'agree' && names ? 'agree' : 'silent';
}
