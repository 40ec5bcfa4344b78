import { cast } from './casts.js';
import { implicit, tightest, widest } from './coercion.js';
import { nameOf, type FunctionRow } from './functions/row.js';
import { constant } from './literals.js';
import { parseType } from './parse-type.js';
import type { Scope } from './scope.js';
import type { CallNode } from './tree.js';
import type { Typed } from './typed.js';
import { array, DOUBLE, INT, isInteger, isNumeric, map, STRING, VOID, type SparkType } from './types.js';

interface Parameter {
  readonly name: string;
  readonly types: readonly string[];
  readonly optional: boolean;
  readonly preset: string | undefined;
  readonly variadic: boolean;
}
interface Signature {
  readonly parameters: readonly Parameter[];
  readonly result: string;
}

const parsed = new WeakMap<FunctionRow, Signature>();

function signatureOf(row: FunctionRow): Signature {
  let signature = parsed.get(row);
  if (!signature) {
    signature = parseSignature(row.signature);
    parsed.set(row, signature);
  }
  return signature;
}

function parseSignature(text: string): Signature {
  const arrow = text.lastIndexOf(' -> ');
  const inner = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')', arrow));
  const parameters = splitTop(inner).map((part): Parameter => {
    const [declared = '', preset] = part.split(/ = (.*)/s);
    const space = declared.indexOf(' ');
    const name = declared.slice(0, space);
    const type = declared.slice(space + 1);
    const variadic = type.endsWith('...');
    return {
      name: name.replace('?', ''),
      types: splitTop(variadic ? type.slice(0, -3) : type, '|'),
      optional: name.endsWith('?'),
      preset,
      variadic,
    };
  });
  return { parameters, result: text.slice(arrow + 4) };
}

function splitTop(text: string, separator = ','): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  let quoted = false;
  for (let i = 0; i <= text.length; i++) {
    const c = text[i];
    if (c === "'") quoted = !quoted;
    if (quoted) continue;
    if (c === '<' || c === '(') depth++;
    else if (c === '>' || c === ')') depth--;
    else if (i === text.length || (depth === 0 && c === separator)) {
      const part = text.slice(start, i).trim();
      if (part !== '') parts.push(part);
      start = i + 1;
    }
  }
  return parts;
}

/** A signature as messages show it: `substring(str, pos, [len])`. */
export function shownSignature(row: FunctionRow): string {
  const parameters = signatureOf(row).parameters.map((p) => {
    const name = p.variadic ? `${p.name}, ...` : p.name;
    return p.optional || p.preset !== undefined ? `[${name}]` : name;
  });
  return `${nameOf(row)}(${parameters.join(', ')})`;
}

/** Arguments in the order of the signature, named ones put in their places; undefined for optional ones left out. */
function arrange<T>(
  scope: Scope,
  row: FunctionRow,
  node: CallNode,
  args: readonly T[],
  named: readonly T[],
): (T | undefined)[] {
  const { parameters } = signatureOf(row);
  const variadic = parameters.at(-1)?.variadic === true;
  const required = parameters.filter((p) => !p.optional && p.preset === undefined && !p.variadic).length;
  const count = args.length + named.length;
  if (count < required || (!variadic && count > parameters.length)) {
    const wanted = variadic
      ? `at least ${required}`
      : required === parameters.length
        ? `${required}`
        : `${required} to ${parameters.length}`;
    throw scope.fail(
      node.at,
      'SQL_ANALYSIS',
      `${shownSignature(row)} takes ${wanted} argument${wanted === '1' ? '' : 's'}, found ${count} (WRONG_NUM_ARGS)`,
      { signature: shownSignature(row) },
    );
  }
  const placed: (T | undefined)[] = [...args];
  node.named.forEach((argument, i) => {
    const index = parameters.findIndex((p) => p.name.toLowerCase() === argument.name.toLowerCase());
    if (index < 0 || placed[index] !== undefined) {
      const what = index < 0 ? 'has no argument' : 'is given twice the argument';
      throw scope.fail(argument.at, 'SQL_ANALYSIS', `${shownSignature(row)} ${what} '${argument.name}'`);
    }
    placed[index] = named[i];
  });
  return placed;
}

export interface Bound {
  readonly args: readonly Typed[];
  /** Whether each argument was given, rather than filled in. */
  readonly given: readonly boolean[];
  readonly type: SparkType;
}

/** The arguments in the types that the signature wants, and the type of the result. SQL_ANALYSIS shows the signature. */
export function bind(
  scope: Scope,
  row: FunctionRow,
  node: CallNode,
  args: readonly Typed[],
  named: readonly Typed[],
): Bound {
  const { parameters, result } = signatureOf(row);
  const placed = arrange(scope, row, node, args, named);
  const count = Math.max(placed.length, parameters.filter((p) => !p.variadic).length);
  const variables = new Map<string, SparkType[]>();
  const slots = Array.from({ length: count }, (_, i) => {
    const parameter = parameters[Math.min(i, parameters.length - 1)] as Parameter;
    const value = placed[i] ?? presetOf(parameter, node.at);
    return { parameter, value };
  });
  for (const { parameter, value } of slots) collect(parameter.types, value.type, variables);
  const known = new Map<string, SparkType>();
  for (const [name, types] of variables) {
    const type = (name === ELEMENT ? tightestOf(types) : undefined) ?? widest(scope, types);
    if (!type) throw mismatch(scope, row, node, args);
    known.set(name, type);
  }
  const cast = slots.map(({ parameter, value }) => {
    const converted = convert(scope, value, parameter.types, known);
    if (!converted) throw mismatch(scope, row, node, args, value, parameter);
    return converted;
  });
  const type = row.result?.(cast, scope) ?? resultType(result, cast, known);
  return { args: cast, given: slots.map((_, i) => placed[i] !== undefined), type };
}

