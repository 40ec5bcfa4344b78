import { defineStop, none, property, single, SluiceError } from '@sluice/plugin-sdk';
import { datasource, table } from './properties.js';
import { readDataset, readRanges } from './read-dataset.js';

export const tableRead = defineStop({
  name: 'sluice.table.read',
  title: { en: 'Read a table', zh: '读取表' },
  description: {
    en: 'Gives the rows of a table of a datasource. They stream: the memory that this takes does not grow with the table. What has no exact counterpart among the types is named.',
    zh: '输出数据源中一张表的行。以流方式读取，内存占用不随表的大小增长；没有对应类型的列会被指出。',
  },
  groups: ['Database'],
  ports: { in: none, out: single },
  properties: {
    datasource,
    table,
    columns: property.list({
      title: { en: 'Columns', zh: '列' },
      description: {
        en: 'Only these columns, in this order; default all.',
        zh: '只读取这些列（按此顺序）；默认全部。',
      },
      example: ['id', 'amount'],
    }),
    where: property.string({
      title: { en: 'Condition', zh: '条件' },
      description: {
        en: 'Only rows for which this condition holds, in the database’s own SQL.',
        zh: '只读取满足此条件的行，用该数据库自己的 SQL 书写。',
      },
      example: "country = 'CN'",
    }),
    limit: property.integer({
      title: { en: 'Limit', zh: '行数上限' },
      description: { en: 'At most so many rows; default all.', zh: '最多读取的行数；默认全部。' },
      min: 0,
      example: 1000,
    }),
    partitionColumn: property.string({
      title: { en: 'Partition column', zh: '分区列' },
      description: {
        en: 'A number column by whose ranges several sessions read at once; the order of rows is then none.',
        zh: '按此数值列的区间由多个会话并行读取；此时行的顺序不确定。',
      },
      example: 'id',
    }),
    partitions: property.integer({
      title: { en: 'Partitions', zh: '分区数' },
      description: { en: 'How many ranges.', zh: '区间数量。' },
      min: 1,
      max: 64,
      default: 4,
    }),
    lowerBound: property.number({
      title: { en: 'Lower bound', zh: '下界' },
      description: { en: 'Where the ranges begin; no row is left out for it.', zh: '区间的起点；不会因此漏掉行。' },
      example: 1,
    }),
    upperBound: property.number({
      title: { en: 'Upper bound', zh: '上界' },
      description: { en: 'Where the ranges end; no row is left out for it.', zh: '区间的终点；不会因此漏掉行。' },
      example: 1_000_000,
    }),
  },
  engines: ['duckdb'],
  pure: false,
  run({ properties, engine, connect, log }) {
    const { columns, where, limit, partitionColumn, partitions, lowerBound, upperBound } = properties;
    const open = () => connect(properties.datasource);
    const source = { table: properties.table };
    if (partitionColumn === undefined) return readDataset(engine, open, source, log, { columns, where, limit });
    if (limit !== undefined || lowerBound === undefined || upperBound === undefined) {
      throw new SluiceError(
        'PROPERTY_INVALID',
        'reading in ranges needs lowerBound and upperBound, and knows no limit',
      );
    }
    const ranges = { column: partitionColumn, lower: lowerBound, upper: upperBound, count: partitions };
    return readRanges(engine, open, source, log, { columns, where }, ranges);
  },
});
