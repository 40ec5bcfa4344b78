import { errorAt } from './place.js';

export type TokenKind = 'word' | 'quoted' | 'string' | 'number' | 'symbol' | 'hint' | 'end';

/** One token of Spark SQL. `value` is the meaning: a quoted name without its quotes, a string with its escapes done. */
export interface Token {
  readonly kind: TokenKind;
  readonly value: string;
  /** For words the upper-case form, to compare with keywords; for symbols the symbol; else ''. */
  readonly key: string;
  readonly at: number;
  readonly end: number;
}

const SYMBOLS = ['>>>', '<=>', '<=', '>=', '<>', '!=', '==', '<<', '>>', '||', '->', '=>', '::', '|>', '!<', '!>'];
const SINGLE = new Set('()[]{},.;:+-*/%~&|^=<>!?@$'.split(''));
const WORD = /[\p{L}\p{N}_]+/uy;
const NUMBER = /(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?(?:BD|bd|Bd|bD|[LlSsYyDdFf])?(?![\p{L}\p{N}_])/uy;
const SPACE = /\s+/y;

/** Splits a Spark SQL text. SQL_SYNTAX for an unclosed string, name or comment, or a character that means nothing. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let i = 0;
  const push = (kind: TokenKind, value: string, key: string, end: number): void => {
    tokens.push({ kind, value, key, at: i, end });
    i = end;
  };
  while (i < text.length) {
    const c = text[i] ?? '';
    SPACE.lastIndex = i;
    if (c <= ' ' || SPACE.test(text)) {
      SPACE.lastIndex = i;
      i = SPACE.test(text) ? SPACE.lastIndex : i + 1;
    } else if (c === '-' && text[i + 1] === '-') {
      const end = text.indexOf('\n', i);
      i = end < 0 ? text.length : end + 1;
    } else if (c === '/' && text[i + 1] === '*') {
      const end = commentEnd(text, i);
      if (text[i + 2] === '+') push('hint', text.slice(i + 3, end - 2), '', end);
      else i = end;
    } else if (c === "'" || c === '"') {
      const { value, end } = stringFrom(text, i, false);
      push('string', value, '', end);
    } else if ((c === 'r' || c === 'R') && (text[i + 1] === "'" || text[i + 1] === '"')) {
      const { value, end } = stringFrom(text, i + 1, true);
      push('string', value, '', end);
    } else if (c === '`') {
      const { value, end } = nameFrom(text, i);
      push('quoted', value, '', end);
    } else if (/\d/.test(c) || (c === '.' && /\d/.test(text[i + 1] ?? '') && !followsName(text, i, tokens))) {
      NUMBER.lastIndex = i;
      const number = NUMBER.exec(text);
      WORD.lastIndex = i;
      if (number) push('number', number[0], '', i + number[0].length);
      else {
        const word = WORD.exec(text)?.[0] ?? c;
        push('word', word, word.toUpperCase(), i + word.length);
      }
    } else {
      WORD.lastIndex = i;
      const word = WORD.exec(text)?.[0];
      if (word !== undefined) push('word', word, word.toUpperCase(), i + word.length);
      else {
        const symbol = SYMBOLS.find((s) => text.startsWith(s, i)) ?? (SINGLE.has(c) ? c : undefined);
        if (symbol === undefined) throw errorAt(text, i, 'SQL_SYNTAX', `the character '${c}' has no meaning here`);
        push('symbol', symbol, symbol, i + symbol.length);
      }
    }
  }
  tokens.push({ kind: 'end', value: '', key: '', at: text.length, end: text.length });
  return tokens;
}

/** `a.1` is no number: a dot right behind a name, a bracket or a parenthesis reaches into what stands before it. */
function followsName(text: string, at: number, tokens: readonly Token[]): boolean {
  const last = tokens.at(-1);
  if (!last || last.end !== at) return false;
  return last.kind === 'word' || last.kind === 'quoted' || last.key === ')' || last.key === ']';
}

function commentEnd(text: string, at: number): number {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    if (text.startsWith('/*', i)) {
      depth++;
      i++;
    } else if (text.startsWith('*/', i)) {
      depth--;
      i++;
      if (depth === 0) return i + 1;
    }
  }
  throw errorAt(text, at, 'SQL_SYNTAX', "a comment is not closed; '*/' was expected");
}

function nameFrom(text: string, at: number): { value: string; end: number } {
  let end = at + 1;
  for (;;) {
    end = text.indexOf('`', end);
    if (end < 0) throw errorAt(text, at, 'SQL_SYNTAX', "a quoted name is not closed; '`' was expected");
    if (text[end + 1] !== '`') break;
    end += 2;
  }
  return { value: text.slice(at + 1, end).replaceAll('``', '`'), end: end + 1 };
}

function stringFrom(text: string, at: number, raw: boolean): { value: string; end: number } {
  const quote = text[at] ?? '';
  let value = '';
  let i = at + 1;
  for (;;) {
    if (i >= text.length) throw errorAt(text, at, 'SQL_SYNTAX', `a string is not closed; ${quote} was expected`);
    const c = text[i] ?? '';
    if (c === quote) {
      if (text[i + 1] !== quote || raw) return { value, end: i + 1 };
      value += quote;
      i += 2;
    } else if (c === '\\' && !raw) {
      const escape = escapeAt(text, i);
      value += escape.value;
      i = escape.end;
    } else {
      value += c;
      i++;
    }
  }
}

const ESCAPES: Readonly<Record<string, string>> = { '0': '\0', b: '\b', n: '\n', r: '\r', t: '\t', Z: '\x1a' };
const CODED = /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2}))/y;

function escapeAt(text: string, at: number): { value: string; end: number } {
  CODED.lastIndex = at;
  const coded = CODED.exec(text);
  if (coded) {
    const code = coded[3] === undefined ? parseInt(coded[1] ?? coded[2] ?? '', 16) : parseInt(coded[3], 8);
    if (code <= 0x10ffff) return { value: String.fromCodePoint(code), end: at + coded[0].length };
  }
  const c = text[at + 1] ?? '';
  // Spark keeps the backslash before the two wildcards of LIKE.
  if (c === '%' || c === '_') return { value: `\\${c}`, end: at + 2 };
  return { value: ESCAPES[c] ?? c, end: at + 2 };
}
