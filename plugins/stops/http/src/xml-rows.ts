import { didYouMean, isSluiceError, SluiceError, type Value } from '@sluice/plugin-sdk';
import { SaxesParser } from 'saxes';
import type { Body, Rows } from './json-rows.js';

/** Characters of one row, at most; a row is held in memory as a whole. */
const LONGEST = 64 << 20;

/**
 * The rows of XML: one for each element that the label leads to, with the texts of its child elements as columns. A
 * document type is passed over: nothing is expanded or read from it.
 *
 * @param label the names of the elements from the root to the rows
 * @param names the child elements that become columns; the first of a name counts, one that is not there is NULL
 */
export function xmlRows(body: Body, label: readonly string[], names: readonly string[]): Rows {
  if (label.length === 0) throw new SluiceError('PROPERTY_INVALID', 'name the elements from the root to the rows');
  if (names.length === 0) throw new SluiceError('PROPERTY_INVALID', 'name the child elements that become columns');
  const columns = names.map((name) => ({ name, type: 'string' }));
  return { columns, rows: () => rowsOf(body, label, names) };
}

async function* rowsOf(
  body: Body,
  label: readonly string[],
  names: readonly string[],
): AsyncGenerator<readonly Value[]> {
  const parser = new SaxesParser({ xmlns: false });
  const path: string[] = [];
  const seen = new Set<string>();
  let ready: Value[][] = [];
  let row: Map<string, string> | undefined;
  let text: string | undefined;
  let length = 0;
  let found = false;
  // The root's name is not compared, as in PiFlow: the label's first name stands for it.
  const isRow = (): boolean => path.length === label.length && label.every((name, i) => i === 0 || path[i] === name);
  parser.on('opentag', ({ name }) => {
    path.push(name);
    if (path.length === label.length && seen.size < 1000) seen.add(name);
    if (row === undefined && isRow()) {
      row = new Map();
      length = 0;
      found = true;
    } else if (row !== undefined && path.length === label.length + 1) {
      text = names.includes(name) && !row.has(name) ? '' : undefined;
    }
  });
  const take = (piece: string): void => {
    if (row !== undefined && (length += piece.length) > LONGEST) {
      throw new SluiceError('DATA_INVALID', `a row of ${body.what} is longer than ${LONGEST} characters`);
    }
    if (text !== undefined) text += piece;
  };
  parser.on('text', take);
  parser.on('cdata', take);
  parser.on('closetag', ({ name }) => {
    if (row !== undefined && path.length === label.length + 1 && text !== undefined) {
      row.set(name, text.trim());
      text = undefined;
    } else if (row !== undefined && path.length === label.length) {
      const values = row;
      ready.push(names.map((each) => values.get(each) ?? null));
      row = undefined;
    }
    path.pop();
  });
  parser.on('error', (error) => {
    throw new SluiceError('FILE_FORMAT', `${body.what} is no XML: ${error.message}`);
  });
  let first = true;
  for await (const piece of body.text()) {
    try {
      parser.write(first ? piece.trimStart() : piece);
    } catch (error) {
      throw isSluiceError(error) ? error : new SluiceError('FILE_FORMAT', `${body.what} is no XML`, { cause: error });
    }
    if (piece.trim() !== '') first = false;
    yield* ready;
    ready = [];
  }
  parser.close();
  yield* ready;
  if (found) return;
  const last = label.at(-1) ?? '';
  const hint =
    didYouMean(last, seen) || `; there are ${[...seen].slice(0, 5).join(', ') || 'no elements'} at that depth`;
  throw new SluiceError(
    'DATA_INVALID',
    `${body.what} has no element ${label.map((name) => `<${name}>`).join('')}${hint}`,
  );
}
