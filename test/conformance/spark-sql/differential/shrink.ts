import { Findings, type Finding } from './findings.js';
import type { Setting } from './real-spark.js';
import { compareItems, type Engines } from './run.js';
import { fromClause, NAMES } from './table.js';

/** What may stand for a part of an expression, to see whether the difference needs the part. */
const STAND_INS = ['NULL', 'i', 'd', 's', 'dt', 'dec'];
const CANDIDATES = 40;

/** A smaller query with a difference of the same kind; the finding itself when there is none. */
export async function shrink(engines: Engines, finding: Finding, setting: Setting): Promise<Finding> {
  if (!finding.item) return finding;
  let best: Finding = finding;
  const differing = async (items: readonly string[], rows: readonly (readonly string[])[]): Promise<Finding[]> => {
    const findings = new Findings();
    await compareItems(engines, { items, rows, empty: false, tail: finding.item?.tail ?? '' }, setting, findings);
    return findings.found.filter((found) => found.verdict === finding.verdict);
  };
  for (const row of finding.item.rows) {
    const [found] = await differing([finding.item.text], [row]);
    if (found) {
      best = found;
      break;
    }
  }
  for (let round = 0; round < 8; round++) {
    const { text, rows } = best.item ?? finding.item;
    const smaller = [...new Set(candidates(text))].filter((item) => item.length < text.length);
    smaller.sort((a, b) => a.length - b.length);
    const found = await differing(smaller.slice(0, CANDIDATES), rows);
    found.sort((a, b) => (a.item?.text.length ?? 0) - (b.item?.text.length ?? 0));
    let least: Finding | undefined;
    // An aggregate beside it would make one row of an item that has several: each must differ alone.
    for (const { item } of found) if (item) least ??= (await differing([item.text], rows))[0];
    if (!least) break;
    best = least;
  }
  return withUsedColumns(best);
}

/** The parts of an expression, and the expression with a simpler thing in a part's place. */
function candidates(text: string): string[] {
  return spans(text).flatMap(([from, to]) => {
    const part = text.slice(from, to).trim();
    if (part.length < 2 || part.length === text.length) return [];
    const replaced =
      part.length > 4 ? STAND_INS.map((stand) => `${text.slice(0, from)} ${stand}${text.slice(to)}`) : [];
    return /\b(x|y|a|n) ->|->|^(BOTH|DISTINCT)\b/.test(part) ? replaced.slice(0, 1) : [part, ...replaced];
  });
}

/** Where the arguments and the bracketed parts of an expression stand. */
function spans(text: string): [number, number][] {
  const found: [number, number][] = [];
  const open: number[] = [];
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === '\\') i++;
      else if (c === "'") quoted = false;
    } else if (c === "'") quoted = true;
    else if (c === '(') open.push(i + 1);
    else if (c === ',' || c === ')') {
      const start = open.pop();
      if (start !== undefined) found.push([start, i]);
      if (c === ',') open.push(i + 1);
    }
  }
  for (const [start, end] of [...found]) {
    // A call whole, with its name before the bracket.
    const name = /\w+\($/.exec(text.slice(0, start));
    if (name && text[end] === ')') found.push([name.index, end + 1]);
  }
  return found;
}

/** The same query over a table of the columns that it reads alone. */
export function withUsedColumns(finding: Finding): Finding {
  if (!finding.item) return finding;
  const { text, rows, tail } = finding.item;
  const used = NAMES.map((name, i) => ({ name, i })).filter(({ name }) =>
    new RegExp(`\\b${name}\\b`, 'i').test(`${text} ${tail}`),
  );
  const kept = used.length > 0 ? used : [{ name: 'k', i: 0 }];
  const from = fromClause(
    rows.map((row) => kept.map(({ i }) => row[i] ?? 'NULL')),
    kept.map(({ name }) => name),
  );
  return { ...finding, sql: `SELECT ${text} FROM ${from} ${tail}`.trim() };
}