function mismatch(
  scope: Scope,
  row: FunctionRow,
  node: CallNode,
  args: readonly Typed[],
  value?: Typed,
  parameter?: Parameter,
): Error {
  const types = args.map((arg) => describe(arg.type)).join(', ');
  const detail =
    value && parameter
      ? `'${parameter.name}' wants ${parameter.types.join(' or ')}, found ${describe(value.type)}`
      : `found (${types})`;
  return scope.fail(
    value?.at ?? node.at,
    'SQL_ANALYSIS',
    `${shownSignature(row)}: ${detail} (DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE)`,
    {
      signature: shownSignature(row),
    },
  );
}

const describe = (type: SparkType): string => type.kind;

function presetOf(parameter: Parameter, at: number): Typed {
  const preset = parameter.preset;
  if (preset === undefined || preset === 'null') return constant(VOID, null, at);
  if (/^-?\d+$/.test(preset)) return constant(INT, preset, at);
  if (preset === 'true' || preset === 'false') return constant({ kind: 'boolean' }, preset === 'true', at);
  return constant(STRING, preset.slice(1, -1), at);
}

const VARIABLE = /^[A-Z]$/;
/** The variable of functions that put elements beside those of an array: ANSI mode widens their types no further. */
const ELEMENT = 'E';

const tightestOf = (types: readonly SparkType[]): SparkType | undefined =>
  types.reduce<SparkType | undefined>((a, b) => a && tightest(a, b), VOID);

function collect(types: readonly string[], type: SparkType, variables: Map<string, SparkType[]>): void {
  const add = (name: string, found: SparkType): void => {
    if (VARIABLE.test(name)) variables.set(name, [...(variables.get(name) ?? []), found]);
  };
  for (const wanted of types) {
    add(wanted, type);
    const list = /^array<(.*)>$/.exec(wanted);
    if (list) add(list[1] ?? '', type.kind === 'array' ? type.element : VOID);
    const entries = /^map<([^,]*),(.*)>$/.exec(wanted);
    if (entries) {
      add(entries[1] ?? '', type.kind === 'map' ? type.key : VOID);
      add((entries[2] ?? '').trim(), type.kind === 'map' ? type.value : VOID);
    }
  }
}

function convert(
  scope: Scope,
  value: Typed,
  types: readonly string[],
  known: ReadonlyMap<string, SparkType>,
): Typed | undefined {
  // The type that it has already comes first, whatever the order of the alternatives.
  const exact = types.find((wanted) => matches(wanted, value.type, known));
  if (exact !== undefined) return value;
  for (const wanted of types) {
    const converted = convertTo(scope, value, wanted, known);
    if (converted) return converted;
  }
  return undefined;
}

function matches(wanted: string, type: SparkType, known: ReadonlyMap<string, SparkType>): boolean {
  // `date!` takes dates alone, without the casts that Spark makes by itself elsewhere.
  if (wanted.endsWith('!')) return type.kind === wanted.slice(0, -1);
  switch (wanted) {
    case 'any':
      return true;
    case 'numeric':
      return isNumeric(type);
    case 'integral':
      return isInteger(type);
    case 'array':
    case 'map':
    case 'struct':
    case 'decimal':
    case 'day-time':
    case 'year-month':
    case 'interval':
      return type.kind === wanted;
    default:
      return /^[a-z_]+$/.test(wanted) && !known.has(wanted) && type.kind === wanted;
  }
}

function convertTo(
  scope: Scope,
  value: Typed,
  wanted: string,
  known: ReadonlyMap<string, SparkType>,
): Typed | undefined {
  switch (wanted) {
    case 'any':
      return value;
    case 'numeric':
      return isNumeric(value.type) ? value : implicit(scope, value, DOUBLE);
    case 'integral':
      return value.type.kind === 'void' ? implicit(scope, value, INT) : undefined;
    case 'array':
      return value.type.kind === 'void' ? implicit(scope, value, array(VOID)) : undefined;
    case 'map':
    case 'struct':
    case 'decimal':
    case 'day-time':
    case 'year-month':
      return undefined;
    default:
      break;
  }
  if (wanted.endsWith('!'))
    return value.type.kind === 'void' ? implicit(scope, value, parseType(wanted.slice(0, -1))) : undefined;
  const type = typeOf(wanted, known);
  // A variable's type is the widest of its arguments, so that the cast to it always exists.
  if (VARIABLE.test(wanted) || wanted.includes('<')) {
    const sameShape = value.type.kind === 'void' || value.type.kind === type.kind || VARIABLE.test(wanted);
    return sameShape ? cast(scope, value, type) : undefined;
  }
  return implicit(scope, value, type);
}

function typeOf(wanted: string, known: ReadonlyMap<string, SparkType>): SparkType {
  const variable = known.get(wanted);
  if (variable) return variable;
  const list = /^array<(.*)>$/.exec(wanted);
  if (list) return array(typeOf(list[1] ?? '', known));
  const entries = /^map<([^,]*),(.*)>$/.exec(wanted);
  if (entries) return map(typeOf(entries[1] ?? '', known), typeOf((entries[2] ?? '').trim(), known));
  return parseType(wanted);
}

function resultType(text: string, args: readonly Typed[], known: ReadonlyMap<string, SparkType>): SparkType {
  if (text === 'any') return VOID;
  const position = /^\$(\d)$/.exec(text);
  if (position) return args[Number(position[1]) - 1]?.type ?? VOID;
  return typeOf(text, known);
}
