import { SluiceError, type Reason } from '@sluice/plugin-sdk/errors';

/** An error of a query with the line and column (both from 1) of the construct that it is about. */
export function errorAt(
  text: string,
  offset: number,
  reason: Reason,
  message: string,
  details: Readonly<Record<string, string>> = {},
): SluiceError {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  const column = offset - (before.lastIndexOf('\n') + 1) + 1;
  const placed = `${message} (line ${line}, column ${column})`;
  return new SluiceError(reason, placed, {
    details: { ...details, line: String(line), column: String(column) },
    problems: [{ reason, message, line, column }],
  });
}

/** The names nearest to a misspelled one, best first, at most three; for messages. */
export function nearest(name: string, names: Iterable<string>): string[] {
  const wanted = name.toLowerCase();
  const limit = Math.max(2, Math.floor(wanted.length / 3));
  return [...new Set(names)]
    .filter((candidate) => Math.abs(candidate.length - wanted.length) <= limit)
    .map((candidate) => ({ candidate, distance: distance(wanted, candidate.toLowerCase()) }))
    .filter((entry) => entry.distance <= limit)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map((entry) => entry.candidate);
}

function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitution, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
