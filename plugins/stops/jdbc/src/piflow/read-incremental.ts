import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  defineStop,
  optionalSingle,
  property,
  single,
  SluiceError,
  unpacked,
  type Column,
  type PackedBatch,
  type PackedVector,
  type Reading,
  type Value,
  type Vector,
} from '@sluice/plugin-sdk';
import { readingOf } from '../stops/read-dataset.js';
import { dateText, timeText } from '../times.js';
import { connection, driver, sql } from './properties.js';
import { opener } from './readers.js';

export const readIncremental = defineStop({
  name: 'cn.piflow.bundle.jdbc.MysqlReadIncremental',
  aliases: ['cn.piflow.bundle.generic.jdbc.MysqlReadIncremental'],
  title: { en: 'Query MySQL incrementally', zh: '增量查询 MySQL' },
  description: {
    en: 'Gives the rows of a query in which #~# stands for the greatest value of a column that the last successful run of this stop saw. Unlike PiFlow, the value is kept only when the whole run succeeded, so that no row is lost.',
    zh: '执行一条查询；其中的 #~# 代表本组件上一次成功运行所见到的该列最大值。与 PiFlow 不同：只有整个运行成功后才保存该值，因此不会丢失行。',
  },
  groups: ['Jdbc'],
  ports: { in: optionalSingle, out: single },
  properties: {
    ...connection,
    driver,
    sql,
    incrementalField: property.string({
      title: { en: 'IncrementalField', zh: '增量列' },
      description: { en: 'The column of the result whose greatest value is kept.', zh: '保存其最大值的结果列。' },
      required: true,
      example: 'update_date',
    }),
    incrementalStart: property.string({
      title: { en: 'IncrementalStart', zh: '起始值' },
      description: { en: 'The value for the first run.', zh: '首次运行使用的值。' },
      required: true,
      example: '2020-04-07 23:59:59',
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  pure: false,
  run: async (context) => {
    const { incrementalField, incrementalStart, sql: text } = context.properties;
    const place = `/user/piflow/increment/${fileName(context.run.flow)}/${fileName(context.stop)}`;
    const path = await context.files.resolve(place, 'write');
    const last = (await readFile(path, 'utf8').catch(absent))?.split('\n')[0] ?? incrementalStart;
    const query = text.replaceAll('#~#', `'${last.replaceAll("'", "''")}'`);
    let greatest: Value = null;
    let column: Column | undefined;
    const watch = async function* (reading: Reading): AsyncGenerator<PackedBatch | readonly Value[]> {
      const index = reading.columns.findIndex(({ name }) => name.toLowerCase() === incrementalField.toLowerCase());
      column = reading.columns[index];
      if (column === undefined) {
        const names = reading.columns.map(({ name }) => name).join(', ');
        throw new SluiceError('COLUMN_UNKNOWN', `the query gives no column '${incrementalField}'; it gives ${names}`);
      }
      for await (const rows of reading.rows()) {
        const cells = 'columns' in rows ? (rows.columns[index] as Vector | PackedVector) : [rows[index] ?? null];
        for (const value of unpacked(cells)) if (isGreater(value, greatest, column.type)) greatest = value;
        yield rows;
      }
    };
    context.onSuccess(async () => {
      const value = greatest === null ? undefined : textOf(greatest, column?.type ?? '');
      if (value === undefined) return;
      await mkdir(dirname(path), { recursive: true });
      await writeFile(`${path}.part`, `${value}\n`);
      await rename(`${path}.part`, path);
    });
    const opened = await opener(context)();
    try {
      const reading = await readingOf(opened, { query }, {});
      return await context.engine.fromRows(reading.columns, watch(reading));
    } finally {
      await opened.close();
    }
  },
});

function isGreater(value: Value, than: Value, type: string): boolean {
  if (value === null) return false;
  if (than === null) return true;
  return type.startsWith('decimal') ? Number(value) > Number(than) : value > than;
}

function textOf(value: Value, type: string): string | undefined {
  if (type === 'date') return dateText(value as number);
  if (type.startsWith('timestamp')) return timeText(value as bigint);
  return String(value);
}

function fileName(name: string): string {
  return encodeURIComponent(name).replace(/^\.{1,2}$/, '_');
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
