import { property, type Engine } from '@sluice/plugin-sdk';

export const database = property.string({
  title: { en: 'Database', zh: '数据库' },
  description: { en: 'The database of the warehouse.', zh: '数据仓库中的数据库。' },
  required: true,
  example: 'test',
});

export const table = property.string({
  title: { en: 'Table', zh: '表' },
  description: { en: 'The table in the database.', zh: '数据库中的表。' },
  required: true,
  example: 'student',
});

/** A name as Spark SQL quotes it. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** Makes a database where it is not there. */
export async function ensureDatabase({ warehouse }: Engine, name: string): Promise<void> {
  await warehouse.sql(`CREATE DATABASE IF NOT EXISTS ${quoteName(name)}`);
}
