import type { FunctionRow } from './row.js';

export const ROWS: readonly FunctionRow[] = [];
