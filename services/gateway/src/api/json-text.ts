import type { JsonValue } from '@bufbuild/protobuf';
import { SluiceError, type Problem } from '@sluice/chassis';
import jsonc, { type ParseErrorCode } from 'jsonc-parser';

/** A place in a text, counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Keys and indexes from the root of a JSON text to one of its values. */
export type JsonPath = readonly (string | number)[];

/** What the parser's words mean to a person. */
const MEANING: Readonly<Record<string, string>> = {
  InvalidSymbol: 'this is no value of JSON; texts stand in double quotes',
  InvalidNumberFormat: 'this is no number of JSON',
  PropertyNameExpected: 'a name in double quotes is expected',
  ValueExpected: 'a value is expected',
  ColonExpected: 'a colon is expected',
  CommaExpected: 'a comma is expected',
  CloseBraceExpected: 'a closing } is expected',
  CloseBracketExpected: 'a closing ] is expected',
  EndOfFileExpected: 'the text should end here',
  InvalidCommentToken: 'JSON has no comments',
  UnexpectedEndOfComment: 'JSON has no comments',
  UnexpectedEndOfString: 'the text in quotes does not end on its line',
  UnexpectedEndOfNumber: 'the number does not end',
  InvalidUnicode: 'four hexadecimal digits are expected after \\u',
  InvalidEscapeCharacter: 'this is no escape that JSON knows',
  InvalidCharacter: 'this character must be written as an escape',
};

/**
 * Reads a JSON text.
 *
 * @throws REQUEST_INVALID with the line and column at which it stops being JSON.
 */
export function parseJson(text: string, what: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (cause) {
    const { place, meaning } = firstError(text);
    const message = `${what} is no JSON: line ${place.line}, column ${place.column}: ${meaning}`;
    const problem: Problem = { reason: 'REQUEST_INVALID', message: meaning, ...place };
    const details = { line: String(place.line), column: String(place.column) };
    throw new SluiceError('REQUEST_INVALID', message, { details, problems: [problem], cause });
  }
}

function firstError(text: string): { place: Place; meaning: string } {
  let found: { code: ParseErrorCode; place: Place } | undefined;
  const onError = (code: ParseErrorCode, _offset: number, _length: number, line: number, column: number): void => {
    found ??= { code, place: { line: line + 1, column: column + 1 } };
  };
  jsonc.visit(text, { onError }, { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false });
  if (found === undefined) return { place: { line: 1, column: 1 }, meaning: 'a value is expected' };
  return { place: found.place, meaning: MEANING[jsonc.printParseErrorCode(found.code)] ?? 'this is not expected' };
}

/** Finds places of values in a JSON text that is known to be sound. */
export class JsonPlaces {
  readonly #text: string;
  #root: jsonc.Node | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** Where the value at a path begins, or its name for a value of an object; undefined when it is not there. */
  find(path: JsonPath): Place | undefined {
    this.#root ??= jsonc.parseTree(this.#text);
    if (this.#root === undefined) return undefined;
    const node = jsonc.findNodeAtLocation(this.#root, [...path]);
    if (node === undefined) return undefined;
    const { offset } = node.parent?.type === 'property' ? node.parent : node;
    const before = this.#text.slice(0, offset);
    return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
  }
}
