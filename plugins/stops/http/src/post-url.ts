import { readFile, stat } from 'node:fs/promises';
import { defineStop, optionalSingle, property, single, SluiceError } from '@sluice/plugin-sdk';
import { url } from './properties.js';
import { ANSWER_COLUMNS, iterate, sendAndTell } from './send-and-tell.js';
import { targetOf } from './target.js';

/** Bytes of a file that is sent, at most: it is held in memory. */
const MOST_BYTES = 256 << 20;
/** Bytes of an answer, at most: it becomes one cell. */
const ANSWER_BYTES = 16 << 20;

export const postUrl = defineStop({
  name: 'cn.piflow.bundle.http.PostUrl',
  title: { en: 'Post a file', zh: '提交文件' },
  description: {
    en: 'Sends a JSON file to a URL by POST and gives the status and body of the answer. Unlike PiFlow, an answer other than success ends the run, and the file is sent as it is, line breaks included.',
    zh: '用 POST 把 JSON 文件发送到网址，并输出响应的状态和内容。与 PiFlow 不同：非成功的响应会使运行失败；文件原样发送（包括换行）。',
  },
  groups: ['Http'],
  ports: { in: optionalSingle, out: single },
  properties: {
    url,
    jsonPath: property.path({
      title: { en: 'JsonPath', zh: 'JSON 路径' },
      description: { en: 'The file to send, of at most 256 MiB.', zh: '要发送的文件，最大 256 MiB。' },
      required: true,
      example: 'hdfs://127.0.0.1:9000/work/json/test.json',
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  pure: false,
  writes: true,
  async run({ properties, files, engine, ...context }) {
    const { jsonPath } = properties;
    const [path = '', ...others] = await files.list(jsonPath);
    if (others.length > 0) {
      throw new SluiceError(
        'PROPERTY_INVALID',
        `property 'jsonPath': '${jsonPath}' stands for several files; name one`,
      );
    }
    const { size } = await stat(path);
    if (size > MOST_BYTES) throw new SluiceError('DATA_INVALID', `'${jsonPath}' is longer than ${MOST_BYTES} bytes`);
    const target = targetOf({ url: properties.url, headers: { 'content-type': 'application/json' } });
    const request = { ...target, method: 'POST', body: new Uint8Array(await readFile(path)) };
    const limits = { timeoutSeconds: 300, maxBytes: ANSWER_BYTES, retries: 0 };
    return engine.fromRows(ANSWER_COLUMNS, iterate([await sendAndTell(context, request, 0, limits)]));
  },
});
