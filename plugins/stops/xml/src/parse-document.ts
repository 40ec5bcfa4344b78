import { SluiceError } from '@sluice/plugin-sdk';
import type { Element } from './element.js';
import { RowParser } from './row-parser.js';

/**
 * The root element of a document in memory.
 *
 * @param what what the text is, for messages
 * @throws FILE_FORMAT with line and column
 */
export function parseDocument(text: string, what: string): Element {
  let root: Element | undefined;
  const parser = new RowParser({ what }, (element) => (root ??= element));
  // A declaration must be the very first thing; texts in flows and columns often begin with a line break.
  parser.write(text.trimStart());
  parser.end();
  if (root === undefined) throw new SluiceError('FILE_FORMAT', `${what} has no element`);
  return root;
}
