import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { ROOT } from '../../../support/root.js';

/** One parameter of a function: the types that it takes, any of them. */
export interface Parameter {
  readonly name: string;
  readonly types: readonly string[];
  readonly optional: boolean;
  readonly variadic: boolean;
}

/** One function that the translator claims. */
export interface Claimed {
  readonly family: string;
  readonly kind: string;
  readonly names: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly result: string;
}

interface Row {
  readonly kind: string;
  readonly signature: string;
  readonly aliases: readonly string[];
}

/** The translator's own table, so that a function that it gains is tested without a word here. */
export async function claimedFunctions(): Promise<Claimed[]> {
  // The table is no part of the engine's interface; the built file is read by its path.
  const file = join(ROOT, 'plugins/engines/duckdb/dist/sql/functions/index.js');
  const { FAMILIES } = (await import(pathToFileURL(file).href)) as { FAMILIES: Record<string, Row[]> };
  return Object.entries(FAMILIES).flatMap(([family, rows]) => rows.map((row) => claimed(family, row)));
}

function claimed(family: string, { kind, signature, aliases }: Row): Claimed {
  const arrow = signature.lastIndexOf(' -> ');
  const open = signature.indexOf('(');
  const parameters = split(signature.slice(open + 1, signature.lastIndexOf(')', arrow)), ',').map((part): Parameter => {
    const [declared = '', preset] = part.split(/ = (.*)/s);
    const space = declared.indexOf(' ');
    const type = declared.slice(space + 1);
    const name = declared.slice(0, space);
    const variadic = type.endsWith('...');
    return {
      name: name.replace('?', ''),
      types: split(variadic ? type.slice(0, -3) : type, '|').map((t) => t.replace('!', '')),
      optional: name.endsWith('?') || preset !== undefined,
      variadic,
    };
  });
  return {
    family,
    kind,
    names: [signature.slice(0, open), ...aliases],
    parameters,
    result: signature.slice(arrow + 4),
  };
}

/** Splits at a separator that stands in no bracket and no quotes. */
function split(text: string, separator: string): string[] {
  const parts: string[] = [''];
  let depth = 0;
  let quoted = false;
  for (const c of text) {
    if (c === "'") quoted = !quoted;
    if ('<('.includes(c)) depth++;
    if ('>)'.includes(c)) depth--;
    if (c === separator && depth === 0 && !quoted) parts.push('');
    else parts[parts.length - 1] += c;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}
