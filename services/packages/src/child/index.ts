/** What a child process that runs code of packages is bound by, and how such code finds what it needs. */
export { guardNetwork } from './network-guard.js';
export { barNativeCode } from './native-guard.js';
export { loadModule } from './load-module.js';
