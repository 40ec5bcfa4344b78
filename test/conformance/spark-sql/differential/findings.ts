import type { OwnAnswer } from '../compare.js';
import { judge, VERDICTS, type Verdict } from './judge.js';
import type { SparkAnswer } from './real-spark.js';

/** One query on which the two engines do not say the same. */
export interface Finding {
  readonly verdict: Verdict;
  readonly sql: string;
  readonly own: OwnAnswer;
  readonly spark: SparkAnswer;
  /** Whether the query promises the order of its rows. */
  readonly ordered?: boolean;
  /** The item and the table, where the query is one item of a SELECT. */
  readonly item?: { readonly text: string; readonly rows: readonly (readonly string[])[]; readonly tail: string };
}

/** Counts verdicts and keeps what is to be looked at. */
export class Findings {
  readonly counts = Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as Record<Verdict, number>;
  readonly found: Finding[] = [];
  readonly refusals = new Map<string, number>();
  /** How often a call of each function stood in an answer on which both agree and which is not NULL alone, by lower-case name. */
  readonly answered = new Map<string, number>();

  add(finding: Omit<Finding, 'verdict'>): void {
    const verdict = judge(finding.sql, finding.own, finding.spark, finding.ordered);
    this.counts[verdict] += 1;
    if (verdict === 'agree' && (finding.own.rows ?? []).some((row) => row.some((value) => value !== null))) {
      const text = finding.item?.text ?? finding.sql;
      for (const [, name = ''] of text.toLowerCase().matchAll(/\b(\w+)\(/g))
        this.answered.set(name, (this.answered.get(name) ?? 0) + 1);
    }
    if (verdict === 'refused') {
      const what = (finding.own.error?.message ?? '').slice(0, 90);
      this.refusals.set(what, (this.refusals.get(what) ?? 0) + 1);
    } else if (verdict === 'silent' || verdict === 'fault' || verdict === 'lenient') {
      this.found.push({ verdict, ...finding });
    }
  }
}
