import type { Text } from './text.js';

/** The closed list of property kinds. The kind validates, draws the form, and documents. */
export const PROPERTY_KINDS = [
  'string',
  'text',
  'integer',
  'number',
  'boolean',
  'enum',
  'list',
  'map',
  'path',
  'sql',
  'code',
  'json',
  'secret',
  'datasource',
  'columns',
] as const;
export type PropertyKind = (typeof PROPERTY_KINDS)[number];

interface Common<T> {
  readonly title?: Text | undefined;
  readonly description?: Text | undefined;
  /** Whether a flow must give a value; default false. */
  readonly required?: boolean | undefined;
  /** The value when a flow gives none. */
  readonly default?: T | undefined;
  readonly example?: T | undefined;
  /** Older names of the property. */
  readonly aliases?: readonly string[] | undefined;
  /** Whether an empty text is a value; default false: it counts as not given. */
  readonly allowEmpty?: boolean | undefined;
}

/** A declared property. `T` is the type of its value in `run`. */
export interface Property<T = unknown> extends Common<T> {
  readonly kind: PropertyKind;
  readonly secret: boolean;
  /** The allowed values of an enum. */
  readonly values?: readonly string[] | undefined;
  /** Other words for a value of an enum, by word; words are matched without regard to case. */
  readonly synonyms?: Readonly<Record<string, string>> | undefined;
  /** The least and greatest number allowed. */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** The language of code, the family of a datasource, or the in port of columns. */
  readonly detail?: string | undefined;
  /** Never present; carries `T`. */
  readonly __value?: T;
}

export type Properties = Readonly<Record<string, Property>>;

/** The values that `run` gets for declared properties. */
export type Values<P extends Properties> = { readonly [K in keyof P]: P[K] extends Property<infer T> ? T : never };

type Given<T, O> = O extends { required: true } ? T : O extends { default: T } ? T : T | undefined;

function define<T, O extends Common<T>>(kind: PropertyKind, options: O, more: object = {}): Property<Given<T, O>> {
  return { secret: kind === 'secret', ...options, ...more, kind } as Property<Given<T, O>>;
}

interface Range {
  readonly min?: number;
  readonly max?: number;
}

/** Makes properties of each kind. */
export const property = {
  /** One line of text. */
  string: <const O extends Common<string> & { secret?: boolean }>(options: O) => define<string, O>('string', options),
  /** Several lines of text. */
  text: <const O extends Common<string>>(options: O) => define<string, O>('text', options),
  /** A whole number that JavaScript holds exactly. */
  integer: <const O extends Common<number> & Range>(options: O) => define<number, O>('integer', options),
  /** A number. */
  number: <const O extends Common<number> & Range>(options: O) => define<number, O>('number', options),
  /** True or false; the texts `true` and `false` in any case. */
  boolean: <const O extends Common<boolean>>(options: O) => define<boolean, O>('boolean', options),
  /** One of `values`; other words for them by `synonyms`. */
  enum: <
    const V extends readonly string[],
    const O extends Common<V[number]> & { values: V; synonyms?: Readonly<Record<string, V[number]>> },
  >(
    options: O & { values: V },
  ) => define<V[number], O>('enum', options),
  /** A list of texts; a text is split at commas and trimmed. */
  list: <const O extends Common<readonly string[]>>(options: O) => define<readonly string[], O>('list', options),
  /** Texts by name. */
  map: <const O extends Common<Readonly<Record<string, string>>>>(options: O) =>
    define<Readonly<Record<string, string>>, O>('map', options),
  /** The location of a file or folder; give it to `engine.read`, `engine.write` or `files.resolve`. */
  path: <const O extends Common<string>>(options: O) => define<string, O>('path', options),
  /** Spark SQL. */
  sql: <const O extends Common<string>>(options: O) => define<string, O>('sql', options),
  /** Program text in a language. */
  code: <const O extends Common<string>>(language: string, options: O) =>
    define<string, O>('code', options, { detail: language }),
  /** Any JSON value; a text is kept as it is. */
  json: <const O extends Common<unknown>>(options: O) => define<unknown, O>('json', options),
  /** A text that is never shown. */
  secret: <const O extends Common<string>>(options: O) => define<string, O>('secret', options),
  /** The name of a datasource of a family; `connect` opens it. */
  datasource: <const O extends Common<string>>(family: string, options: O) =>
    define<string, O>('datasource', options, { detail: family }),
  /** Names of columns of an in port (default: the default port); a text is split at commas and trimmed. */
  columns: <const O extends Common<readonly string[]> & { port?: string }>(options: O) =>
    define<readonly string[], O>('columns', options, { detail: options.port ?? '' }),
};
