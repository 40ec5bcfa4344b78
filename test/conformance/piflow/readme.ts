import { readFileSync } from 'node:fs';

/** A route as the README of the dialect says it is. */
export interface DocumentedRoute {
  readonly method: string;
  readonly path: string;
  /** `supported`, `partly` or `not`. */
  readonly state: string;
}

/** The route table of the dialect's README. */
export function routesOfReadme(): DocumentedRoute[] {
  const url = new URL('../../../services/gateway/src/dialects/piflow/README.md', import.meta.url);
  const rows = readFileSync(url, 'utf8').matchAll(/^\| `(GET|POST) (\S+)` +\| (supported|partly|not) +\|/gm);
  return [...rows].map(([, method = '', path = '', state = '']) => ({ method, path, state }));
}
