/** Marks parts of a text for the eye; the text is left as it is where colours are not wanted. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  accent(text: string): string;
}

const same = (text: string): string => text;
const plain: Style = { bold: same, dim: same, good: same, bad: same, warn: same, accent: same };

function mark(open: number, close: number): (text: string) => string {
  return (text) => (text === '' ? '' : `\u001b[${open}m${text}\u001b[${close}m`);
}

const coloured: Style = {
  bold: mark(1, 22),
  dim: mark(2, 22),
  good: mark(32, 39),
  bad: mark(31, 39),
  warn: mark(33, 39),
  accent: mark(36, 39),
};

/** The style for a stream: colours on a terminal unless NO_COLOR, TERM=dumb or `--no-color` says otherwise. */
export function styleFor(
  stream: { readonly isTTY?: boolean | undefined },
  wanted: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): Style {
  if (!wanted || (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb') return plain;
  return stream.isTTY === true || (environment['FORCE_COLOR'] ?? '0') !== '0' ? coloured : plain;
}
