import { textOf } from '../files/text-stream.js';

/** How a JSON file is laid out: an object a line, one array of objects, or objects one after another. */
export type JsonLayout = 'newline_delimited' | 'array' | 'unstructured';

/** Text read before the layout must be known. */
const HEAD = 1 << 20;

/**
 * The layout of a file, from its beginning.
 *
 * @param multiLine whether records may span lines; undefined: as the file looks
 */
export async function layoutOf(path: string, encoding: string, multiLine: boolean | undefined): Promise<JsonLayout> {
  if (multiLine === false) return 'newline_delimited';
  let head = '';
  for await (const piece of textOf(path, encoding)) {
    head += piece;
    if (head.length >= HEAD || (head.includes('\n') && head.trim() !== '' && !head.trimStart().startsWith('['))) break;
  }
  const text = head.trimStart();
  if (text.startsWith('[')) return 'array';
  const [first = ''] = text.split('\n');
  return isComplete(first) || text === '' ? 'newline_delimited' : 'unstructured';
}

function isComplete(line: string): boolean {
  // A first line that opens an object and is broken tells nothing of the lines behind it; a bare brace does.
  if (/^\s*[{[]\s*$/.test(line)) return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return !/[,{[:]\s*$/.test(line);
  }
}
