import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  defineStop,
  type Files,
  optionalSingle,
  property,
  single,
  SluiceError,
  type StopLog,
} from '@sluice/plugin-sdk';
import { around, joinLocation, lastName } from './locations.js';
import { hdfsUrl, isCustomize } from './properties.js';
import { incomingLocations } from './rows.js';

export const deleteHdfs = defineStop({
  name: 'cn.piflow.bundle.hdfs.DeleteHdfs',
  title: { en: 'Delete files', zh: '删除文件' },
  description: {
    en: 'Deletes files and whole folders: those written here, or those named in the first column of the rows that come in. What is not there is passed over; all locations are checked before the first is deleted.',
    zh: '删除文件或整个文件夹：使用此处填写的路径，或上游数据第一列中的路径。不存在的会跳过；在删除之前先检查所有路径。',
  },
  groups: ['Hdfs'],
  ports: { in: optionalSingle, out: single },
  properties: {
    isCustomize: isCustomize(true),
    hdfsUrl,
    hdfsPath: property.list({
      title: { en: 'Paths', zh: '路径' },
      description: { en: 'The files and folders to delete, with commas.', zh: '要删除的文件或文件夹，用逗号分隔。' },
      aliases: ['HDFSPath', 'HdfsPath', 'deletePath'],
      required: true,
      example: ['/work/test1/'],
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  pure: false,
  writes: true,
  async run(context) {
    const { properties, files, log } = context;
    const locations = properties.isCustomize
      ? properties.hdfsPath.map((path) => joinLocation(properties.hdfsUrl, path))
      : await incomingLocations(context);
    const places: { location: string; path: string }[] = [];
    for (const location of locations) places.push({ location, path: await placeOf(location, files) });
    await context.beforeCommit();
    for (const { location, path } of places) await remove(location, path, log);
  },
});

/** The place itself: of a link, not of what it leads to. */
async function placeOf(location: string, files: Files): Promise<string> {
  const name = lastName(location);
  const target = await files.resolve(location, 'write');
  if (name === '' || name === '.' || name === '..' || files.roots.includes(target)) {
    throw new SluiceError(
      'FILE_FORBIDDEN',
      `'${location}' is a whole file system or no name; delete a place inside it`,
    );
  }
  return join(await files.resolve(around(location), 'write'), name);
}

async function remove(location: string, path: string, log: StopLog): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return log.warn(`'${location}' is not there; nothing was deleted`);
  try {
    await rm(path, { recursive: true });
  } catch (error) {
    throw new SluiceError('FILE_UNREADABLE', `'${location}' cannot be deleted: ${(error as Error).message}`, {
      cause: error,
    });
  }
  log.info(`deleted ${location}`);
}
