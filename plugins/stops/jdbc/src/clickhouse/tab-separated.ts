import { StringDecoder } from 'node:string_decoder';

/** What ClickHouse writes for NULL. */
export const NULL = '\\N';

const ESCAPES: Readonly<Record<string, string>> = {
  t: '\t',
  n: '\n',
  r: '\r',
  b: '\b',
  f: '\f',
  '0': '\0',
  a: '\u0007',
  v: '\v',
};

/** A value of ClickHouse's TabSeparated format as text. */
export function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(x[0-9A-Fa-f]{2}|.)/gs, (_, sign: string) => {
    if (sign.length === 3) return String.fromCharCode(Number.parseInt(sign.slice(1), 16));
    return ESCAPES[sign] ?? sign;
  });
}

/** A text as a value of that format. */
export function escaped(text: string): string {
  return text.replace(/[\\\t\n\r\0]/g, (sign) => {
    if (sign === '\t') return '\\t';
    if (sign === '\n') return '\\n';
    if (sign === '\r') return '\\r';
    return sign === '\0' ? '\\0' : '\\\\';
  });
}

/**
 * The lines of an answer. A server that fails in the middle has said that all is well, and then writes why among the rows.
 *
 * @param failed makes the error for that, or for a connection that breaks off
 */
export async function* linesOf(
  stream: AsyncIterable<unknown>,
  failed: (error: unknown) => Error,
): AsyncGenerator<string, void> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  try {
    for await (const bytes of stream) {
      const lines = (rest + decoder.write(bytes as Buffer)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line.startsWith('Code: ') && /^Code: \d+[.,].*DB::/.test(line)) throw new Error(line);
        yield line;
      }
    }
  } catch (error) {
    throw failed(error);
  }
  // A line without its end is no row.
  if (rest + decoder.end() !== '') throw failed(new Error(rest));
}
