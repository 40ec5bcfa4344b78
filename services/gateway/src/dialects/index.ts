import type { Dialect } from '../dialect.js';
import { piflow } from './piflow/index.js';

/** The dialects that are served, in the order in which they are asked for unknown paths. */
export const DIALECTS: readonly Dialect[] = [piflow];
