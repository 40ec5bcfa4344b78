import { SluiceError, type Dataset, type Inputs } from '@sluice/plugin-sdk';

/** The inputs of a stop as its code sees them. */
export function stopInputs(stop: string, datasets: ReadonlyMap<string, Dataset>): Inputs {
  const find = (port?: string): Dataset | undefined => {
    if (port !== undefined) return datasets.get(port);
    return datasets.get('') ?? (datasets.size === 1 ? [...datasets.values()][0] : undefined);
  };
  return {
    find,
    get(port) {
      const dataset = find(port);
      if (dataset !== undefined) return dataset;
      const which = port === undefined || port === '' ? 'its input' : `in port '${port}'`;
      const message = `stop '${stop}' got no rows at ${which}; draw a path to it from a stop that gives rows`;
      throw new SluiceError('INPUT_MISSING', message, { details: { stop, port: port ?? '' } });
    },
    ports: [...datasets.keys()],
  };
}
