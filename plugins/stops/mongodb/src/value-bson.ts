import { SluiceError, type Column, type Value } from '@sluice/plugin-sdk';
import { BSON } from 'mongodb';

/** Digits that a Decimal128 has. */
const DIGITS = 34;

type Writer = (value: Value) => unknown;

/** How the values of a column become BSON; TYPE_UNSUPPORTED where they cannot. */
export function writerOf({ name, type }: Column): Writer {
  return writerFor(parseType(type), name);
}

type Tree =
  | { readonly kind: 'plain'; readonly type: string }
  | { readonly kind: 'array'; readonly item: Tree }
  | { readonly kind: 'map'; readonly value: Tree }
  | { readonly kind: 'struct'; readonly fields: ReadonlyMap<string, Tree> };

function writerFor(tree: Tree, column: string): Writer {
  switch (tree.kind) {
    case 'array': {
      const item = nullable(writerFor(tree.item, column));
      return (value) => (value as readonly Value[]).map(item);
    }
    case 'map': {
      const each = nullable(writerFor(tree.value, column));
      return (value) =>
        Object.fromEntries([...(value as ReadonlyMap<Value, Value>)].map(([key, item]) => [String(key), each(item)]));
    }
    case 'struct': {
      const fields = [...tree.fields].map(([name, field]) => [name, nullable(writerFor(field, column))] as const);
      return (value) => {
        const struct = value as Readonly<Record<string, Value>>;
        return Object.fromEntries(fields.map(([name, write]) => [name, write(struct[name] ?? null)]));
      };
    }
    default:
      return plainWriter(tree.type, column);
  }
}

function nullable(write: Writer): Writer {
  return (value) => (value === null ? null : write(value));
}

function plainWriter(type: string, column: string): Writer {
  if (/^(tinyint|smallint|int)$/.test(type)) return (value) => new BSON.Int32(value as number);
  if (type === 'bigint') return (value) => BSON.Long.fromBigInt(value as bigint);
  if (/^(float|double)$/.test(type)) return (value) => new BSON.Double(value as number);
  if (/^decimal\b/.test(type)) return (value) => decimalOf(value as string, column);
  if (type === 'date') return (value) => new Date((value as number) * 86_400_000);
  if (/^timestamp/.test(type)) return (value) => momentOf(value as bigint);
  if (type === 'binary') return (value) => new BSON.Binary(value as Uint8Array);
  return (value) => value;
}

function decimalOf(text: string, column: string): BSON.Decimal128 {
  if (text.replace(/[-.]/g, '').replace(/^0+/, '').length <= DIGITS) return BSON.Decimal128.fromString(text);
  throw new SluiceError(
    'DATA_INVALID',
    `column '${column}': MongoDB keeps ${DIGITS} digits of a decimal, ${text} has more`,
  );
}

/** MongoDB keeps milliseconds: what is finer is cut off. */
function momentOf(micros: bigint): Date {
  const rest = ((micros % 1000n) + 1000n) % 1000n;
  return new Date(Number((micros - rest) / 1000n));
}

/** Reads a type in Spark's words, as far as values of it need to be told apart. */
function parseType(text: string): Tree {
  let at = 0;
  const wrong = (): SluiceError => new SluiceError('TYPE_UNSUPPORTED', `MongoDB takes no values of the type ${text}`);
  const eat = (sign: string): void => {
    while (text[at] === ' ') at++;
    if (!text.startsWith(sign, at)) throw wrong();
    at += sign.length;
  };
  const word = (): string => {
    while (text[at] === ' ') at++;
    const [found = ''] = /^(?:`(?:[^`]|``)*`|\w+)/.exec(text.slice(at)) ?? [];
    if (found === '') throw wrong();
    at += found.length;
    return found.startsWith('`') ? found.slice(1, -1).replaceAll('``', '`') : found;
  };
  const parse = (): Tree => {
    const name = word().toLowerCase();
    if (name === 'array') {
      eat('<');
      const item = parse();
      eat('>');
      return { kind: 'array', item };
    }
    if (name === 'map') {
      eat('<');
      parse();
      eat(',');
      const value = parse();
      eat('>');
      return { kind: 'map', value };
    }
    if (name === 'struct') {
      eat('<');
      const fields = new Map<string, Tree>();
      while (text[at] !== '>') {
        if (fields.size > 0) eat(',');
        const field = word();
        eat(':');
        fields.set(field, parse());
        while (text[at] === ' ') at++;
      }
      eat('>');
      return { kind: 'struct', fields };
    }
    const [parameters = ''] = /^\s*\([^)]*\)/.exec(text.slice(at)) ?? [];
    at += parameters.length;
    return { kind: 'plain', type: name };
  };
  return parse();
}
