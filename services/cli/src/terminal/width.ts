import stringWidth from 'string-width';

const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** The columns that a text takes on a terminal: a Chinese character takes two, a colour mark none. */
export function widthOf(text: string): number {
  // Most texts are plain, and segmenting is slow.
  return /^[\u0020-\u007e]*$/.test(text) ? text.length : stringWidth(text);
}

/** The beginning of a plain text that fits `width` columns, with an ellipsis where it was cut. */
export function fit(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of segmenter.segment(text)) {
    const next = stringWidth(segment);
    if (used + next > width - 1) break;
    kept += segment;
    used += next;
  }
  return width < 1 ? '' : `${kept}…`;
}

/** A text filled with blanks to `width` columns. */
export function pad(text: string, width: number, side: 'left' | 'right' = 'left'): string {
  const blanks = ' '.repeat(Math.max(0, width - widthOf(text)));
  return side === 'left' ? text + blanks : blanks + text;
}
