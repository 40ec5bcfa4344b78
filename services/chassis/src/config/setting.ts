import { homedir } from 'node:os';
import { delimiter, isAbsolute, join, resolve } from 'node:path';

/** What a person reads about a setting, in the two languages of Sluice. */
export interface SettingText {
  readonly en: string;
  readonly zh: string;
}

/** One setting: its meaning, its default, and how its value is read from a file or the environment. */
export interface Setting<T> {
  readonly kind: string;
  readonly about: SettingText;
  /** The unit of a number, such as `ms`; empty when there is none. */
  readonly unit: string;
  /** Whether the value is masked wherever it is shown. */
  readonly secret: boolean;
  /** The services that read it; empty when the chassis itself does, so that it concerns them all. */
  readonly services: readonly string[];
  /** The default as documentation prints it. */
  readonly shownDefault: string;
  /** The default, once the home folder is known. */
  fallback(home: string): T;
  /** Reads a value of a JSON file; throws a plain Error that says what is wrong. Relative paths are from `folder`. */
  fromFile(value: unknown, folder: string): T;
  /** Reads the text of an environment variable. Relative paths are from `folder`. */
  fromText(text: string, folder: string): T;
}

interface Common {
  readonly about: SettingText;
  readonly services?: readonly string[];
  readonly secret?: boolean;
}

function common(options: Common): Pick<Setting<never>, 'about' | 'secret' | 'services'> {
  return { about: options.about, secret: options.secret ?? false, services: options.services ?? [] };
}

/** A text that is taken as it stands; `check` throws when it is not well-formed. */
export function text(options: Common & { default: string; check?: (value: string) => void }): Setting<string> {
  const read = (value: unknown): string => {
    if (typeof value !== 'string') throw new Error(`expected a text, got ${JSON.stringify(value)}`);
    if (value !== '') options.check?.(value);
    return value;
  };
  return {
    ...common(options),
    kind: 'text',
    unit: '',
    shownDefault: options.default === '' ? '(empty)' : options.default,
    fallback: () => options.default,
    fromFile: read,
    fromText: read,
  };
}

/** One of a few words. */
export function choice<const W extends string>(
  options: Common & { words: readonly W[]; default: NoInfer<W> },
): Setting<W> {
  const read = (value: unknown): W => {
    const word = options.words.find((candidate) => candidate === value);
    if (word === undefined)
      throw new Error(`expected one of ${options.words.join(', ')}, got ${JSON.stringify(value)}`);
    return word;
  };
  return {
    ...common(options),
    kind: options.words.join(' \\| '),
    unit: '',
    shownDefault: options.default,
    fallback: () => options.default,
    fromFile: read,
    fromText: read,
  };
}

const BYTE_UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};
const TIME_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 6e4, min: 6e4, h: 36e5, d: 864e5 };

function readAmount(value: unknown, units: Readonly<Record<string, number>>): number {
  if (typeof value === 'number') return value;
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(typeof value === 'string' ? value : '');
  const unit = match?.[2]?.toLowerCase() ?? '';
  const factor = unit === '' ? 1 : units[unit];
  if (match === null || factor === undefined) {
    const known = Object.keys(units);
    const hint = known.length === 0 ? '' : `, perhaps with a unit (${known.join(', ')})`;
    throw new Error(`expected a whole number${hint}, got ${JSON.stringify(value)}`);
  }
  return Number(match[1]) * factor;
}

/** A whole number. Sizes may be written as `512MB` or `2GiB`, times as `10s` or `5m`. */
export function integer(
  options: Common & {
    default: number | (() => number);
    shownDefault?: string;
    min: number;
    max?: number;
    unit?: 'bytes' | 'ms' | '';
  },
): Setting<number> {
  const max = options.max ?? Number.MAX_SAFE_INTEGER;
  const units = options.unit === 'bytes' ? BYTE_UNITS : options.unit === 'ms' ? TIME_UNITS : {};
  const read = (value: unknown): number => {
    const number = readAmount(value, units);
    if (!Number.isSafeInteger(number) || number < options.min || number > max) {
      const upper = max === Number.MAX_SAFE_INTEGER ? ' or more' : ` to ${max}`;
      throw new Error(`expected a whole number, ${options.min}${upper}, got ${JSON.stringify(value)}`);
    }
    return number;
  };
  const fallback = (): number => (typeof options.default === 'number' ? options.default : options.default());
  return {
    ...common(options),
    kind: 'integer',
    unit: options.unit ?? '',
    shownDefault: options.shownDefault ?? String(fallback()),
    fallback,
    fromFile: read,
    fromText: read,
  };
}

