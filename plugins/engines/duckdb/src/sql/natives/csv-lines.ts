/** How a line of CSV is written. */
export interface LineOptions {
  readonly sep?: string;
  readonly quote?: string;
  readonly escape?: string;
  readonly nullValue?: string;
}

/** The values of one line of CSV; undefined where nothing stands. */
export function splitLine(line: string, options: LineOptions): (string | undefined)[] {
  const { sep = ',', quote = '"', escape = '\\' } = options;
  const values: (string | undefined)[] = [];
  let i = 0;
  for (;;) {
    while (line[i] === ' ' && sep !== ' ') i++;
    let value = '';
    let quoted = false;
    if (quote !== '' && line[i] === quote) {
      quoted = true;
      i++;
      while (i < line.length && line[i] !== quote) {
        if (line[i] === escape && (line[i + 1] === quote || line[i + 1] === escape)) i++;
        value += line[i++] ?? '';
      }
      i++;
      while (i < line.length && !line.startsWith(sep, i)) i++;
    } else {
      const end = line.indexOf(sep, i);
      value = line.slice(i, end < 0 ? line.length : end).replace(/ +$/, '');
      i = end < 0 ? line.length : end;
    }
    values.push(value === (options.nullValue ?? '') && !quoted ? undefined : value);
    if (i >= line.length) return values;
    i += sep.length;
  }
}

/** to_csv: values joined to a line, quoted where they must be. */
export function writeCsv(
  values: readonly (string | null)[],
  sep: string,
  quote: string,
  escape: string,
  nullValue: string,
): string {
  return values
    .map((value) => {
      if (value === null) return nullValue;
      // eslint-disable-next-line no-control-regex -- Spark trims control characters
      const trimmed = value.replace(/^[\x00-\x20]+|[\x00-\x20]+$/g, '');
      if (trimmed === '' && !/[\r\n]/.test(value)) return `${quote}${quote}`;
      // A line end that is trimmed away asks for quotes all the same.
      if (!trimmed.includes(sep) && !trimmed.includes(quote) && !/[\r\n]/.test(value)) return trimmed;
      const escaped = trimmed
        .replaceAll(escape, escape === quote ? escape : `${escape}${escape}`)
        .replaceAll(quote, `${escape}${quote}`);
      return `${quote}${escape === '\\' ? trimmed.replaceAll(quote, `\\${quote}`) : escaped}${quote}`;
    })
    .join(sep);
}
