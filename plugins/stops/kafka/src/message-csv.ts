/** What PiFlow writes for NULL. */
const NULL = 'None';

/** A row as PiFlow writes messages: values with commas. One that would be read as something else stands in quotes. */
export function toLine(values: readonly (string | null)[]): string {
  return values
    .map((value) => {
      if (value === null) return NULL;
      return value === NULL || /[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
    })
    .join(',');
}

/** The values of a message: quotes around one hold commas and further quotes, doubled. */
export function fromLine(line: string): readonly (string | null)[] {
  const values: (string | null)[] = [];
  for (let at = 0; ;) {
    const [quoted] = /^"(?:[^"]|"")*"(?=,|$)/.exec(line.slice(at)) ?? [];
    const end = quoted === undefined ? line.indexOf(',', at) : at + quoted.length;
    const text = quoted?.slice(1, -1).replaceAll('""', '"') ?? line.slice(at, end < 0 ? undefined : end);
    values.push(quoted === undefined && text === NULL ? null : text);
    if (end < 0 || end >= line.length) return values;
    at = end + 1;
  }
}
