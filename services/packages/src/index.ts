/** Archives of packages, and packages unpacked by the digest of their archive. */
export { archiveKind, ARCHIVE_LIMITS, readZip, unpack, type ArchiveLimits, type ZipFile } from './archive.js';
export { chooseBundles, moduleFolders } from './bundles.js';
export { readJar, type Jar } from './jar.js';
export { PackageStore, SITE, type PackageSource } from './package-store.js';
