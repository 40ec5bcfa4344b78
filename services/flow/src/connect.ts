import { didYouMean, type PortShape, type Problem } from '@sluice/plugin-sdk';
import type { Path, Stop } from '@sluice/proto/common/v1/flow';
import type { MountedStop } from '@sluice/kernel';

/** An in port with the out port that feeds it. */
export interface CheckedInput {
  /** The name that the stop type gives the port. */
  readonly port: string;
  readonly from: { readonly stop: string; readonly port: string };
}

/** An out port that paths lead from. */
export interface CheckedOutport {
  readonly port: string;
  /** The number of in ports that it feeds. */
  readonly consumers: number;
}

/** A stop with its type, if that is mounted, and what its paths connect. */
export interface Node {
  readonly stop: Stop;
  readonly type: MountedStop | undefined;
  readonly inputs: CheckedInput[];
  readonly outports: CheckedOutport[];
}

interface Edge {
  readonly path: Path;
  /** The out port under the name that the stop type gives it. */
  readonly outport: string;
}

/** What is wrong with a name: logs and stored rows lie in folders of that name. */
export function nameFault(name: string): string | undefined {
  if (name.length <= 200 && !/[\p{Cc}/\\]|^\.{1,2}$/u.test(name)) return undefined;
  return "a name must not have '/', '\\' or control characters, be '.' or '..', or be longer than 200";
}

/** "; did you mean ...?" for the first problems of a flow: looking for near names takes time. */
export function hint(name: string, known: readonly string[], problems: readonly Problem[]): string {
  return problems.length < 20 && known.length <= 1000 ? didYouMean(name.slice(0, 200), known) : '';
}

/** Connects stops by paths, in place, and gives what is wrong with the paths. */
export function connect(nodes: ReadonlyMap<string, Node>, paths: readonly Path[]): Problem[] {
  const problems: Problem[] = [];
  const names = [...nodes.keys()];
  const incoming = new Map<Node, Edge[]>([...nodes.values()].map((node) => [node, []]));
  for (const path of paths) {
    const from = nodes.get(path.from);
    const to = nodes.get(path.to);
    for (const name of [path.from, path.to].filter((each) => !nodes.has(each))) {
      const message = `the path ${describePath(path)}: there is no stop '${name}'${hint(name, names, problems)}`;
      problems.push({ reason: 'PATH_STOP_UNKNOWN', message, stop: name });
    }
    for (const port of [path.outport, path.inport]) {
      const fault = nameFault(port);
      if (fault) problems.push({ reason: 'PORT_UNKNOWN', message: `the path ${describePath(path)}: ${fault}`, port });
    }
    const outport = (from && resolveOutport(from, path, problems)) ?? path.outport;
    // A path with a fault still ends where it ends: nobody should read that rows are missing there, too.
    if (to) incoming.get(to)?.push({ path, outport });
    if (from && to) countConsumer(from.outports, outport);
  }
  for (const [node, edges] of incoming) resolveInports(node, edges, problems);
  return problems;
}

function countConsumer(outports: CheckedOutport[], port: string): void {
  const at = outports.findIndex((each) => each.port === port);
  outports[at < 0 ? outports.length : at] = { port, consumers: (outports[at]?.consumers ?? 0) + 1 };
}

function resolveOutport({ stop, type }: Node, path: Path, problems: Problem[]): string | undefined {
  const shape = type?.manifest.ports.out;
  if (!shape) return path.outport; // the stop itself is a problem already
  const known = portNames(shape, Object.keys(stop.customizedProperties));
  if (known === undefined) return path.outport;
  const port = findPort(known, path.outport);
  if (port === undefined) problems.push(unknownPort(stop.name, 'out', path.outport, known));
  return port;
}

/**
 * PiFlow joins any in port name to whatever port is left, and its users' flows rely on that: a path into a stop's only
 * port may have any name, and names that a stop does not know take its free ports in the order of the paths.
 */
function resolveInports({ stop, type, inputs }: Node, edges: readonly Edge[], problems: Problem[]): void {
  const shape = type?.manifest.ports.in;
  const taken = new Map<string, Path>();
  const take = (port: string, { path, outport }: Edge): void => {
    const before = taken.get(port);
    if (before) {
      const message =
        `the in port${port === '' ? '' : ` '${port}'`} of stop '${stop.name}' is fed by ${describePath(before)} and by ${describePath(path)}; ` +
        (shape?.kind === 'any' ? 'give each path a port of its own' : 'one port takes one path: put a Merge before it');
      return void problems.push({ reason: 'PORT_TAKEN', message, stop: stop.name, port });
    }
    taken.set(port, path);
    inputs.push({ port, from: { stop: path.from, port: outport } });
  };

  const known = shape && portNames(shape, []);
  if (shape === undefined || known === undefined) {
    for (const edge of edges) take(edge.path.inport, edge);
    return;
  }
  const only = known.length === 1 ? known[0] : undefined;
  const resolved = edges.map(({ path }) => findPort(known, path.inport) ?? only);
  const free = known.filter((port) => !resolved.includes(port));
  const strangers = new Map<string, string>();
  let guessed = false;
  edges.forEach((edge, index) => {
    const { inport } = edge.path;
    const port = resolved[index] ?? strangers.get(inport) ?? (inport === '' ? undefined : free.shift());
    if (port === undefined) {
      guessed = true; // whoever reads that a port is unknown reads the known ones there
      return void problems.push(unknownPort(stop.name, 'in', inport, known));
    }
    if (resolved[index] === undefined) strangers.set(inport, port);
    take(port, edge);
  });
  if (guessed || ('optional' in shape && shape.optional === true)) return;
  for (const port of known.filter((each) => !taken.has(each))) {
    const which = port === '' ? '' : ` '${port}'`;
    const message = `stop '${stop.name}' gets no rows at its in port${which}; draw a path to it`;
    problems.push({ reason: 'PORT_MISSING', message, stop: stop.name, port });
  }
}

/** The ports of a side; undefined when the flow names them. */
function portNames(shape: PortShape, customized: readonly string[]): readonly string[] | undefined {
  if (shape.kind === 'named') return shape.names;
  return { none: [], single: [''], routed: ['', ...customized], any: undefined }[shape.kind];
}

/** PiFlow writes the default port as the empty text, and as `default` in its paths of files. */
function findPort(known: readonly string[], name: string): string | undefined {
  const word = name.trim().toLowerCase();
  return (
    known.find((port) => port === name) ??
    known.find((port) => port.toLowerCase() === word || (port === '' && word === 'default')) ??
    (word === '' && known.length === 1 ? known[0] : undefined)
  );
}

function unknownPort(stop: string, side: 'in' | 'out', port: string, known: readonly string[]): Problem {
  const shown = known.map((each) => (each === '' ? 'the default port' : `'${each}'`)).join(', ');
  const which = port === '' ? `default ${side} port` : `${side} port '${port}'`;
  const why = known.length === 0 ? `${side} ports; remove the path` : `${which} to connect; it has ${shown}`;
  return { reason: 'PORT_UNKNOWN', message: `stop '${stop}' has no ${why}`, stop, port };
}

function describePath({ from, outport, to, inport }: Path): string {
  const port = (stop: string, name: string): string => (name === '' ? `'${stop}'` : `'${stop}' (port '${name}')`);
  return `${port(from, outport)} -> ${port(to, inport)}`;
}
