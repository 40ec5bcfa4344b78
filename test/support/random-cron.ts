/** A source of numbers that gives the same ones for the same seed (mulberry32). */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

type Random = (below: number) => number;

const MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');
const WEEKDAYS = 'SUN MON TUE WED THU FRI SAT'.split(' ');

/** A valid expression of either grammar, with every special that the grammar has. */
export function randomCron(random: Random, grammar: 'quartz' | 'unix'): string {
  if (grammar === 'unix') return unixCron(random);
  const byDay = random(2) === 0;
  const fields = [
    random(3) > 0 ? '0' : plain(random, 0, 59, 59, true),
    random(3) === 0 ? String(random(60)) : plain(random, 0, 59, 59, true),
    plain(random, 0, 23, 23, true),
    byDay ? list(random, () => day(random)) : '?',
    random(2) === 0 ? '*' : named(random, MONTHS, 1, true),
    byDay ? '?' : weekday(random),
  ];
  if (random(6) === 0) fields.push(year(random));
  return fields.join(' ');
}

function unixCron(random: Random): string {
  return [
    plain(random, 0, 59, 59, false),
    plain(random, 0, 23, 23, false),
    random(2) === 0 ? '*' : plain(random, 1, 31, 31, false),
    random(2) === 0 ? '*' : named(random, MONTHS, 1, false),
    random(2) === 0 ? '*' : random(2) === 0 ? plain(random, 0, 7, 7, false) : named(random, WEEKDAYS, 0, false),
  ].join(' ');
}

function list(random: Random, item: () => string): string {
  return Array.from({ length: random(4) === 0 ? 2 + random(2) : 1 }, item).join(',');
}

/** Values, ranges and steps; those that wrap, and steps without an end, where the grammar has them. */
function plain(random: Random, min: number, max: number, maxStep: number, quartz: boolean): string {
  const value = (): number => min + random(max - min + 1);
  const step = (): number => 1 + random(maxStep);
  return list(random, () => {
    const [a, b] = [value(), value()];
    const [from, to] = quartz ? [a, b] : [Math.min(a, b), Math.max(a, b)];
    switch (random(quartz ? 7 : 5)) {
      case 0:
        return '*';
      case 1:
        return `*/${step()}`;
      case 2:
        return `${from}-${to}`;
      case 3:
        return `${from}-${to}/${step()}`;
      case 4:
        return String(a);
      case 5:
        return `${a}/${step()}`;
      default:
        return `/${step()}`;
    }
  });
}

function day(random: Random): string {
  switch (random(8)) {
    case 0:
      return 'L';
    case 1:
      return `L-${random(31)}`;
    case 2:
      return 'LW';
    case 3:
      return `L-${random(31)}W`;
    case 4:
      return `${1 + random(31)}W`;
    default:
      return plain(random, 1, 31, 31, true);
  }
}

function weekday(random: Random): string {
  const one = random(2) === 0 ? String(1 + random(7)) : (WEEKDAYS[random(7)] ?? '');
  switch (random(6)) {
    case 0:
      return 'L';
    case 1:
      return `${one}L`;
    case 2:
      return `${one}#${1 + random(5)}`;
    case 3:
      return plain(random, 1, 7, 7, true);
    default:
      return named(random, WEEKDAYS, 1, true);
  }
}

function named(random: Random, names: readonly string[], min: number, wraps: boolean): string {
  return list(random, () => {
    const [a, b] = [random(names.length), random(names.length)];
    const [from, to] = wraps ? [a, b] : [Math.min(a, b), Math.max(a, b)];
    if (random(3) === 0) return String(a + min);
    return random(2) === 0 ? (names[a] ?? '') : `${names[from]}-${names[to]}`;
  });
}

function year(random: Random): string {
  const first = 2023 + random(4);
  return (
    [`${first}`, `${first}-${first + random(4)}`, `${first}/${1 + random(3)}`, `${first},${first + 2}`][random(4)] ??
    '*'
  );
}
