import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { defineStop, optionalSingle, property, single, SluiceError } from '@sluice/plugin-sdk';
import { clientError } from './failures.js';
import { connection, hdfsUrl, keys, joinLocation, targetOf, WAIT_MS } from './properties.js';
import { openSession } from './open-session.js';
import { filesAt } from './session.js';

export const downloadFromFtp = defineStop({
  name: 'cn.piflow.bundle.ftp.DownloadFromFtpToHDFS',
  aliases: ['cn.piflow.bundle.ftp.LoadFromFtpToHDFS'],
  title: { en: 'Download from FTP or SFTP', zh: '从 FTP 或 SFTP 下载' },
  description: {
    en: 'Downloads a file, or all files of a folder and its folders, into a folder and gives their locations in the column savePath. A file appears when it is complete, in place of an older one. Unlike PiFlow, a file that is not there or a transfer that breaks off ends the run, FTPS and SFTP are understood, and port and user have defaults.',
    zh: '下载一个文件，或文件夹（含子文件夹）中的所有文件，并在 savePath 列给出其位置。下载完成后文件才出现，并替换旧文件。与 PiFlow 不同：文件不存在或传输中断时运行失败；支持 FTPS 和 SFTP；端口和用户有默认值。',
  },
  groups: ['Ftp'],
  ports: { in: optionalSingle, out: single },
  properties: {
    ...connection,
    ...keys,
    ftpPath: property.string({
      title: { en: 'ftpPath', zh: 'FTP 路径' },
      description: { en: 'The file or folder on the server.', zh: '服务器上的文件或文件夹。' },
      aliases: ['ftpFile'],
      required: true,
      example: '/test/Ab/test.txt',
    }),
    filterByName: property.string({
      title: { en: 'FilterByName', zh: '文件名过滤' },
      description: {
        en: 'Only files whose whole name matches this regular expression; default all.',
        zh: '只下载整个文件名匹配此正则表达式的文件；默认全部。',
      },
      example: '.*\\.csv',
    }),
    hdfsUrl,
    hdfsPath: property.path({
      title: { en: 'hdfsPath', zh: '保存路径' },
      description: { en: 'The folder to put the files into.', zh: '保存文件的文件夹。' },
      aliases: ['HDFSPath'],
      required: true,
      example: 'test/Ab/',
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  pure: false,
  writes: true,
  async run({ properties, engine, files, log, signal, beforeCommit }) {
    const { ftpPath, filterByName } = properties;
    const target = targetOf(properties);
    const folder = await files.resolve(joinLocation(properties.hdfsUrl, properties.hdfsPath), 'write');
    const isWanted = wanted(filterByName);
    const session = await openSession(target, { timeoutMs: WAIT_MS, signal });
    const saved: string[] = [];
    try {
      const found = (await filesAt(session, ftpPath)).filter(({ relative }) => isWanted(basename(relative)));
      if (found.length === 0) throw new SluiceError('FILE_NOT_FOUND', `there is no file at '${ftpPath}' to download`);
      for (const { path, relative } of found) {
        // Resolved again: a link below the folder may lead out.
        const place = await files.resolve(join(folder, relative), 'write');
        if ((await stat(place).catch(() => undefined))?.isDirectory() === true) {
          throw new SluiceError('FILE_EXISTS', `'${files.locate(place)}' is a folder; '${path}' cannot take its place`);
        }
        await mkdir(dirname(place), { recursive: true });
        const staging = join(dirname(place), `.sluice-partial-${randomUUID()}`);
        try {
          await session.download(path, staging);
          await beforeCommit();
          await rename(staging, place);
        } catch (error) {
          signal.throwIfAborted();
          throw session.isMissing(error)
            ? missingError(path, error)
            : clientError(target, error, `downloading '${path}'`);
        } finally {
          await rm(staging, { force: true });
        }
        saved.push(files.locate(place));
      }
    } catch (error) {
      signal.throwIfAborted();
      throw clientError(target, error, `reading '${ftpPath}'`);
    } finally {
      session.close();
    }
    log.info(`${saved.length} files downloaded from ${target.host}:${target.port}`);
    return engine.fromRows([{ name: 'savePath', type: 'string' }], iterate(saved));
  },
});

function wanted(filter: string | undefined): (name: string) => boolean {
  if (filter === undefined) return () => true;
  try {
    const pattern = new RegExp(`^(?:${filter})$`, 'su');
    return (name) => pattern.test(name);
  } catch (error) {
    const message = `property 'filterByName': '${filter}' is no regular expression`;
    throw new SluiceError('PROPERTY_INVALID', message, { cause: error });
  }
}

function missingError(path: string, error: unknown): SluiceError {
  const message = `'${path}' is not there or may not be read: ${(error as Error).message}`;
  return new SluiceError('FILE_NOT_FOUND', message, { details: { path }, cause: error });
}

async function* iterate(locations: readonly string[]): AsyncGenerator<readonly string[]> {
  for (const location of locations) yield [location];
}
