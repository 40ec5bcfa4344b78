import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { defineStop, optionalSingle, property, single, SluiceError } from '@sluice/plugin-sdk';
import { download } from './download.js';
import { joinLocation } from './locations.js';
import { hdfsPath, hdfsUrl } from './properties.js';
import { textRows } from './rows.js';
import { stagingBeside } from './staging.js';

export const fileDownHdfs = defineStop({
  name: 'cn.piflow.bundle.hdfs.FileDownHdfs',
  title: { en: 'Download a file', zh: '下载文件' },
  description: {
    en: 'Downloads a file over http or https and gives its location in the column savePath. The file appears when it is complete, in place of an older one. Unlike PiFlow, an answer other than success ends the run, and size and time are limited.',
    zh: '通过 http 或 https 下载文件，并在 savePath 列给出其位置。下载完成后文件才出现，并替换旧文件。与 PiFlow 不同：非成功的响应会使运行失败，大小和时间有限制。',
  },
  groups: ['Hdfs'],
  ports: { in: optionalSingle, out: single },
  properties: {
    url_str: property.string({
      title: { en: 'URL', zh: '网址' },
      description: { en: 'The http or https address of the file.', zh: '文件的 http 或 https 地址。' },
      required: true,
      example: 'https://dblp.dagstuhl.de/xml/dblp.xml.gz',
    }),
    hdfsUrl,
    hdfsPath: hdfsPath({ en: 'The file to write.', zh: '要写入的文件。' }),
    maxBytes: property.integer({
      title: { en: 'Most bytes', zh: '最大字节数' },
      description: { en: 'A larger file is refused; default 10 GiB.', zh: '更大的文件会被拒绝；默认 10 GiB。' },
      default: 10 * 2 ** 30,
      min: 1,
      example: 1_000_000,
    }),
    timeoutSeconds: property.integer({
      title: { en: 'Time limit', zh: '时间限制' },
      description: { en: 'Seconds that the download may take; default 3600.', zh: '下载允许的秒数；默认 3600。' },
      default: 3600,
      min: 1,
      max: 604_800,
      example: 60,
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  pure: false,
  writes: true,
  async run({ properties, engine, files, log, signal, beforeCommit }) {
    const location = joinLocation(properties.hdfsUrl, properties.hdfsPath);
    const path = await files.resolve(location, 'write');
    if ((await stat(path).catch(() => undefined))?.isDirectory() === true) {
      throw new SluiceError('FILE_EXISTS', `'${location}' is a folder; name the file to write`);
    }
    await mkdir(dirname(path), { recursive: true });
    const staging = stagingBeside(path);
    try {
      const bytes = await download(properties.url_str, staging, { ...properties, signal });
      await beforeCommit();
      await rename(staging, path);
      log.info(`downloaded ${bytes} bytes to ${location}`);
    } catch (error) {
      await rm(staging, { force: true });
      throw error;
    }
    return textRows(engine, 'savePath', [location]);
  },
});
