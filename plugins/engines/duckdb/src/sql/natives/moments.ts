interface Moments {
  readonly n: number;
  readonly mean: number;
  readonly m2: number;
  readonly m3: number;
  readonly m4: number;
}

/** Central moments, value by value, by Spark's own formulas. */
function momentsOf(values: readonly number[]): Moments {
  let [n, mean, m2, m3, m4] = [0, 0, 0, 0, 0];
  for (const value of values) {
    n += 1;
    const delta = value - mean;
    const deltaN = delta / n;
    mean += deltaN;
    const newM2 = m2 + delta * (delta - deltaN);
    const delta2 = delta * delta;
    const deltaN2 = deltaN * deltaN;
    const newM3 = m3 - 3 * deltaN * newM2 + delta * (delta2 - deltaN2);
    m4 = m4 - 4 * deltaN * newM3 - 6 * deltaN2 * newM2 + delta * (delta * delta2 - deltaN * deltaN2);
    m2 = newM2;
    m3 = newM3;
  }
  return { n, mean, m2, m3, m4 };
}

function merge(a: Moments, b: Moments): Moments {
  const n = a.n + b.n;
  const delta = b.mean - a.mean;
  const deltaN = n === 0 ? 0 : delta / n;
  const mean = a.mean + deltaN * b.n;
  const m2 = a.m2 + b.m2 + delta * deltaN * a.n * b.n;
  const m3 = a.m3 + b.m3 + deltaN * deltaN * delta * a.n * b.n * (a.n - b.n) + 3 * deltaN * (a.n * b.m2 - b.n * a.m2);
  const m4 =
    a.m4 +
    b.m4 +
    deltaN * deltaN * deltaN * delta * a.n * b.n * (a.n * a.n - a.n * b.n + b.n * b.n) +
    deltaN * deltaN * 6 * (a.n * a.n * b.m2 + b.n * b.n * a.m2) +
    4 * deltaN * (a.n * b.m3 - b.n * a.m3);
  return { n, mean, m2, m3, m4 };
}

interface Pairs {
  readonly n: number;
  readonly meanX: number;
  readonly meanY: number;
  readonly c: number;
  readonly x2: number;
  readonly y2: number;
}

/** The same for pairs, given as a flat list x1, y1, x2, y2 and so on. */
function pairsOf(values: readonly number[]): Pairs {
  let [n, meanX, meanY, c, x2, y2] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < values.length; i += 2) {
    const [x, y] = [values[i] ?? 0, values[i + 1] ?? 0];
    n += 1;
    const dx = x - meanX;
    const dy = y - meanY;
    meanX += dx / n;
    meanY += dy / n;
    c += dx * (y - meanY);
    x2 += dx * (x - meanX);
    y2 += dy * (y - meanY);
  }
  return { n, meanX, meanY, c, x2, y2 };
}

function mergePairs(a: Pairs, b: Pairs): Pairs {
  const n = a.n + b.n;
  const [dx, dy] = [b.meanX - a.meanX, b.meanY - a.meanY];
  const [dxN, dyN] = n === 0 ? [0, 0] : [dx / n, dy / n];
  return {
    n,
    meanX: a.meanX + dxN * b.n,
    meanY: a.meanY + dyN * b.n,
    c: a.c + b.c + dx * dyN * a.n * b.n,
    x2: a.x2 + b.x2 + dx * dxN * a.n * b.n,
    y2: a.y2 + b.y2 + dy * dyN * a.n * b.n,
  };
}

/** Spark merges what it finds with nothing, of which huge numbers become NaN; in windows it goes row by row. */
function gathered<T>(
  values: readonly number[],
  windowed: boolean,
  of: (values: readonly number[]) => T,
  join: (a: T, b: T) => T,
): T {
  return windowed ? of(values) : join(of([]), of(values));
}

/** Spark's division by 0 is NULL. */
const quotient = (a: number, b: number): number | null => (b === 0 ? null : a / b);

const OF_VALUES: Readonly<Record<string, (m: Moments) => number | null>> = {
  skewness: ({ n, m2, m3 }) => quotient(Math.sqrt(n) * m3, Math.sqrt(m2 * m2 * m2)),
  kurtosis: ({ n, m2, m4 }) => {
    const found = quotient(n * m4, m2 * m2);
    return found === null ? null : found - 3;
  },
};

const correlation = ({ c, x2, y2 }: Pairs): number | null => quotient(c, Math.sqrt(x2 * y2));

/** The regressions take y first: `x` of a pair is their y, but of the slope and the intercept, which take x first. */
const OF_PAIRS: Readonly<Record<string, (p: Pairs) => number | null>> = {
  covar_samp: ({ n, c }) => quotient(c, n - 1),
  covar_pop: ({ n, c }) => quotient(c, n),
  corr: (pairs) => (pairs.n === 1 ? null : correlation(pairs)),
  regr_intercept: ({ meanX, meanY, c, x2 }) => (x2 === 0 ? null : meanY - (c / x2) * meanX),
  regr_slope: ({ c, x2 }) => (x2 === 0 ? null : c / x2),
  regr_r2: (pairs) => {
    if (pairs.y2 === 0) return null;
    const found = correlation(pairs);
    return pairs.x2 === 0 ? 1 : found === null ? null : found * found;
  },
  regr_sxx: ({ y2 }) => y2,
  regr_sxy: ({ c }) => c,
  regr_syy: ({ x2 }) => x2,
};

/** Fourth powers of numbers below this cannot overflow; what becomes of larger ones depends on the order of their sums. */
const HUGE = 1e70;

/**
 * The aggregate function `what` of a list of values, or of pairs; NULL of none. RangeError for huge numbers, of which
 * Spark makes now one thing, now another.
 */
export function momentOf(what: string, values: readonly number[], windowed: boolean): number | null {
  if (values.length === 0) return null;
  if (values.some((value) => Number.isFinite(value) && Math.abs(value) >= HUGE)) {
    throw new RangeError(
      `[SQL_UNSUPPORTED] ${what} of numbers beyond 1e70 is not supported; leave them out with FILTER`,
    );
  }
  const ofValues = OF_VALUES[what];
  if (ofValues) return ofValues(gathered(values, windowed, momentsOf, merge));
  return OF_PAIRS[what]?.(gathered(values, windowed, pairsOf, mergePairs)) ?? null;
}
