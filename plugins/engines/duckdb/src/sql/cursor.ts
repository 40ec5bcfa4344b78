import { errorAt } from './place.js';
import { tokenize, type Token } from './tokens.js';
import type { Query } from './tree.js';
import type { Reason, SluiceError } from '@sluice/plugin-sdk';

/** Deeper nesting than this is refused, so that no text can exhaust the stack of the process that reads it. */
const DEEPEST = 400;

/** A place in the tokens of one text. The parsers of expressions, queries and statements advance it. */
export class Cursor {
  readonly tokens: readonly Token[];
  position = 0;
  #depth = 0;

  /** @param readQuery Reads a query at the cursor: subqueries stand in expressions, and expressions in queries. */
  constructor(
    readonly text: string,
    readonly readQuery: (cursor: Cursor) => Query,
  ) {
    this.tokens = tokenize(text);
  }

  get token(): Token {
    return this.peek(0);
  }

  peek(ahead: number): Token {
    const last = this.tokens.length - 1;
    return this.tokens[Math.min(this.position + ahead, last)] as Token;
  }

  next(): Token {
    const token = this.token;
    this.position++;
    return token;
  }

  /** Whether the coming tokens are these keywords or symbols. */
  is(...keys: readonly string[]): boolean {
    return keys.every((key, i) => this.peek(i).key === key);
  }

  isAny(keys: ReadonlySet<string>): boolean {
    return this.token.key !== '' && keys.has(this.token.key);
  }

  /** Takes these keywords or symbols if they come next, all or none. */
  accept(...keys: readonly string[]): boolean {
    if (!this.is(...keys)) return false;
    this.position += keys.length;
    return true;
  }

  expect(...keys: readonly string[]): Token {
    const first = this.token;
    for (const key of keys) {
      if (this.token.key !== key) throw this.unexpected(`'${key}'`);
      this.position++;
    }
    return first;
  }

  /** A name: a word or one in backticks. */
  name(what = 'a name'): string {
    const token = this.token;
    if (token.kind !== 'word' && token.kind !== 'quoted') throw this.unexpected(what);
    this.position++;
    return token.value;
  }

  /** Names joined by dots. */
  names(what = 'a name'): string[] {
    const parts = [this.name(what)];
    while (this.accept('.')) parts.push(this.name(what));
    return parts;
  }

  /** A string literal; neighbouring ones are one text. */
  string(what = 'a string'): string {
    if (this.token.kind !== 'string') throw this.unexpected(what);
    let value = '';
    while (this.token.kind === 'string') value += this.next().value;
    return value;
  }

  integer(what = 'a whole number'): number {
    const token = this.token;
    if (token.kind !== 'number' || !/^\d+$/.test(token.value)) throw this.unexpected(what);
    this.position++;
    return Number(token.value);
  }

  list<T>(read: () => T): T[] {
    const items = [read()];
    while (this.accept(',')) items.push(read());
    return items;
  }

  inParentheses<T>(read: () => T): T {
    this.expect('(');
    const value = read();
    this.expect(')');
    return value;
  }

  /** Reads one level deeper; SQL_UNSUPPORTED beyond the limit. */
  nested<T>(read: () => T): T {
    if (++this.#depth > DEEPEST) {
      throw errorAt(
        this.text,
        this.token.at,
        'SQL_UNSUPPORTED',
        `the query nests deeper than ${DEEPEST} levels; split it into several stops or common table expressions`,
      );
    }
    const value = read();
    this.#depth--;
    return value;
  }

  unexpected(expected: string): SluiceError {
    const token = this.token;
    const found = token.kind === 'end' ? 'the end of the text' : `'${this.text.slice(token.at, token.end)}'`;
    return this.error('SQL_SYNTAX', `${expected} was expected, found ${found}`);
  }

  unsupported(what: string, instead: string, at = this.token.at): SluiceError {
    return errorAt(this.text, at, 'SQL_UNSUPPORTED', `${what} is not supported on the DuckDB engine; ${instead}`, {
      construct: what,
    });
  }

  /** An error at the present place. */
  error(reason: Reason, message: string): SluiceError {
    return errorAt(this.text, this.token.at, reason, message);
  }
}
