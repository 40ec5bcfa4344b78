/** The texts of hubs in English. */
export const hubTexts = {
  help: {
    hub: 'find, install and publish packages of stops on an npm registry, or in a folder of archives',
    hubSearch: 'list packages with the keyword sluice-plugin',
    hubInfo: 'show a package of the hub, its versions and what is kept here',
    hubInstall: 'fetch a package (name, name@version or name@range), check it, upload it and mount it',
    hubPublish: 'build, check and publish the package in a folder',
    hubOutdated: 'list packages that the platform keeps and the hub has newer versions of',
  },
  options: {
    registry: 'the address of the registry, or a folder of archives',
    noMount: 'upload it only',
    tag: 'the tag that follows the version',
    access: 'who may read a package with a scope',
    provenance: 'a file with the sigstore bundle that says where the archive was built',
    dryRun: 'do all but the last step',
  },
  hub: {
    columns: { name: 'PACKAGE', version: 'VERSION', about: 'ABOUT', here: 'HERE', newest: 'NEWEST' },
    none: (where: string) => `no package with the keyword sluice-plugin was found in ${where}`,
    latest: 'Newest',
    versions: 'Versions',
    here: 'Kept here',
    license: 'Licence',
    homepage: 'Homepage',
    integrity: 'Integrity',
    provenance: 'Provenance',
    hasProvenance: 'stated; it is verified when it is installed',
    noPlugin: 'This version is no plugin: its package.json has no key sluice.',
    deprecated: (name: string, why: string) => `${name} is deprecated: ${why}`,
    fetched: (name: string, size: string, from: string) =>
      `${name} fetched from ${from} (${size}), its integrity holds`,
    fetchedUnchecked: (name: string, size: string, from: string) =>
      `${name} fetched from ${from} (${size}); the registry tells no integrity`,
    published: (name: string, where: string) => `${name} is published in ${where}`,
    wouldPublish: (name: string, where: string, size: string) => `${name} (${size}) would be published in ${where}`,
    current: 'everything that is kept here and that the hub has is at its newest version',
    unknown: (names: string) => `the hub does not have ${names}`,
  },
};

export type HubTexts = typeof hubTexts;
