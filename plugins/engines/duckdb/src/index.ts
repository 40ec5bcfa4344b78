import { definePlugin } from '@sluice/plugin-sdk';
import { duckdb } from './engine.js';

export { duckdb };
export default definePlugin({ engines: [duckdb] });
