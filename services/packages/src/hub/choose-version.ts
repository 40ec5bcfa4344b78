import { SluiceError } from '@sluice/plugin-sdk';
import maxSatisfying from 'semver/ranges/max-satisfying.js';

/** The version that is wanted of those there are: exactly, by tag, or the newest in a range. */
export function chooseVersion(
  name: string,
  wanted: string,
  versions: readonly string[],
  tags: Readonly<Record<string, string>>,
): string {
  const tagged = tags[wanted === '' ? 'latest' : wanted];
  const found = tagged ?? (versions.includes(wanted) ? wanted : maxSatisfying([...versions], wanted));
  if (found !== null && versions.includes(found)) return found;
  const known = versions.length === 0 ? 'none' : versions.slice(-10).join(', ');
  throw new SluiceError('PLUGIN_NOT_FOUND', `'${name}' has no version '${wanted}'; it has ${known}`, {
    details: { plugin: name, version: wanted },
  });
}
