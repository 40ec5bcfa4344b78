import maxSatisfying from 'semver/ranges/max-satisfying.js';

/** A bundle by which a need can be met. */
interface Offered {
  readonly name: string;
  readonly version: string;
}

/** One that is unpacked on this machine. */
interface Placed extends Offered {
  readonly kind: string;
  readonly path: string;
}

/** The folders of the npm packages that code which needs bundles has, by name. */
export function moduleFolders(
  needs: Readonly<Record<string, string>>,
  bundles: readonly Placed[],
): Record<string, string> {
  const { chosen } = chooseBundles(needs, bundles);
  return Object.fromEntries(chosen.flatMap(({ kind, name, path }) => (kind === 'node-package' ? [[name, path]] : [])));
}

/** The newest bundle that fits each need, and the needs that none fits, as `name range`. */
export function chooseBundles<T extends Offered>(
  needs: Readonly<Record<string, string>>,
  offered: readonly T[],
): { readonly chosen: readonly T[]; readonly lacking: readonly string[] } {
  const chosen: T[] = [];
  const lacking: string[] = [];
  for (const [name, range] of Object.entries(needs)) {
    const all = offered.filter((each) => each.name === name);
    const version = maxSatisfying(
      all.map((each) => each.version),
      range,
      { includePrerelease: true },
    );
    const found = all.find((each) => each.version === version);
    if (found === undefined) lacking.push(`${name} ${range}`);
    else chosen.push(found);
  }
  return { chosen, lacking };
}
