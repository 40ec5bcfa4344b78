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
import { readEntry } from './entries.js';
import { connection, keyFile, targetOf, timing } from './properties.js';
import { openStore, type Store } from './store.js';

export const getMemcache = defineStop({
  name: 'cn.piflow.bundle.memcached.GetMemcache',
  title: { en: 'Get from memcached', zh: '读取 memcached' },
  description: {
    en: "Reads the JSON object of each row's key, and gives the key with the fields as columns of strings. Unlike PiFlow, a key or field that is not there is NULL, rows stream, and what other programs wrote as JSON is read as well.",
    zh: '读取每一行的键所对应的 JSON 对象，输出键和各字段（字符串列）。与 PiFlow 不同：缺失的键或字段为 NULL；以流方式读取；也可读取其他程序写入的 JSON。',
  },
  groups: ['Memcached'],
  ports: { in: single, out: single },
  properties: {
    ...connection,
    keyFile,
    schame: property.list({
      title: { en: 'schame', zh: '字段' },
      description: { en: 'The fields that become columns.', zh: '成为列的字段。' },
      aliases: ['schema'],
      required: true,
      example: ['name', 'age'],
    }),
    ...timing,
  },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  pure: false,
  async run({ properties, inputs, engine, signal }) {
    const { keyFile, schame } = properties;
    const input = inputs.get();
    const key = columnNamed(input.columns, keyFile, 'keyFile');
    if (schame.length === 0) throw new SluiceError('PROPERTY_INVALID', "property 'schame' names no field");
    const open = (): Promise<Store> =>
      openStore(targetOf(properties), { timeoutMs: properties.socketConnectTO, signal });
    // A server that cannot be reached is told now, not when the first rows come.
    (await open()).close();
    const columns = [keyFile.trim(), ...schame].map((name) => ({ name, type: 'string' }));
    return engine.fromRows(columns, rowsOf(await asTexts(engine, input, [key]), schame, open));
  },
});

async function* rowsOf(
  keys: Dataset,
  fields: readonly string[],
  open: () => Promise<Store>,
): AsyncGenerator<readonly Value[]> {
  const store = await open();
  const readOne = async (key: string | null): Promise<readonly Value[]> => {
    const entry = key === null ? undefined : await readEntry(store, key);
    return [key, ...fields.map((field) => entry?.get(field) ?? null)];
  };
  try {
    for await (const { columns } of keys.batches()) {
      yield* await Promise.all(([...(columns[0] ?? [])] as (string | null)[]).map(readOne));
    }
  } finally {
    store.close();
  }
}
