import { asTexts, columnNamed, defineStop, property, single, SluiceError } from '@sluice/plugin-sdk';
import { bytesOf } from './entries.js';
import { connection, keyFile, targetOf, timing } from './properties.js';
import { openStore } from './store.js';

/** Bytes that are under way at most. */
const MOST_UNDER_WAY = 4 << 20;

export const putMemcache = defineStop({
  name: 'cn.piflow.bundle.memcached.PutMemcache',
  title: { en: 'Put into memcached', zh: '写入 memcached' },
  description: {
    en: 'Writes each row as a JSON object under the key in one of its columns, the other columns as fields with texts, and gives the rows on. memcached has no undo: when the run fails, what was written stays, and writing it again makes the same; the server may forget any of it when it needs room. Unlike PiFlow, other programs can read what is written, values may hold commas, the last one keeps its last character, and NULL is left out.',
    zh: '把每一行写成一个 JSON 对象：键取自某一列，其余列为文本字段，并把行传给下游。memcached 不能回滚：运行失败时已写入的内容会保留，重新写入结果相同；服务器内存不足时可能丢弃任何内容。与 PiFlow 不同：其他程序也能读取；值中可以有逗号，末尾字符不会丢失；NULL 不写入。',
  },
  groups: ['Memcached'],
  ports: { in: single, out: single },
  properties: {
    ...connection,
    keyFile,
    expires: property.integer({
      title: { en: 'Expires', zh: '有效期' },
      description: {
        en: 'Seconds until the server forgets it; default 0: never.',
        zh: '过期秒数；默认 0 表示不过期。',
      },
      default: 0,
      min: 0,
      example: 3600,
    }),
    ...timing,
  },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  writes: true,
  async run({ properties, inputs, engine, signal, beforeCommit, log }) {
    const input = inputs.get();
    const key = columnNamed(input.columns, properties.keyFile, 'keyFile');
    const fields = input.columns.filter((column) => column !== key);
    const store = await openStore(targetOf(properties), { timeoutMs: properties.socketConnectTO, signal });
    let rows = 0;
    let sent: Promise<void>[] = [];
    let underWay = 0;
    const settle = async (): Promise<void> => {
      const results = await Promise.allSettled(sent);
      [sent, underWay] = [[], 0];
      const failed = results.find((each) => each.status === 'rejected');
      if (failed !== undefined) throw signal.aborted ? signal.reason : failed.reason;
    };
    try {
      for await (const { length, columns } of (await asTexts(engine, input, [key, ...fields])).batches()) {
        await beforeCommit();
        for (let r = 0; r < length; r++) {
          const name = columns[0]?.[r] as string | null;
          if (name === null) throw new SluiceError('DATA_INVALID', `row ${rows + 1} has no key: '${key.name}' is NULL`);
          const bytes = bytesOf(fields.map(({ name: field }, f) => [field, columns[f + 1]?.[r] as string | null]));
          sent.push(store.of(name).set(name, bytes, properties.expires));
          rows++;
          if ((underWay += bytes.length) > MOST_UNDER_WAY) await settle();
        }
        await settle();
      }
    } finally {
      await Promise.allSettled(sent);
      store.close();
    }
    log.info(`${rows} rows written to ${properties.servers.join(', ')}`);
    return input;
  },
});
