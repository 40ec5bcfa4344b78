import type { Setting, SettingText } from './setting.js';
import { EXECUTION_SETTINGS } from './settings/execution.js';
import { PLATFORM_SETTINGS } from './settings/platform.js';
import { PLUGIN_SETTINGS } from './settings/plugins.js';
import { SCHEDULING_SETTINGS } from './settings/scheduling.js';

/** Every setting there is. The environment variable of `a.bC` is `SLUICE_A_B_C`. */
export const SETTINGS = {
  ...PLATFORM_SETTINGS,
  ...PLUGIN_SETTINGS,
  ...EXECUTION_SETTINGS,
  ...SCHEDULING_SETTINGS,
} as const satisfies Record<string, Setting<unknown>>;

type Settings = typeof SETTINGS;
/** The name of a setting, such as `http.port`. */
export type SettingKey = keyof Settings;
type ValueOf<S> = S extends Setting<infer T> ? T : never;
type SectionOf<K> = K extends `${infer S}.${string}` ? S : never;

/** The effective settings: `http.port` is `config.http.port`. */
export type Config = {
  readonly [K in SettingKey as K extends `${string}.${string}` ? never : K]: ValueOf<Settings[K]>;
} & {
  readonly [S in SectionOf<SettingKey>]: {
    readonly [K in SettingKey as K extends `${S}.${infer N}` ? N : never]: ValueOf<Settings[K]>;
  };
};

/** The environment variable of a setting. */
export function environmentName(key: string): string {
  return `SLUICE_${key
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('.', '_')
    .toUpperCase()}`;
}

/** Variables that begin with SLUICE_ and are no settings, with what reads them. */
export const OTHER_VARIABLES: Readonly<Record<string, SettingText>> = {
  SLUICE_CONFIG: {
    en: 'The settings file, instead of sluice.json in the home folder.',
    zh: '设置文件，代替主目录下的 sluice.json。',
  },
  SLUICE_URL: {
    en: 'The platform that the command line talks to, such as http://127.0.0.1:8002.',
    zh: '命令行连接的平台地址，如 http://127.0.0.1:8002。',
  },
};
