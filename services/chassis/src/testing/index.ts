export { unimplemented } from './unimplemented.js';
