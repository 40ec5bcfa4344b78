import type { LoadedConfig, Source } from './load.js';
import type { Setting, SettingText } from './setting.js';
import { SETTINGS, environmentName, type SettingKey } from './settings.js';

/** One effective setting, ready to be shown. */
export interface DescribedSetting {
  readonly key: SettingKey;
  readonly variable: string;
  /** The value; a secret's credentials are replaced by `***`. */
  readonly value: unknown;
  readonly source: Source;
  /** The variable, or the file and key, that it came from; empty for a default. */
  readonly from: string;
  readonly unit: string;
  readonly about: SettingText;
  /** The services that read it; empty for all. */
  readonly services: readonly string[];
}

/** Hides the credentials of an address, or the whole text when it is no address. */
export function maskSecret(value: string): string {
  if (value === '') return value;
  return value
    .split(',')
    .map((one) => {
      try {
        const url = new URL(one);
        if (url.password !== '') url.password = '***';
        else if (url.username !== '' && !url.protocol.startsWith('mysql')) url.username = '***';
        for (const name of [...url.searchParams.keys()]) url.searchParams.set(name, '***');
        return url.href;
      } catch {
        return '***';
      }
    })
    .join(',');
}

/** The effective settings with their sources, secrets masked, in the order of the table. */
export function describeConfig(loaded: LoadedConfig): DescribedSetting[] {
  return [...loaded.values].map(([key, { value, source, from }]) => {
    const setting: Setting<unknown> = SETTINGS[key];
    return {
      key,
      variable: environmentName(key),
      value: setting.secret ? maskSecret(String(value)) : value,
      source,
      from,
      unit: setting.unit,
      about: setting.about,
      services: setting.services,
    };
  });
}
