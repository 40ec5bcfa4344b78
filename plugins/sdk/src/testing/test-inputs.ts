import type { Dataset } from '../dataset.js';
import type { Inputs, StopDefinition } from '../define-stop.js';
import { SluiceError } from '../errors.js';

/** Datasets by in port, as a stop sees them. */
export function inputsOf(given: ReadonlyMap<string, Dataset>): Inputs {
  const find = (port?: string): Dataset | undefined => {
    if (port !== undefined) return given.get(port);
    return given.get('') ?? (given.size === 1 ? [...given.values()][0] : undefined);
  };
  return {
    ports: [...given.keys()],
    find,
    get(port) {
      const found = find(port);
      if (found !== undefined) return found;
      throw new SluiceError('INPUT_MISSING', `nothing comes in at the port ${describePort(port ?? '')}`);
    },
  };
}

/** The out ports that a stop declares itself. */
export function portsOf(stop: StopDefinition): readonly string[] {
  const { out } = stop.ports;
  if (out.kind === 'named') return out.names;
  return out.kind === 'single' || out.kind === 'routed' ? [''] : [];
}

/** A port's name for people. */
export function describePort(port: string): string {
  return port === '' ? 'default' : `'${port}'`;
}
