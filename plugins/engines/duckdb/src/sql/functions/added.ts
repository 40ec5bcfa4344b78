import { sparkType } from '../duckdb-types.js';
import { scalar, type Call, type FunctionRow } from './row.js';

/** A function of one row that the engine has and Spark has not. */
export interface EngineFunction {
  readonly name: string;
  /** Types in DuckDB's words. */
  readonly result: string;
  readonly parameters: readonly string[];
}

const added = new Map<string, FunctionRow>();

/** The row of a function that an extension has brought. */
export const findAdded = (name: string): FunctionRow | undefined => added.get(name.toLowerCase());

/** Lets SQL call functions of extensions. A type that Spark has not goes in and out as its text. */
export function addFunctions(functions: readonly EngineFunction[]): void {
  const byName = new Map<string, EngineFunction[]>();
  for (const each of functions) byName.set(each.name, [...(byName.get(each.name) ?? []), each]);
  for (const [name, forms] of byName) added.set(name.toLowerCase(), rowOf(name, forms));
}

function rowOf(name: string, forms: readonly EngineFunction[]): FunctionRow {
  const counts = forms.map(({ parameters }) => parameters.length);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const parameters = Array.from({ length: most }, (_, i) => `a${i}${i < least ? '' : '?'} any`);
  const result = forms[0]?.result ?? 'VARCHAR';
  const form = (call: Call): string => {
    const given = call.node.args.length;
    const types = (forms.find((each) => each.parameters.length === given) ?? forms[0])?.parameters ?? [];
    const args = Array.from({ length: given }, (_, i) => argument(call.sql(i), types[i] ?? ''));
    const text = `${name}(${args.join(', ')})`;
    return isForeign(result) ? `CAST(${text} AS VARCHAR)` : text;
  };
  return scalar(`${name}(${parameters.join(', ')}) -> ${sparkType(result)}`, form);
}

function argument(text: string, type: string): string {
  return isForeign(type) ? `CAST(${text} AS ${type})` : text;
}

/** Whether Spark has no type for a type of DuckDB, so that a text stands for it. */
function isForeign(type: string): boolean {
  return type !== '' && !/^(VARCHAR|ANY|T|JSON)$|\[\]$|^(MAP|STRUCT|LIST)/.test(type) && sparkType(type) === 'string';
}
