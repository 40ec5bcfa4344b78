const NUMBERS = ['tinyint', 'smallint', 'int', 'bigint', 'decimal', 'float', 'double'];

/**
 * Whether values of a type may be stored in a column of another, as Spark's rule for INSERT has it: what cannot fail
 * for its kind (numbers among numbers, dates and timestamps, anything plain into a string), but no text into a number.
 */
export function canStore(from: string, to: string): boolean {
  if (from === to || from === 'void') return true;
  const [given, wanted] = [baseOf(from), baseOf(to)];
  if (NUMBERS.includes(given) && NUMBERS.includes(wanted)) return true;
  const isTime = (type: string): boolean => /^(?:date|timestamp|timestamp_ntz)$/.test(type);
  if (isTime(given) && isTime(wanted)) return true;
  if (wanted === 'string') return !/^(?:array|map|struct|binary)$/.test(given);
  // Arrays, maps and structs are cast part by part; the cast itself says what does not fit.
  return given === wanted && /^(?:array|map|struct)$/.test(given);
}

function baseOf(type: string): string {
  return /^[a-z_]+/.exec(type.toLowerCase())?.[0] ?? type;
}
