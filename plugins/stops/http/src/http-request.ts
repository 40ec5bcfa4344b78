import {
  defineStop,
  optionalSingle,
  property,
  quoteName,
  single,
  SluiceError,
  type Dataset,
  type Engine,
} from '@sluice/plugin-sdk';
import { access, headers, limits, url } from './properties.js';
import { ANSWER_COLUMNS, iterate, sendAndTell, type AnswerRow } from './send-and-tell.js';
import { targetOf } from './target.js';

export const httpRequest = defineStop({
  name: 'sluice.http.request',
  title: { en: 'Send HTTP requests', zh: '发送 HTTP 请求' },
  description: {
    en: 'Sends the rows that come in as JSON arrays, a request for so many rows, or one request with a body of its own. Gives status and body of each answer; one other than success ends the run, and what was sent before stays sent. Each request has an Idempotency-Key that a retry of it repeats.',
    zh: '把上游的行以 JSON 数组发送（每个请求若干行），或发送一个带自定义内容的请求。输出每个响应的状态和内容；非成功的响应会使运行失败，此前已发送的请求不会撤回。每个请求带有 Idempotency-Key，重试时不变。',
  },
  groups: ['Http'],
  ports: { in: optionalSingle, out: single },
  properties: {
    url,
    method: property.enum({
      title: { en: 'Method', zh: '方法' },
      description: { en: 'What the server is asked to do.', zh: '请求方法。' },
      values: ['POST', 'PUT', 'PATCH', 'DELETE', 'GET'],
      default: 'POST',
    }),
    ...access,
    headers,
    body: property.text({
      title: { en: 'Body', zh: '内容' },
      description: {
        en: 'What is sent where no rows come in; JSON unless the header Content-Type says otherwise.',
        zh: '没有上游数据时发送的内容；除非 Content-Type 另有说明，应为 JSON。',
      },
      example: '{"name": "x"}',
    }),
    rowsPerRequest: property.integer({
      title: { en: 'Rows per request', zh: '每个请求的行数' },
      description: { en: 'Rows in the array of one request; default 500.', zh: '每个请求数组中的行数；默认 500。' },
      default: 500,
      min: 1,
      max: 100_000,
      example: 100,
    }),
    ...limits,
    maxBytes: { ...limits.maxBytes, default: 16 << 20, max: 256 << 20 },
    retries: property.integer({
      title: { en: 'Retries', zh: '重试次数' },
      description: {
        en: 'How often a request that got no answer is sent again; default 0, because a server may have done its work.',
        zh: '没有得到响应时重新请求的次数；默认 0，因为服务器可能已经处理。',
      },
      default: 0,
      min: 0,
      max: 20,
    }),
  },
  engines: ['duckdb'],
  pure: false,
  writes: true,
  async run({ properties, inputs, engine, log, ...context }) {
    const { method, body } = properties;
    const input = inputs.find();
    if (method === 'GET' && (input !== undefined || body !== undefined)) {
      throw new SluiceError(
        'PROPERTY_INVALID',
        "a GET request has no body; choose another method, or 'sluice.http.read'",
      );
    }
    const hasBody = input !== undefined || body !== undefined;
    const type = hasBody ? { 'content-type': 'application/json' } : {};
    const lower = Object.entries(properties.headers).map(([name, value]) => [name.toLowerCase(), value]);
    const target = targetOf({ ...properties, headers: { ...type, ...Object.fromEntries(lower) } });
    const answers: AnswerRow[] = [];
    const send = async (content: string | undefined): Promise<void> => {
      context.signal.throwIfAborted();
      const request = { ...target, method, body: content };
      answers.push(await sendAndTell(context, request, answers.length, properties));
    };
    if (input === undefined) await send(body);
    else for await (const content of jsonArrays(engine, input, properties.rowsPerRequest)) await send(content);
    log.info(`${answers.length} requests sent`);
    return engine.fromRows(ANSWER_COLUMNS, iterate(answers));
  },
});

/** The rows as JSON arrays of at most so many; the engine writes the values, as Spark's to_json does. */
async function* jsonArrays(engine: Engine, input: Dataset, most: number): AsyncGenerator<string> {
  const names = input.columns.map(({ name }) => quoteName(name)).join(', ');
  const query = `SELECT to_json(struct(${names}), map('ignoreNullFields', 'false')) AS j FROM input`;
  const objects = await engine.sql(query, { input });
  let waiting: string[] = [];
  for await (const batch of objects.batches()) {
    for (const value of batch.columns[0] ?? []) {
      waiting.push(String(value));
      if (waiting.length < most) continue;
      yield `[${waiting.join(',')}]`;
      waiting = [];
    }
  }
  if (waiting.length > 0) yield `[${waiting.join(',')}]`;
}
