import { SluiceError, type Dataset, type Engine, type StopContext } from '@sluice/plugin-sdk';

/** A dataset of one column of texts. */
export function textRows(engine: Engine, column: string, texts: readonly string[]): Promise<Dataset> {
  return engine.fromRows([{ name: column, type: 'string' }], rowsOf(texts));
}

async function* rowsOf(texts: readonly string[]): AsyncGenerator<readonly string[]> {
  for (const text of texts) yield [text];
}

/** The locations in the first column of the rows that come in; NULL and empty ones are left out. */
export async function incomingLocations({ inputs, signal }: Pick<StopContext, 'inputs' | 'signal'>): Promise<string[]> {
  const input = inputs.get();
  const [first] = input.columns;
  if (first?.type !== 'string') {
    const found = first === undefined ? 'there is none' : `'${first.name}' is ${first.type}`;
    throw new SluiceError('SCHEMA_MISMATCH', `the first column must hold paths as strings, but ${found}`);
  }
  const locations: string[] = [];
  for await (const { columns } of input.batches()) {
    signal.throwIfAborted();
    for (const value of columns[0] ?? [])
      if (typeof value === 'string' && value.trim() !== '') locations.push(value.trim());
  }
  return locations;
}
