import { defineStop, optionalSingle, single } from '@sluice/plugin-sdk';
import { below, joinLocation } from './locations.js';
import { hdfsPath, hdfsUrl } from './properties.js';
import { textRows } from './rows.js';
import { walk } from './walk.js';

export const listHdfs = defineStop({
  name: 'cn.piflow.bundle.hdfs.ListHdfs',
  title: { en: 'List files', zh: '列出文件' },
  description: {
    en: 'Gives the locations of all files in a folder and its folders, one a row, in the column path.',
    zh: '列出文件夹及其子文件夹中的所有文件，每个文件一行，列名为 path。',
  },
  groups: ['Hdfs'],
  ports: { in: optionalSingle, out: single },
  properties: { hdfsUrl, hdfsPath: hdfsPath({ en: 'The folder to list.', zh: '要列出的文件夹。' }) },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  pure: false,
  async run({ properties, engine, files, log }) {
    const location = joinLocation(properties.hdfsUrl, properties.hdfsPath);
    const found = await walk(location, files, log);
    return textRows(
      engine,
      'path',
      found.map((relative) => (relative === '' ? location : below(location, relative))),
    );
  },
});
