/** A plugin package as its package.json declares it; nothing of it has run. */
export interface PluginPackage {
  /** The npm package name. */
  readonly name: string;
  /** The npm package version. */
  readonly version: string;
  /** SHA-256 of the package's contents in hexadecimal: equal on every node that has the same files. */
  readonly digest: string;
  /** The package's folder, absolute. */
  readonly folder: string;
  /** The module whose default export is the plugin, absolute. */
  readonly entry: string;
  readonly kind: 'stops' | 'engines';
}
