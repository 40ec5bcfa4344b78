import { didYouMean, readProperties, SluiceError, type Connection, type Files } from '@sluice/plugin-sdk';
import { loadPlugin } from '@sluice/kernel';
import { loadModule } from '@sluice/packages/child';
import type { Plan } from './protocol.js';

/** How long a stop waits for a connection. */
const CONNECT_MS = 30_000;

/** Opens a connection to a datasource of a plan, by the code of its type. */
export async function connectDatasource(
  plan: Plan,
  name: string,
  signal: AbortSignal,
  files: Files,
): Promise<Connection> {
  const datasource = plan.datasources[name.toLowerCase()];
  if (datasource === undefined) {
    const message = `there is no datasource '${name}'${didYouMean(name, Object.keys(plan.datasources))}`;
    throw new SluiceError('DATASOURCE_NOT_FOUND', message, { details: { datasource: name } });
  }
  const plugin = await loadPlugin(datasource.entry);
  const definition = plugin.datasources?.find((each) => each.name === datasource.type);
  if (definition === undefined) {
    throw new SluiceError('PLUGIN_INVALID', `'${datasource.entry}' has no type of datasource '${datasource.type}'`);
  }
  const { values, problems } = readProperties(definition.properties, datasource.values, 'ignore');
  if (problems.length > 0) {
    const message = `the datasource '${name}' cannot be used: ${problems.map((each) => each.message).join('; ')}`;
    throw new SluiceError('PROPERTY_INVALID', message, { problems });
  }
  const bundle = (wanted: string): Promise<unknown> => loadModule(datasource.modules, wanted);
  return definition.connect(values, { timeoutMs: CONNECT_MS, signal, files, bundle });
}
