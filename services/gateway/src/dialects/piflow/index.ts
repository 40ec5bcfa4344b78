import type { Dialect } from '../../dialect.js';
import { UNKNOWN_RESOURCE, toFailure } from './piflow.errors.js';
import { routes } from './piflow.routes.js';

/** PiFlow's REST API, as its server 1.5 to 1.9.5 and its manual describe it. */
export const piflow: Dialect = { name: 'piflow', routes, failed: toFailure, unknown: UNKNOWN_RESOURCE };
