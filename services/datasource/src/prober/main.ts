/** The prober: a child process that connects to one datasource, once. It takes a request and gives an answer. */
import { createFiles } from '@sluice/flow/files';
import { loadPlugin, processChannel } from '@sluice/kernel';
import { barNativeCode, guardNetwork, loadModule } from '@sluice/packages/child';
import { readProperties, SluiceError, toSluiceError, type Connection } from '@sluice/plugin-sdk';
import { jsonRows } from './json-values.js';
import type { ProbeAnswer, ProbeRequest } from './protocol.js';

const channel = processChannel();
channel.onMessage((message) => void probe(message as ProbeRequest).then(channel.send));

async function probe(request: ProbeRequest): Promise<ProbeAnswer> {
  let connection: Connection | undefined;
  try {
    if (request.bound?.native === false) barNativeCode();
    // What it is refused, the error of its connection says.
    if (request.bound?.hosts !== undefined) guardNetwork(request.bound.hosts, () => undefined);
    const plugin = await loadPlugin(request.entry);
    const type = plugin.datasources?.find(({ name }) => name === request.type);
    if (type === undefined) throw new SluiceError('PLUGIN_INVALID', `the plugin has no type '${request.type}'`);
    const { values, problems } = readProperties(type.properties, request.values, 'ignore');
    if (problems.length > 0)
      throw new SluiceError('PROPERTY_INVALID', problems.map(({ message }) => message).join('; '));
    const began = performance.now();
    const files = await createFiles(request.files);
    const bundle = (name: string): Promise<unknown> => loadModule(request.modules, name);
    connection = await type.connect(values, { timeoutMs: request.timeoutMs, signal: channel.signal, files, bundle });
    const latencyMs = performance.now() - began;
    return { latencyMs, ...(await work(connection, request)) };
  } catch (error) {
    const { reason, message, details } = toSluiceError(error);
    return { error: { reason, message, details } };
  } finally {
    await connection?.close();
  }
}

async function work(connection: Connection, { work: wanted }: ProbeRequest): Promise<ProbeAnswer> {
  if (wanted.kind === 'test') return connection.about();
  if (wanted.kind === 'browse') return { entries: await connection.browse(wanted.path, wanted.limit) };
  if (connection.read === undefined) {
    throw new SluiceError('NOT_IMPLEMENTED', 'this type of datasource has no tables; browse it instead');
  }
  const reading = await connection.read({ table: wanted.table }, { limit: wanted.limit });
  const rows: unknown[][] = [];
  for await (const item of reading.rows()) rows.push(...jsonRows(reading.columns, item));
  return { columns: reading.columns, rows };
}
