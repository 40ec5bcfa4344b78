import { defineStop, optionalSingle, property, single, SluiceError } from '@sluice/plugin-sdk';
import { around, below, joinLocation } from './locations.js';
import { hdfsUrl, isCustomize } from './properties.js';
import { incomingLocations, textRows } from './rows.js';
import { unpack } from './unpack.js';

export const unzipFilesOnHdfs = defineStop({
  name: 'cn.piflow.bundle.hdfs.UnzipFilesOnHDFS',
  title: { en: 'Unpack archives', zh: '解压文件' },
  description: {
    en: 'Unpacks zip, gz, tar and tar.gz archives and gives the location of each file in the column savePath. Files appear when their whole archive is unpacked. Names that lead out of the folder end the run, links are passed over. Unlike PiFlow, zip and tar are known, the type is told by the content, and a damaged archive ends the run.',
    zh: '解压 zip、gz、tar 和 tar.gz，并在 savePath 列给出每个文件的位置。整个压缩包解压完成后文件才出现。指向文件夹之外的名称会使运行失败，链接会跳过。与 PiFlow 不同：支持 zip 和 tar，按内容识别类型，损坏的压缩包会使运行失败。',
  },
  groups: ['Hdfs'],
  ports: { in: optionalSingle, out: single },
  properties: {
    isCustomize: isCustomize(false),
    hdfsUrl,
    filePath: property.path({
      title: { en: 'Archive', zh: '压缩文件' },
      description: { en: 'The archive; needed where paths are written here.', zh: '压缩文件；自定义路径时必填。' },
      example: '/work/a.gz',
    }),
    savePath: property.path({
      title: { en: 'Folder', zh: '保存文件夹' },
      description: {
        en: 'Where the files go; default: beside the archive.',
        zh: '文件保存的位置；默认在压缩文件旁边。',
      },
      example: '/work/aa/',
    }),
    maxBytes: property.integer({
      title: { en: 'Most bytes', zh: '最大字节数' },
      description: {
        en: 'The most that one archive may give when unpacked; default 64 GiB.',
        zh: '一个压缩包解压后允许的最大字节数；默认 64 GiB。',
      },
      default: 64 * 2 ** 30,
      min: 1,
      example: 1_000_000_000,
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  pure: false,
  writes: true,
  async run(context) {
    const { properties, engine, files, log, signal, beforeCommit } = context;
    const archives = properties.isCustomize ? [ownArchive(properties)] : await incomingLocations(context);
    const saved: string[] = [];
    for (const archive of archives) {
      const { savePath } = properties;
      const folder = savePath === undefined ? around(archive) : joinLocation(properties.hdfsUrl, savePath);
      const names = await unpack(archive, folder, { files, log, signal, beforeCommit, maxBytes: properties.maxBytes });
      for (const name of names) saved.push(below(folder, name));
    }
    return textRows(engine, 'savePath', saved);
  },
});

function ownArchive(properties: { readonly hdfsUrl: string; readonly filePath: string | undefined }): string {
  if (properties.filePath !== undefined) return joinLocation(properties.hdfsUrl, properties.filePath);
  throw new SluiceError(
    'PROPERTY_MISSING',
    "property 'filePath' has no value, and isCustomize says that it is to be used",
  );
}
