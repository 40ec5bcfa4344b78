import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { defineStop, optionalSingle, property, single } from '@sluice/plugin-sdk';
import { clientError } from './failures.js';
import { connection, hdfsUrl, keys, joinLocation, targetOf, WAIT_MS } from './properties.js';
import { openSession } from './open-session.js';

export const uploadToFtp = defineStop({
  name: 'cn.piflow.bundle.ftp.UploadFromHdfsToFtp',
  aliases: ['cn.piflow.bundle.ftp.UploadToFtp'],
  title: { en: 'Upload to FTP or SFTP', zh: '上传到 FTP 或 SFTP' },
  description: {
    en: 'Uploads a file, or the files of a folder or pattern, into a folder of the server and gives the paths there in the column ftpPath. A file that is there already stays and is named in the log. Unlike PiFlow, a file appears under its name when it is complete, the folder is made where it is not there, FTPS and SFTP are understood, and port and user have defaults.',
    zh: '把一个文件，或文件夹、通配路径中的文件上传到服务器的文件夹，并在 ftpPath 列给出其路径。已存在的文件保留不变，并在日志中指出。与 PiFlow 不同：文件完整后才以其名称出现；文件夹不存在时自动创建；支持 FTPS 和 SFTP；端口和用户有默认值。',
  },
  groups: ['Ftp'],
  ports: { in: optionalSingle, out: single },
  properties: {
    ...connection,
    ...keys,
    ftpPath: property.string({
      title: { en: 'ftpPath', zh: 'FTP 路径' },
      description: { en: 'The folder on the server.', zh: '服务器上的文件夹。' },
      aliases: ['ftpFile'],
      required: true,
      example: '/test/Ab/',
    }),
    hdfsUrl,
    hdfsFilePath: property.path({
      title: { en: 'hdfsFilePath', zh: '文件路径' },
      description: { en: 'The file, folder or pattern to upload.', zh: '要上传的文件、文件夹或通配路径。' },
      aliases: ['localPath'],
      required: true,
      example: 'test/Ab/a.csv',
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  pure: false,
  writes: true,
  async run({ properties, engine, files, log, signal, beforeCommit }) {
    const target = targetOf(properties);
    const sources = await files.list(joinLocation(properties.hdfsUrl, properties.hdfsFilePath));
    const session = await openSession(target, { timeoutMs: WAIT_MS, signal });
    const sent: string[] = [];
    try {
      const folder = (await session.makeFolder(properties.ftpPath)).replace(/\/+$/, '');
      for (const source of sources) {
        const place = `${folder}/${basename(source)}`;
        if (await session.has(place)) {
          log.warn(`'${place}' is there already and stays as it is`);
          continue;
        }
        const staging = `${folder}/.sluice-partial-${randomUUID()}`;
        try {
          await session.upload(source, staging);
          await beforeCommit();
          await session.rename(staging, place);
        } catch (error) {
          await session.discard(staging);
          throw error;
        }
        sent.push(place);
      }
    } catch (error) {
      signal.throwIfAborted();
      throw clientError(target, error, `uploading to '${properties.ftpPath}'`);
    } finally {
      session.close();
    }
    log.info(`${sent.length} files uploaded to ${target.host}:${target.port}`);
    return engine.fromRows([{ name: 'ftpPath', type: 'string' }], iterate(sent));
  },
});

async function* iterate(paths: readonly string[]): AsyncGenerator<readonly string[]> {
  for (const path of paths) yield [path];
}
