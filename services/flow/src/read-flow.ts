import type { Problem } from '@sluice/plugin-sdk';
import type { Flow, Path, Stop } from '@sluice/proto/common/v1/flow';
import jsonc from 'jsonc-parser';

export interface ReadFlow {
  /** What could be read. */
  readonly flow: Flow;
  /** What could not. */
  readonly problems: readonly Problem[];
}

const MAX_CHARACTERS = 16 * 2 ** 20;
const MAX_DEPTH = 64;
const MAX_STOPS = 10_000;
/** Parts of a flow that are texts; PiFlow's clients write numbers among them. */
const TEXTS = [
  ...(['name', 'uuid', 'description', 'checkpointParentProcessId', 'runMode'] as const),
  ...(['driverMemory', 'executorNumber', 'executorMemory', 'executorCores'] as const),
] as const;

/**
 * Reads a flow from a document in PiFlow's or Sluice's JSON: its text, or the value that it stands for. It forgives
 * what PiFlow's users write (a flow with or without its wrapper, missing parts, numbers for texts); what it means is
 * for {@link checkFlow}. At most 16 Mi characters, 64 levels and 10,000 stops.
 */
export function readFlow(document: unknown): ReadFlow {
  const reader = new FlowReader();
  const value = typeof document === 'string' ? reader.parse(document) : document;
  return { flow: reader.flow(value), problems: reader.problems };
}

class FlowReader {
  readonly problems: Problem[] = [];

  parse(document: string): unknown {
    const text = document.replace(/^\uFEFF/, '');
    if (text.length > MAX_CHARACTERS) return this.#tooLarge(text.length, 'characters', MAX_CHARACTERS);
    if (isDeep(text, MAX_DEPTH)) {
      const message = `the flow is nested deeper than ${MAX_DEPTH} levels`;
      return void this.problems.push({ reason: 'FLOW_UNREADABLE', message });
    }
    try {
      return JSON.parse(text);
    } catch (error) {
      return void this.problems.push(locate(text, error as Error));
    }
  }

  flow(value: unknown): Flow {
    const document = asRecord(value);
    if (!document && this.problems.length === 0) this.#wrong('the document', 'an object with a flow');
    if (asRecord(document?.group) || (Array.isArray(document?.flows) && !document.stops)) {
      const message = 'this document is a group of flows; groups cannot be run yet: start its flows one by one';
      this.problems.push({ reason: 'NOT_IMPLEMENTED', message });
    }
    const from = asRecord(document?.flow) ?? document ?? {};
    const texts = TEXTS.map((key) => [key, this.#text(from[key], `the flow's ${key}`)]);
    const stops = this.#list(from.stops, 'stops');
    if (stops.length > MAX_STOPS) this.#tooLarge(stops.length, 'stops', MAX_STOPS);
    return {
      ...(Object.fromEntries(texts) as Record<(typeof TEXTS)[number], string>),
      stops: stops.slice(0, MAX_STOPS).flatMap((each, index) => this.#stop(each, `stops[${index}]`)),
      paths: this.#list(from.paths, 'paths').flatMap((each, index) => this.#path(each, `paths[${index}]`)),
      environmentVariable: this.#texts(from.environmentVariable, "the flow's environmentVariable"),
      // PiFlow writes names with commas; a list is understood too.
      checkpoint: this.#text([from.checkpoint].flat().join(','), "the flow's checkpoint"),
      labels: this.#texts(from.labels, "the flow's labels"),
    };
  }

  #stop(value: unknown, where: string): Stop[] {
    const from = asRecord(value);
    if (!from) return this.#wrong(where, 'an object');
    const name = this.#text(from.name, `${where}.name`);
    const place = name === '' ? where : `stop '${name}':`;
    const properties = asRecord(from.properties ?? {});
    if (!properties) this.#wrong(`${place} properties`, 'an object', name);
    return [
      {
        uuid: this.#text(from.uuid, `${place} uuid`),
        datasource: this.#text(from.datasource, `${place} datasource`),
        name,
        bundle: this.#text(from.bundle, `${place} bundle`),
        properties: properties ?? {},
        customizedProperties: this.#texts(from.customizedProperties, `${place} customizedProperties`, name),
      },
    ];
  }

  #path(value: unknown, where: string): Path[] {
    const from = asRecord(value);
    if (!from) return this.#wrong(where, 'an object');
    const text = (key: string): string => this.#text(from[key], `${where}.${key}`);
    return [{ from: text('from'), outport: text('outport'), inport: text('inport'), to: text('to') }];
  }

  #text(value: unknown, where: string): string {
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    if (value !== undefined && value !== null) this.#wrong(where, 'a text');
    return '';
  }

  #list(value: unknown, name: string): readonly unknown[] {
    if (Array.isArray(value)) return value;
    return value === undefined || value === null ? [] : this.#wrong(`the flow's ${name}`, 'a list');
  }

  #texts(value: unknown, where: string, stop?: string): Record<string, string> {
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return {};
    const entries = Object.entries(asRecord(value) ?? this.#wrong(where, 'an object', stop));
    const text = (each: unknown): string => (typeof each === 'string' ? each : JSON.stringify(each));
    return Object.fromEntries(entries.filter(([, each]) => each !== null).map(([key, each]) => [key, text(each)]));
  }

  #tooLarge(size: number, what: string, most: number): void {
    this.problems.push({
      reason: 'REQUEST_TOO_LARGE',
      message: `the flow has ${size} ${what}; at most ${most} are read`,
    });
  }

  #wrong(where: string, wanted: string, stop?: string): never[] {
    this.problems.push({ reason: 'FLOW_INVALID', message: `${where} must be ${wanted}`, stop });
    return [];
  }
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return value as Record<string, unknown>;
}

/** Whether brackets nest deeper than a limit; looked at before parsing, which may run out of stack. */
function isDeep(text: string, limit: number): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < text.length && depth <= limit; at++) {
    const letter = text[at];
    if (letter === '"') inText = !inText;
    else if (inText) at += letter === '\\' ? 1 : 0;
    else if (letter === '[' || letter === '{') depth++;
    else if (letter === ']' || letter === '}') depth--;
  }
  return depth > limit;
}

/** The problem of a text that is not JSON, with its place: JSON.parse does not always tell it. */
function locate(text: string, error: Error): Problem {
  const found: Problem[] = [];
  const onError: jsonc.JSONVisitor['onError'] = (code, _offset, _length, line, character) => {
    const name = jsonc.printParseErrorCode(code);
    const words = name.replace(/\B[A-Z]/g, ' $&').toLowerCase();
    const message = `the flow is not JSON: ${words} at line ${line + 1}, column ${character + 1}`;
    found.push({ reason: 'FLOW_UNREADABLE', message, line: line + 1, column: character + 1 });
  };
  jsonc.visit(text, { onError }, { disallowComments: true });
  return found[0] ?? { reason: 'FLOW_UNREADABLE', message: `the flow is not JSON: ${error.message}` };
}
