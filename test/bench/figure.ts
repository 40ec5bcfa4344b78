/** One measured figure of a bench. */
export interface Figure {
  readonly bench: string;
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  /** What the issue or the docs promise, such as `<= 10`; empty for a figure that only informs. */
  readonly target: string;
}

/** A measurement that can be repeated: `npm run bench NAME`. */
export interface Bench {
  readonly name: string;
  readonly about: string;
  run(): Promise<Omit<Figure, 'bench'>[]>;
}

/** The value below which a share (0 to 1) of the values lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Whether a figure meets its target. */
export function meets({ value, target }: Pick<Figure, 'value' | 'target'>): boolean {
  const [, comparison, limit] = /^(<=|>=) ([\d.]+)$/.exec(target) ?? [];
  if (limit === undefined) return true;
  return comparison === '<=' ? value <= Number(limit) : value >= Number(limit);
}
