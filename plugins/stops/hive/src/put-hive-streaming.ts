import {
  defineStop,
  isSluiceError,
  single,
  SluiceError,
  type Column,
  type Dataset,
  type Engine,
} from '@sluice/plugin-sdk';
import { database, ensureDatabase, quoteName, table } from './properties.js';

export const putHiveStreaming = defineStop({
  name: 'cn.piflow.bundle.hive.PutHiveStreaming',
  title: { en: 'Append to a table', zh: '追加到表' },
  description: {
    en: 'Appends rows to a table of the warehouse, columns by their places, all rows or none. Unlike PiFlow, the table is made where it is not there.',
    zh: '把行追加到数据仓库的表，列按位置对应，全部写入或全部不写。与 PiFlow 不同：表不存在时自动创建。',
  },
  groups: ['Hive'],
  ports: { in: single, out: single },
  properties: { database, table },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  writes: true,
  async run({ properties, inputs, engine, log }) {
    const name = `${properties.database}.${properties.table}`;
    const present = await columnsOf(engine, name);
    const input = inputs.get();
    const dataset = present === undefined ? input : await named(engine, input, present, name);
    await ensureDatabase(engine, properties.database);
    const { rows } = await engine.warehouse.write(dataset, name, { mode: 'append' });
    log.info(`appended ${rows} rows to the table ${name}`);
  },
});

async function columnsOf(engine: Engine, name: string): Promise<readonly Column[] | undefined> {
  try {
    return (await engine.warehouse.table(name)).columns;
  } catch (error) {
    if (isSluiceError(error) && error.reason === 'TABLE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** The same rows under the names of the table's columns, place by place. */
async function named(engine: Engine, input: Dataset, columns: readonly Column[], table: string): Promise<Dataset> {
  const had = input.columns.map((column) => column.name);
  if (had.length !== columns.length) {
    const wanted = columns.map((column) => column.name).join(', ');
    const message = `the table '${table}' has ${columns.length} columns (${wanted}), the rows have ${had.length} (${had.join(', ')})`;
    throw new SluiceError('SCHEMA_MISMATCH', message);
  }
  const list = had.map((name, index) => `${quoteName(name)} AS ${quoteName(columns[index]?.name ?? name)}`);
  return engine.sql(`SELECT ${list.join(', ')} FROM rows_to_append`, { rows_to_append: input });
}
