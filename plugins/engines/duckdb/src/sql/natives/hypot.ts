const double = new Float64Array(1);
const words = new Int32Array(double.buffer);

/** The sign, the exponent and the first bits of a double. */
function high(value: number): number {
  double[0] = value;
  return words[1] ?? 0;
}

/** The double of these first bits, the rest being 0. */
function ofHigh(bits: number): number {
  words[0] = 0;
  words[1] = bits;
  return double[0] ?? 0;
}

const SCALED = 600 << 20;

/** Java's Math.hypot, which is fdlibm's: V8's differs in the last bit. */
export function hypot(x: number, y: number): number {
  let [a, b] = [Math.max(Math.abs(x), Math.abs(y)), Math.min(Math.abs(x), Math.abs(y))];
  if (Math.abs(x) === Infinity || Math.abs(y) === Infinity) return Infinity;
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  let [ha, hb] = [high(a), high(b)];
  if (ha - hb > 0x3c00000) return a + b;
  let shift = 0;
  const scale = (power: number): void => {
    a *= 2 ** power;
    b *= 2 ** power;
    shift -= power;
  };
  if (ha > 0x5f300000) {
    scale(-600);
    [ha, hb] = [ha - SCALED, hb - SCALED];
  }
  if (hb < 0x20b00000) {
    if (b === 0) return a;
    if (hb <= 0x000fffff) scale(1022);
    else {
      scale(600);
      [ha, hb] = [ha + SCALED, hb + SCALED];
    }
  }
  const rest = a - b;
  const root = rest > b ? far(a, b, ha) : near(a, b, ha, hb, rest);
  return shift === 0 ? root : root * 2 ** shift;
}

function far(a: number, b: number, ha: number): number {
  const t1 = ofHigh(ha);
  const t2 = a - t1;
  return Math.sqrt(t1 * t1 - (b * -b - t2 * (a + t1)));
}

function near(a: number, b: number, ha: number, hb: number, rest: number): number {
  const twice = a + a;
  const y1 = ofHigh(hb);
  const y2 = b - y1;
  const t1 = ofHigh(ha + 0x00100000);
  const t2 = twice - t1;
  return Math.sqrt(t1 * y1 - (rest * -rest - (t1 * y2 + t2 * b)));
}
