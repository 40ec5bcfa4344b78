import { SluiceError } from '@sluice/chassis';
import compare from 'semver/functions/compare.js';
import maxSatisfying from 'semver/ranges/max-satisfying.js';
import type { GenerationRecord, Member, PluginRecord } from './plugin-record.js';
import type { PluginReader } from './plugins.store.js';

/** The newest generation. */
export async function presentGeneration(reader: PluginReader): Promise<GenerationRecord> {
  return (await reader.generation(await reader.newest())) as GenerationRecord;
}

/**
 * A package by version, by range, or the default one.
 *
 * @throws PLUGIN_NOT_FOUND with the versions there are
 */
export async function findPlugin(
  reader: PluginReader,
  name: string,
  version: string,
  present: GenerationRecord,
): Promise<PluginRecord> {
  const all = await reader.plugins(name);
  const wanted = version === 'default' || version === '' ? undefined : version;
  const isDefault = (record: PluginRecord): boolean => memberOf(present, record)?.isDefault === true;
  const exact = all.find((each) => (wanted === undefined ? isDefault(each) : each.version === wanted));
  const fitting = maxSatisfying(
    all.map((each) => each.version),
    wanted ?? '*',
    { includePrerelease: true },
  );
  const found = exact ?? all.find((each) => each.version === fitting);
  if (found !== undefined) return found;
  const versions = all.map((each) => each.version).join(', ');
  const has =
    versions === '' ? `no package '${name}' is kept` : `'${name}' has the versions ${versions} and no ${version}`;
  throw new SluiceError('PLUGIN_NOT_FOUND', `${has}; upload it`, { details: { plugin: name, version } });
}

/** The place of a package in a generation. */
export function memberOf({ members }: GenerationRecord, { digest }: PluginRecord): Member | undefined {
  return members.find((each) => each.digest === digest);
}

/** By name, the newest version first. */
export function inOrder(
  a: { readonly name: string; readonly version: string },
  b: { readonly name: string; readonly version: string },
): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return compare(b.version, a.version);
}
