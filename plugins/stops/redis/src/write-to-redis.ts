import { asTexts, columnNamed, defineStop, property, single, SluiceError } from '@sluice/plugin-sdk';
import { clientError } from './failures.js';
import { connection, CONNECT_MS, targetOf } from './properties.js';
import { openStore } from './store.js';

/** Characters that are under way at most. */
const MOST_UNDER_WAY = 4 << 20;

export const writeToRedis = defineStop({
  name: 'cn.piflow.bundle.redis.WriteToRedis',
  title: { en: 'Write to Redis', zh: '写入 Redis' },
  description: {
    en: 'Writes each row as a hash under the key in one of its columns, the other columns as fields, and gives the rows on. Redis has no undo: when the run fails, hashes that were written stay, and writing them again makes the same. Unlike PiFlow, NULL removes the field instead of an error, rows stream, and a server without a cluster is written as well.',
    zh: '把每一行写成一个哈希：键取自某一列，其余列为字段，并把行传给下游。Redis 不能回滚：运行失败时已写入的哈希会保留，重新写入结果相同。与 PiFlow 不同：NULL 会删除该字段而不是报错；以流方式写入；也可写入非集群服务器。',
  },
  groups: ['Redis'],
  ports: { in: single, out: single },
  properties: {
    ...connection,
    column_name: property.string({
      title: { en: 'Column_name', zh: '键列' },
      description: { en: 'The column that holds the keys.', zh: '存放键的列。' },
      required: true,
      example: 'id',
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  writes: true,
  async run({ properties, inputs, engine, signal, beforeCommit, log }) {
    const input = inputs.get();
    const key = columnNamed(input.columns, properties.column_name, 'column_name');
    const fields = input.columns.filter((column) => column !== key);
    if (fields.length === 0)
      throw new SluiceError('SCHEMA_MISMATCH', `there is no column besides the key '${key.name}'`);
    const target = targetOf(properties);
    const store = await openStore(target, { timeoutMs: CONNECT_MS, signal });
    let rows = 0;
    let sent: Promise<unknown>[] = [];
    let underWay = 0;
    const settle = async (): Promise<void> => {
      const results = await Promise.allSettled(sent);
      [sent, underWay] = [[], 0];
      const failed = results.find((each) => each.status === 'rejected');
      if (failed !== undefined) throw clientError(target, signal.aborted ? signal.reason : failed.reason, 'writing');
    };
    const send = (name: string, values: ReadonlyMap<string, string | null>): void => {
      const set = [...values].flatMap(([field, value]) => (value === null ? [] : [field, value]));
      const gone = [...values].flatMap(([field, value]) => (value === null ? [field] : []));
      if (set.length > 0) sent.push(store.send(name, ['HSET', name, ...set]));
      if (gone.length > 0) sent.push(store.send(name, ['HDEL', name, ...gone]));
      underWay += set.reduce((sum, each) => sum + each.length, 0);
    };
    try {
      for await (const { length, columns } of (await asTexts(engine, input, [key, ...fields])).batches()) {
        await beforeCommit();
        for (let r = 0; r < length; r++) {
          const name = columns[0]?.[r] as string | null;
          if (name === null) throw new SluiceError('DATA_INVALID', `row ${rows + 1} has no key: '${key.name}' is NULL`);
          send(name, new Map(fields.map(({ name: field }, f) => [field, columns[f + 1]?.[r] as string | null])));
          rows++;
          if (underWay > MOST_UNDER_WAY) await settle();
        }
        await settle();
      }
    } finally {
      await Promise.allSettled(sent);
      store.close();
    }
    log.info(`${rows} rows written to ${target.host}:${target.port}`);
    return input;
  },
});
