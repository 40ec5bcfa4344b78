import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { SluiceError, type Problem } from '../errors.js';
import { resolvePath, type Setting } from './setting.js';
import { OTHER_VARIABLES, SETTINGS, environmentName, type Config, type SettingKey } from './settings.js';
import { DEFAULT_HOME } from './settings/platform.js';

/** Where an effective value comes from. */
export type Source = 'default' | 'file' | 'environment' | 'option';

/** The effective settings, and where each came from. */
export interface LoadedConfig {
  readonly config: Config;
  readonly values: ReadonlyMap<SettingKey, { readonly value: unknown; readonly source: Source; readonly from: string }>;
  /** The settings file that was read; undefined when there is none. */
  readonly file: string | undefined;
}

/** Where settings are read from, besides their defaults. */
export interface LoadOptions {
  /** The environment; the default is that of the process. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** The settings file (`--config`); the default is SLUICE_CONFIG, then sluice.json in the home folder if it exists. */
  readonly file?: string | undefined;
  /** Values that go before all others: those of command line options. */
  readonly overrides?: Readonly<Partial<Record<SettingKey, unknown>>> | undefined;
  /** The folder that relative paths of the environment count from; the default is the current one. */
  readonly folder?: string | undefined;
}

const KEYS = Object.keys(SETTINGS) as SettingKey[];
const KEY_OF_VARIABLE = new Map(KEYS.map((key) => [environmentName(key), key]));

function isKey(key: string): key is SettingKey {
  return Object.hasOwn(SETTINGS, key);
}

/** `{ http: { port: 1 }, 'grpc.port': 2 }` as pairs of a dotted key and a value. */
function flatten(value: Readonly<Record<string, unknown>>, prefix = ''): [string, unknown][] {
  return Object.entries(value).flatMap(([name, item]): [string, unknown][] => {
    const key = `${prefix}${name}`;
    const isSection = typeof item === 'object' && item !== null && !Array.isArray(item) && !isKey(key);
    return isSection ? flatten(item as Record<string, unknown>, `${key}.`) : [[key, item]];
  });
}

function readSettingsFile(file: string, mustExist: boolean): Record<string, unknown> | undefined {
  if (!existsSync(file)) {
    if (!mustExist) return undefined;
    throw new SluiceError('CONFIG_INVALID', `the settings file ${file} does not exist; correct its name`);
  }
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    throw new Error('it holds no object');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SluiceError('CONFIG_INVALID', `the settings file ${file} cannot be read: ${why}; write a JSON object`, {
      cause,
    });
  }
}

function problem(message: string, property: string): Problem {
  return { reason: 'CONFIG_INVALID', message, property };
}

function freeze(values: ReadonlyMap<SettingKey, { readonly value: unknown }>): Config {
  const sections: Record<string, unknown> = {};
  for (const [key, { value }] of values) {
    const [section, name] = key.split('.') as [string, string | undefined];
    if (name === undefined) sections[section] = value;
    else
      ((sections[section] ??= {}) as Record<string, unknown>)[name] = Array.isArray(value)
        ? Object.freeze(value)
        : value;
  }
  Object.values(sections).forEach((section) => Object.freeze(section));
  // The table of settings is what Config is derived from, so an object made from every key of it is one.
  return Object.freeze(sections) as unknown as Config;
}

/**
 * Reads the settings: defaults, then the file, then the environment, then overrides; the last one that speaks wins.
 *
 * @throws CONFIG_INVALID with a problem for each unknown name and each value that cannot be read.
 */
export function loadConfig(options: LoadOptions = {}): LoadedConfig {
  const environment = options.environment ?? process.env;
  const folder = options.folder ?? process.cwd();
  const problems: Problem[] = [];
  const given = new Map<SettingKey, { value: unknown; source: Source; from: string }>();
  const take = (key: SettingKey, source: Source, from: string, read: (setting: Setting<unknown>) => unknown): void => {
    try {
      given.set(key, { value: read(SETTINGS[key]), source, from });
    } catch (cause) {
      // The value of a secret must not appear in a message, and the messages of readers quote what they read.
      const why = SETTINGS[key].secret
        ? 'it is not well-formed'
        : cause instanceof Error
          ? cause.message
          : String(cause);
      problems.push(problem(`${from}: ${why}`, key));
    }
  };

  const namedFile = options.file ?? (environment['SLUICE_CONFIG'] || undefined);
  const homeOfEnvironment = options.overrides?.home ?? (environment['SLUICE_HOME'] || undefined);
  const firstHome = typeof homeOfEnvironment === 'string' ? resolvePath(homeOfEnvironment, folder) : DEFAULT_HOME;
  const file = namedFile === undefined ? join(firstHome, 'sluice.json') : resolve(folder, namedFile);
  const document = readSettingsFile(file, namedFile !== undefined);
  for (const [key, value] of flatten(document ?? {})) {
    if (!isKey(key)) {
      problems.push(problem(`${file}: '${key}' is no setting; did you mean '${closest(key, KEYS)}'?`, key));
    } else if (key === 'home' && namedFile === undefined) {
      problems.push(problem(`${file}: 'home' cannot be set by a file inside it; set SLUICE_HOME`, key));
    } else {
      take(key, 'file', `${file}: ${key}`, (setting) => setting.fromFile(value, dirname(file)));
    }
  }

  for (const [name, value] of Object.entries(environment)) {
    // An empty variable counts as absent: that is how shells and compose files express "not set".
    if (!name.startsWith('SLUICE_') || name.startsWith('SLUICE_TEST_') || value === undefined || value === '') continue;
    if (Object.hasOwn(OTHER_VARIABLES, name)) continue;
    const key = KEY_OF_VARIABLE.get(name);
    if (key === undefined) {
      const near = closest(name, [...KEY_OF_VARIABLE.keys()]);
      problems.push(problem(`the environment variable ${name} is no setting; did you mean ${near}?`, name));
    } else {
      take(key, 'environment', name, (setting) => setting.fromText(value, folder));
    }
  }
  for (const [key, value] of Object.entries(options.overrides ?? {})) {
    if (!isKey(key)) problems.push(problem(`'${key}' is no setting; did you mean '${closest(key, KEYS)}'?`, key));
    else if (value !== undefined) {
      take(key, 'option', key, (setting) =>
        typeof value === 'string' ? setting.fromText(value, folder) : setting.fromFile(value, folder),
      );
    }
  }
  if (problems.length > 0) {
    const list = problems.map((one) => one.message).join('; ');
    throw new SluiceError('CONFIG_INVALID', `the settings are wrong: ${list}`, { problems });
  }

  const home = (given.get('home')?.value as string | undefined) ?? DEFAULT_HOME;
  const values = new Map(
    KEYS.map((key) => {
      const setting: Setting<unknown> = SETTINGS[key];
      return [key, given.get(key) ?? { value: setting.fallback(home), source: 'default' as const, from: '' }];
    }),
  );
  return { config: freeze(values), values, file: document === undefined ? undefined : file };
}
