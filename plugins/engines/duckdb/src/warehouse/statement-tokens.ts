import { SluiceError, type Reason } from '@sluice/plugin-sdk';

/** One word, name, text, number or sign of a statement. */
export interface Token {
  readonly kind: 'word' | 'name' | 'text' | 'number' | 'sign' | 'end';
  /** Words in upper case; names and texts without their quotes. */
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

const PATTERN =
  /(?<space>\s+|--[^\n]*|\/\*[^]*?\*\/)|(?<word>[\p{L}_][\p{L}\p{N}_]*)|(?<name>`(?:[^`]|``)*`)|(?<text>'(?:[^'\\]|\\[^]|'')*'|"(?:[^"\\]|\\[^]|"")*")|(?<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)|(?<sign>[^])/uy;

/**
 * A place in the tokens of a statement. Only the frame of a statement is read here; the queries inside are left as text
 * for the translator.
 */
export class StatementReader {
  private readonly tokens: Token[] = [];
  private position = 0;

  constructor(readonly text: string) {
    const pattern = new RegExp(PATTERN);
    while (pattern.lastIndex < text.length) {
      const start = pattern.lastIndex;
      const groups = pattern.exec(text)?.groups ?? {};
      const end = pattern.lastIndex;
      const raw = text.slice(start, end);
      if (groups['word'] !== undefined) this.add('word', raw.toUpperCase(), start, end);
      else if (groups['name'] !== undefined) this.add('name', raw.slice(1, -1).replaceAll('``', '`'), start, end);
      else if (groups['text'] !== undefined) this.add('text', unquote(raw), start, end);
      else if (groups['number'] !== undefined) this.add('number', raw, start, end);
      else if (groups['sign'] !== undefined) this.add('sign', raw, start, end);
    }
    this.add('end', '', text.length, text.length);
    this.dropLastSemicolons();
  }

  get token(): Token {
    return this.peek(0);
  }

  peek(ahead: number): Token {
    return this.tokens[Math.min(this.position + ahead, this.tokens.length - 1)] as Token;
  }

  next(): Token {
    const { token } = this;
    if (token.kind !== 'end') this.position++;
    return token;
  }

  is(...words: readonly string[]): boolean {
    return words.every((word, index) => {
      const { kind, value } = this.peek(index);
      return (kind === 'word' || kind === 'sign') && value === word;
    });
  }

  accept(...words: readonly string[]): boolean {
    if (!this.is(...words)) return false;
    this.position += words.length;
    return true;
  }

  expect(...words: readonly string[]): void {
    if (!this.accept(...words)) throw this.unexpected(words.join(' '));
  }

  name(): string {
    const { kind, start, end, value } = this.token;
    if (kind !== 'word' && kind !== 'name') throw this.unexpected('a name');
    this.position++;
    return kind === 'word' ? this.text.slice(start, end) : value;
  }

  names(): string[] {
    const parts = [this.name()];
    while (this.accept('.')) parts.push(this.name());
    return parts;
  }

  literal(): string {
    if (this.token.kind !== 'text') throw this.unexpected('a text in quotes');
    return this.next().value;
  }

  /** The text from here to the end. */
  rest(): string {
    const { start } = this.token;
    const last = this.tokens.at(-2);
    this.position = this.tokens.length - 1;
    return this.text.slice(start, last === undefined ? start : last.end);
  }

  end(): void {
    if (this.token.kind !== 'end') throw this.unexpected('the end of the statement');
  }

  unexpected(wanted: string): SluiceError {
    const { kind, start, end } = this.token;
    const found = kind === 'end' ? 'the end' : `'${this.text.slice(start, end)}'`;
    return this.fail('SQL_SYNTAX', `${wanted} was expected, found ${found}`);
  }

  /** An error at the present place. */
  fail(reason: Reason, message: string): SluiceError {
    const before = this.text.slice(0, this.token.start);
    const line = before.split('\n').length;
    const column = this.token.start - before.lastIndexOf('\n');
    return new SluiceError(reason, `${message} (line ${line}, column ${column})`, {
      details: { line: String(line), column: String(column) },
      problems: [{ reason, message, line, column }],
    });
  }

  private add(kind: Token['kind'], value: string, start: number, end: number): void {
    this.tokens.push({ kind, value, start, end });
  }

  /** One statement may end with a semicolon; behind it there must be nothing. */
  private dropLastSemicolons(): void {
    while (this.tokens.at(-2)?.value === ';' && this.tokens.at(-2)?.kind === 'sign') this.tokens.splice(-2, 1);
    const inner = this.tokens.findIndex((token) => token.kind === 'sign' && token.value === ';');
    if (inner < 0) return;
    this.position = inner;
    throw this.fail('SQL_STATEMENTS', 'there are two statements; give one at a time');
  }
}

function unquote(raw: string): string {
  const quote = raw[0] as string;
  const named: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', 0: '\0', b: '\b' };
  return raw
    .slice(1, -1)
    .replaceAll(quote + quote, quote)
    .replace(/\\([^])/g, (_, c: string) => named[c] ?? c);
}
