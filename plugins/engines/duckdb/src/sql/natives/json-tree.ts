import { javaDouble } from './java-numbers.js';

/** JSON with what JavaScript's own parser loses: the text of numbers and the order of repeated fields. */
export type JsonNode =
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[]; readonly span: Span }
  | { readonly kind: 'object'; readonly fields: readonly (readonly [string, JsonNode])[]; readonly span: Span };

/** Where a value stands in its text. */
export type Span = readonly [start: number, end: number];

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const NON_NUMERIC = /(?:[+-]?(?:INF|Infinity)|NaN)/y;
/** Levels of values in values, as Spark's reader bounds them. */
export const DEEPEST = 1000;

/** The value at the start of a text, as Spark reads it: single quotes are fine, and what follows the value is not read. */
export const parseJson = (text: string): JsonNode | undefined => read(new Reader(text, false));

/** Like {@link parseJson}, as functions of Hive read it: texts may hold control characters, and NaN is no number. */
export const parseHiveJson = (text: string): JsonNode | undefined => read(new Reader(text, true));

/** Like {@link parseJson}, but nothing may follow the value. */
export function parseWholeJson(text: string): JsonNode | undefined {
  const reader = new Reader(text, false);
  const node = read(reader);
  return reader.atEnd() ? node : undefined;
}

/** The values one after another in a text; undefined for the rest where it is no JSON. */
export function* parseAllJson(text: string): Generator<JsonNode | undefined> {
  const reader = new Reader(text, false);
  while (!reader.atEnd()) {
    const node = read(reader);
    yield node;
    if (node === undefined) return;
  }
}

function read(reader: Reader): JsonNode | undefined {
  try {
    return reader.value(0);
  } catch (error) {
    if (error instanceof JsonSyntax) return undefined;
    throw error;
  }
}

class JsonSyntax extends Error {}

class Reader {
  #at = 0;
  constructor(
    readonly text: string,
    readonly isHive: boolean,
  ) {}

  atEnd(): boolean {
    this.#blanks();
    return this.#at >= this.text.length;
  }

  value(depth: number): JsonNode {
    if (depth > DEEPEST) throw new JsonSyntax();
    this.#blanks();
    const c = this.text[this.#at];
    if (c === '{') return this.#object(depth);
    if (c === '[') return this.#array(depth);
    if (c === '"' || c === "'") return { kind: 'string', value: this.#string(c) };
    for (const [word, node] of WORDS) {
      if (this.text.startsWith(word, this.#at) && !/[A-Za-z0-9_]/.test(this.text[this.#at + word.length] ?? '')) {
        this.#at += word.length;
        return node;
      }
    }
    NUMBER.lastIndex = this.#at;
    const number = NUMBER.exec(this.text)?.[0];
    if (number !== undefined) {
      this.#at += number.length;
      if (/[A-Za-z0-9_.]/.test(this.text[this.#at] ?? '')) throw new JsonSyntax();
      return { kind: 'number', text: number };
    }
    NON_NUMERIC.lastIndex = this.#at;
    const special = NON_NUMERIC.exec(this.text)?.[0];
    if (special === undefined || this.isHive) throw new JsonSyntax();
    this.#at += special.length;
    return { kind: 'number', text: special };
  }

  #blanks(): void {
    while (/[ \t\r\n]/.test(this.text[this.#at] ?? '')) this.#at++;
  }

  #object(depth: number): JsonNode {
    const start = this.#at;
    const fields: [string, JsonNode][] = [];
    this.#at++;
    this.#blanks();
    if (this.text[this.#at] === '}') {
      this.#at++;
      return { kind: 'object', fields, span: [start, this.#at] };
    }
    for (;;) {
      this.#blanks();
      const quote = this.text[this.#at];
      if (quote !== '"' && quote !== "'") throw new JsonSyntax();
      const name = this.#string(quote);
      this.#blanks();
      if (this.text[this.#at++] !== ':') throw new JsonSyntax();
      fields.push([name, this.value(depth + 1)]);
      this.#blanks();
      const c = this.text[this.#at++];
      if (c === '}') return { kind: 'object', fields, span: [start, this.#at] };
      if (c !== ',') throw new JsonSyntax();
    }
  }

  #array(depth: number): JsonNode {
    const start = this.#at;
    const items: JsonNode[] = [];
    this.#at++;
    this.#blanks();
    if (this.text[this.#at] === ']') {
      this.#at++;
      return { kind: 'array', items, span: [start, this.#at] };
    }
    for (;;) {
      items.push(this.value(depth + 1));
      this.#blanks();
      const c = this.text[this.#at++];
      if (c === ']') return { kind: 'array', items, span: [start, this.#at] };
      if (c !== ',') throw new JsonSyntax();
    }
  }

  #string(quote: string): string {
    let out = '';
    this.#at++;
    for (;;) {
      const c = this.text[this.#at++];
      if (c === undefined || (c < ' ' && !this.isHive)) throw new JsonSyntax();
      if (c === quote) return out;
      out += c === '\\' ? this.#escape() : c;
    }
  }

  #escape(): string {
    const c = this.text[this.#at++] ?? '';
    const simple = (
      { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', '"': '"', "'": "'", '\\': '\\', '/': '/' } as Readonly<
        Record<string, string>
      >
    )[c];
    if (simple !== undefined) return simple;
    const code = /^u([0-9a-fA-F]{4})/.exec(this.text.slice(this.#at - 1, this.#at + 4))?.[1];
    if (code === undefined) throw new JsonSyntax();
    this.#at += 4;
    return String.fromCharCode(parseInt(code, 16));
  }
}

const WORDS: readonly (readonly [string, JsonNode])[] = [
  ['null', { kind: 'null' }],
  ['true', { kind: 'boolean', value: true }],
  ['false', { kind: 'boolean', value: false }],
];

/** A text in JSON's quotes, as Jackson escapes it. */
export function jsonString(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what JSON escapes
  const escaped = text.replace(/["\\\x00-\x1f]/g, (c) => {
    const short = (
      { '"': '\\"', '\\': '\\\\', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t' } as Readonly<
        Record<string, string>
      >
    )[c];
    return short ?? `\\u${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}

/** A value written out without blanks; fractions as Java writes doubles. */
export function writeJson(node: JsonNode): string {
  switch (node.kind) {
    case 'null':
      return 'null';
    case 'boolean':
      return String(node.value);
    case 'number': {
      if (/^-?\d+$/.test(node.text)) return node.text;
      const text = /^-?\d/.test(node.text) ? javaDouble(Number(node.text)) : node.text;
      return /\d$/.test(text) ? text : `"${text}"`;
    }
    case 'string':
      return jsonString(node.value);
    case 'array':
      return `[${node.items.map(writeJson).join(',')}]`;
    case 'object':
      return `{${node.fields.map(([name, value]) => `${jsonString(name)}:${writeJson(value)}`).join(',')}}`;
  }
}