/** Makes a path absolute; a leading `~/` stands for the user's home. */
export function resolvePath(path: string, folder: string): string {
  if (path === '~' || path.startsWith('~/')) return join(homedir(), path.slice(1));
  return isAbsolute(path) ? resolve(path) : resolve(folder, path);
}

function readText(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new Error(`expected a path, got ${JSON.stringify(value)}`);
  return value;
}

/** A file or folder; relative paths count from the file that names them, or from the current folder. */
export function path(options: Common & { default: (home: string) => string; shownDefault: string }): Setting<string> {
  const read = (value: unknown, folder: string): string => resolvePath(readText(value), folder);
  return {
    ...common(options),
    kind: 'path',
    unit: '',
    shownDefault: options.shownDefault,
    fallback: options.default,
    fromFile: read,
    fromText: read,
  };
}

/** Folders. In the environment they are separated like those of PATH. */
export function paths(
  options: Common & { default: (home: string) => readonly string[]; shownDefault: string },
): Setting<readonly string[]> {
  return {
    ...common(options),
    kind: `paths, separated by "${delimiter}"`,
    unit: '',
    shownDefault: options.shownDefault,
    fallback: options.default,
    fromFile: (value, folder) => {
      if (!Array.isArray(value)) throw new Error(`expected a list of paths, got ${JSON.stringify(value)}`);
      return value.map((item: unknown) => resolvePath(readText(item), folder));
    },
    fromText: (value, folder) =>
      value
        .split(delimiter)
        .filter((item) => item !== '')
        .map((item) => resolvePath(item, folder)),
  };
}

/** A list of addresses of the web, none by default. In the environment: separated by commas. */
export function addresses(options: Common): Setting<readonly string[]> {
  const read = (items: readonly string[]): string[] =>
    items
      .map((item) => item.trim())
      .filter((item) => item !== '')
      .map((item) => {
        if (/^https:\/\/[^/]/.test(item)) return item;
        throw new Error(`'${item}' is no address; write one such as https://github.com/acme`);
      });
  return {
    ...common(options),
    kind: 'addresses, separated by commas',
    unit: '',
    shownDefault: '',
    fallback: () => [],
    fromFile: (value) => {
      if (!Array.isArray(value)) throw new Error(`expected a list of addresses, got ${JSON.stringify(value)}`);
      return read(value.map((item: unknown) => readText(item)));
    },
    fromText: (value) => read(value.split(',')),
  };
}

/** Names of roots with the folder that each stands for. In the environment: `name=folder`, separated by commas. */
export function folders(
  options: Common & { default: (home: string) => Readonly<Record<string, string>>; shownDefault: string },
): Setting<Readonly<Record<string, string>>> {
  const read = (entries: readonly (readonly [string, unknown])[], folder: string): Readonly<Record<string, string>> => {
    for (const [name] of entries) {
      if (!/^[a-z][a-z0-9+.-]*:\/\/(\*|[^/*\s]*)$/.test(name)) {
        throw new Error(`'${name}' is no root; write a scheme and a host, such as hdfs://* or hdfs://cluster:9000`);
      }
    }
    return Object.freeze(Object.fromEntries(entries.map(([name, to]) => [name, resolvePath(readText(to), folder)])));
  };
  return {
    ...common(options),
    kind: 'root=folder, separated by ","',
    unit: '',
    shownDefault: options.shownDefault,
    fallback: options.default,
    fromFile: (value, folder) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw new Error(`expected an object of roots and folders, got ${JSON.stringify(value)}`);
      }
      return read(Object.entries(value), folder);
    },
    fromText: (value, folder) =>
      read(
        value
          .split(',')
          .filter((item) => item.trim() !== '')
          .map((item) => {
            const at = item.indexOf('=');
            if (at < 0) throw new Error(`expected root=folder, got ${JSON.stringify(item)}`);
            return [item.slice(0, at).trim(), item.slice(at + 1).trim()] as const;
          }),
        folder,
      ),
  };
}
