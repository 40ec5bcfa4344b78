/** What a process needs that has the catalog's packages run in child processes. */
export { CatalogGenerations, type PackageCatalog } from './catalog-generations.js';
export { grantedEnvironment, packageSandbox, singleHosts, uniteCapabilities, withReal } from './package-sandbox.js';
