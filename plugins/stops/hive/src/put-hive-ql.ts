import { readFile, stat } from 'node:fs/promises';
import { TextDecoder } from 'node:util';
import {
  defineStop,
  type Files,
  optionalSingle,
  property,
  single,
  SluiceError,
  toSluiceError,
} from '@sluice/plugin-sdk';
import { database, quoteName } from './properties.js';
import { splitScript } from './statements.js';

/** A script is read whole. */
const LARGEST = 16 << 20;

export const putHiveQL = defineStop({
  name: 'cn.piflow.bundle.hive.PutHiveQL',
  title: { en: 'Run a script over tables', zh: '执行表脚本' },
  description: {
    en: 'Runs the Spark SQL statements of a file one after another over the tables of the warehouse, beginning in a database. Each is done wholly or not at all; where one fails, those before it stay done. Unlike PiFlow, semicolons in texts and comments part no statements.',
    zh: '在数据仓库的指定数据库中依次执行文件里的 Spark SQL 语句。每条语句要么完成要么不执行；某条失败时，之前的语句保持生效。与 PiFlow 不同：字符串和注释中的分号不会切分语句。',
  },
  groups: ['Hive'],
  ports: { in: optionalSingle, out: single },
  properties: {
    database,
    hiveQL_Path: property.path({
      title: { en: 'Script', zh: '脚本' },
      description: { en: 'A file of statements with semicolons between them.', zh: '语句文件，语句之间用分号分隔。' },
      aliases: ['hiveQL_path'],
      required: true,
      example: 'hdfs://127.0.0.1:8020/test/PutHiveQL.hiveql',
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  pure: false,
  writes: true,
  async run({ properties, engine, files, log, signal }) {
    const { warehouse } = engine;
    const location = properties.hiveQL_Path;
    const statements = splitScript(await readScript(location, files));
    await warehouse.sql(`USE ${quoteName(properties.database)}`);
    try {
      for (const [index, { text, line }] of statements.entries()) {
        signal.throwIfAborted();
        try {
          await warehouse.sql(text);
        } catch (error) {
          const { reason, message } = toSluiceError(error, 'STOP_FAILED');
          const place = `'${location}', line ${line}, statement ${index + 1} of ${statements.length}`;
          throw new SluiceError(reason, `${place}: ${message}`, { details: { line: String(line) }, cause: error });
        }
      }
    } finally {
      // The next stop's names must not depend on which stop ran before it.
      await warehouse.sql('USE default');
    }
    log.info(`ran ${statements.length} statements of ${location}`);
  },
});

async function readScript(location: string, files: Files): Promise<string> {
  const path = await files.resolve(location, 'read');
  try {
    const { size } = await stat(path);
    if (size > LARGEST) {
      throw new SluiceError(
        'DATA_INVALID',
        `'${location}' has ${size} bytes; a script has at most ${LARGEST >> 20} MB`,
      );
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw new SluiceError('FILE_NOT_FOUND', `there is no file '${location}'; check hiveQL_Path`, { cause: error });
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      throw new SluiceError('ENCODING_INVALID', `'${location}' is not UTF-8; save it as UTF-8`, { cause: error });
    }
    throw toSluiceError(error, 'FILE_UNREADABLE');
  }
}
