import Tokenizer from '@streamparser/json/tokenizer.js';
import TokenParser from '@streamparser/json/tokenparser.js';
import {
  didYouMean,
  inferredName,
  isSluiceError,
  mergeTypes,
  NO_TYPE,
  SluiceError,
  type Column,
  type InferredType,
  type Value,
} from '@sluice/plugin-sdk';
import { fieldOf, isObject, sorted, typeOf, valueAs } from './json-type.js';
import type { Json, JsonObject } from './json-type.js';
import { wholeValues } from './json-whole.js';

/** A body that can be read more than once. */
export interface Body {
  /** What it is, for messages. */
  readonly what: string;
  text(): AsyncIterable<string>;
}

/** Rows with their columns. */
export interface Rows {
  readonly columns: readonly Column[];
  rows(): AsyncIterable<readonly Value[]>;
}

/** Whole numbers as bigints; the library's values pass what this makes of a number untouched. */
class ExactTokenizer extends Tokenizer {
  protected override parseNumber(text: string): number {
    return (/^-?\d+$/.test(text) ? BigInt(text) : Number(text)) as number;
  }
}

/**
 * The rows of JSON: those of an array or of objects one after another, or one object. A long text is read twice, once for
 * the types that fit all rows, and memory holds one row; a short one is held.
 *
 * @param at the names of fields that lead to the rows; none: they are the document
 * @param wanted the columns to give, in order; empty: all, in alphabetical order
 * @param spare the columns where there is no row
 * @throws DATA_INVALID, COLUMN_UNKNOWN, FILE_FORMAT
 */
export async function jsonRows(
  body: Body,
  at: readonly string[],
  wanted: readonly string[],
  spare: readonly string[] = wanted,
): Promise<Rows> {
  const held = await heldObjects(body, at);
  const objects = (): AsyncIterable<JsonObject> | readonly JsonObject[] => held ?? jsonObjects(body, at);
  let type: InferredType = { kind: 'struct', fields: new Map() };
  for await (const object of objects()) type = mergeTypes(type, typeOf(object));
  type = sorted(type);
  const found = type.kind === 'struct' ? type.fields : new Map<string, InferredType>();
  if (found.size === 0 && spare.length === 0) {
    throw new SluiceError(
      'DATA_INVALID',
      `${body.what} has no row with a field, so there are no columns; name the columns`,
    );
  }
  const absent = wanted.find((name) => found.size > 0 && !found.has(name));
  if (absent !== undefined) {
    throw new SluiceError(
      'COLUMN_UNKNOWN',
      `no row of ${body.what} has the field '${absent}'${didYouMean(absent, found.keys())}`,
    );
  }
  const names = found.size === 0 ? spare : wanted;
  const fields: readonly [string, InferredType][] =
    names.length === 0 ? [...found] : names.map((name) => [name, found.get(name) ?? NO_TYPE]);
  return {
    columns: fields.map(([name, each]) => ({ name, type: inferredName(each) })),
    async *rows() {
      for await (const object of objects()) {
        yield fields.map(([name, each]) => valueAs(fieldOf(object, name), each));
      }
    },
  };
}

/** Texts up to so many characters are held as a whole. */
const HELD_CHARACTERS = 4 * 2 ** 20;

/** The objects that are rows, where the text is short and plain; undefined for one that is to be read piece by piece. */
async function heldObjects(body: Body, at: readonly string[]): Promise<readonly JsonObject[] | undefined> {
  let text = '';
  for await (const piece of body.text()) {
    text += piece;
    if (text.length > HELD_CHARACTERS) return undefined;
  }
  const values = wholeValues(text, at);
  values?.forEach((value, index) => {
    if (!isObject(value)) throw noObject(index + 1, body);
  });
  return values as readonly JsonObject[] | undefined;
}

function noObject(count: number, { what }: Body): SluiceError {
  return new SluiceError('DATA_INVALID', `value ${count} of the rows of ${what} is no object; name where the rows are`);
}

/** The objects that are rows, as they come. */
async function* jsonObjects(body: Body, at: readonly string[]): AsyncGenerator<JsonObject> {
  let ready: JsonObject[] = [];
  let single: Record<string, Json> | undefined;
  let count = 0;
  const take = (value: Json): void => {
    count++;
    if (isObject(value)) return void ready.push(value);
    throw noObject(count, body);
  };
  let write: ((piece: string) => void) | undefined;
  let end = (): void => undefined;
  const begin = (isArray: boolean): void => {
    const tokenizer = new ExactTokenizer({ separator: '' });
    const parser = new TokenParser({ paths: [pathOf(at, isArray)], keepStack: false, separator: '' });
    tokenizer.onToken = (token) => parser.write(token);
    parser.onValue = ({ value, key }) => {
      // A field of the place itself: that place is an object, and so one row.
      if (at.length > 0 && typeof key === 'string') (single ??= {})[key] = value as Json;
      else take(value as Json);
    };
    write = (piece) => tokenizer.write(piece);
    end = () => {
      tokenizer.end();
      parser.end();
    };
  };
  try {
    for await (const piece of body.text()) {
      if (write === undefined) {
        const [first] = /[^\s\uFEFF]/.exec(piece) ?? [];
        if (first === undefined) continue;
        begin(first === '[');
      }
      write?.(piece);
      yield* ready;
      ready = [];
    }
    end();
  } catch (error) {
    if (isSluiceError(error)) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new SluiceError('FILE_FORMAT', `${body.what} is no JSON: ${why}`, { cause: error });
  }
  yield* ready;
  if (single !== undefined) yield single;
}

/** The library's path for the rows. */
function pathOf(at: readonly string[], isArray: boolean): string {
  if (at.length === 0) return isArray ? '$.*' : '$';
  const odd = at.find((name) => !/^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(name));
  if (odd === undefined) return `$.${at.join('.')}.*`;
  throw new SluiceError('PROPERTY_INVALID', `'${odd}' is no plain name of a field that leads to the rows`);
}
