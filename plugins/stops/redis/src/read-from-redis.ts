import { TextDecoder } from 'node:util';
import {
  asTexts,
  columnNamed,
  defineStop,
  property,
  single,
  SluiceError,
  type Dataset,
  type Value,
} from '@sluice/plugin-sdk';
import { clientError } from './failures.js';
import { connection, CONNECT_MS, targetOf } from './properties.js';
import { openStore, type Store, type Target } from './store.js';

const decoder = new TextDecoder('utf-8', { fatal: true });

export const readFromRedis = defineStop({
  name: 'cn.piflow.bundle.redis.ReadFromRedis',
  title: { en: 'Read from Redis', zh: '读取 Redis' },
  description: {
    en: 'Reads a hash for each row that comes in, by the key in one of its columns, and gives the key with the fields as columns of strings. Unlike PiFlow, the rows come out at all, a field or key that is not there is NULL, and a server without a cluster is read as well.',
    zh: '按上游每一行某列中的键读取一个哈希，输出键和各字段（字符串列）。与 PiFlow 不同：确实会输出数据；缺失的键或字段为 NULL；也可读取非集群服务器。',
  },
  groups: ['Redis'],
  ports: { in: single, out: single },
  properties: {
    ...connection,
    column_name: property.string({
      title: { en: 'Column_Name', zh: '键列' },
      description: { en: 'The column that holds the keys.', zh: '存放键的列。' },
      required: true,
      example: 'id',
    }),
    schema: property.list({
      title: { en: 'Schema', zh: '字段' },
      description: { en: 'The fields of the hashes that become columns.', zh: '成为列的哈希字段。' },
      required: true,
      example: ['name', 'gender'],
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  pure: false,
  async run({ properties, inputs, engine, signal }) {
    const { column_name, schema } = properties;
    const input = inputs.get();
    const key = columnNamed(input.columns, column_name, 'column_name');
    if (schema.length === 0) throw new SluiceError('PROPERTY_INVALID', "property 'schema' names no field");
    const target = targetOf(properties);
    const options = { timeoutMs: CONNECT_MS, signal };
    // A server that cannot be reached is told now, not when the first rows come.
    (await openStore(target, options)).close();
    const keys = await asTexts(engine, input, [key]);
    const columns = [column_name.trim(), ...schema].map((name) => ({ name, type: 'string' }));
    return engine.fromRows(
      columns,
      hashes(keys, schema, target, () => openStore(target, options)),
    );
  },
});

async function* hashes(
  keys: Dataset,
  fields: readonly string[],
  target: Target,
  open: () => Promise<Store>,
): AsyncGenerator<readonly Value[]> {
  const store = await open();
  const missing = fields.map(() => null);
  const readOne = async (key: string): Promise<readonly Value[]> => {
    const found = await store.send(key, ['HMGET', key, ...fields]).catch((error: unknown) => {
      throw clientError(target, error, `reading the fields of the key '${key}'`);
    });
    return [key, ...(found as readonly (Buffer | null)[]).map((each, i) => textOf(each, key, fields[i] ?? ''))];
  };
  try {
    for await (const batch of keys.batches()) {
      // Sent together: the server answers in one go, and a batch bounds what waits.
      const column = [...(batch.columns[0] ?? [])] as (string | null)[];
      yield* await Promise.all(column.map((key) => (key === null ? [null, ...missing] : readOne(key))));
    }
  } finally {
    store.close();
  }
}

function textOf(bytes: Buffer | null, key: string, field: string): Value {
  if (bytes === null) return null;
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw new SluiceError('DATA_INVALID', `the field '${field}' of the key '${key}' is no text in UTF-8`, {
      cause: error,
    });
  }
}
