import { LosslessNumber, parse } from 'lossless-json';
import {
  defineStop,
  inferredName,
  mergeTypes,
  NO_TYPE,
  optionalSingle,
  property,
  single,
  SluiceError,
} from '@sluice/plugin-sdk';
import { fieldOf, typeOf, valueAs } from './json-type.js';

export const jsonStringParser = defineStop({
  name: 'cn.piflow.bundle.json.JsonStringParser',
  title: { en: 'Parse JSON text', zh: '解析 JSON 文本' },
  description: {
    en: 'Turns a JSON text into rows: an object into one, an array of objects into one each. Types are those that fit all values. Unlike PiFlow, numbers keep every digit, and a text that is no JSON ends the run with the place.',
    zh: '把 JSON 文本转换为行：一个对象为一行，对象数组每个对象一行；类型适合所有值。与 PiFlow 不同：数字不丢失精度；文本不是 JSON 时报错并指出位置。',
  },
  groups: ['Json'],
  ports: { in: optionalSingle, out: single },
  properties: {
    // PiFlow itself turns this text into a structure when it reads a flow, so flows may have it as one.
    jsonString: property.json({
      title: { en: 'JsonString', zh: 'JSON 文本' },
      description: { en: 'An object or an array of objects.', zh: '一个对象或对象数组。' },
      required: true,
      example: '{"id":"13","name":"13","score":"13"}',
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  examples: [
    {
      title: 'an array of objects',
      properties: { jsonString: '[{"id": 1, "name": "张伟"}, {"id": 2.5}]' },
      outputs: {
        '': {
          columns: [
            ['id', 'double'],
            ['name', 'string'],
          ],
          rows: [
            [1, '张伟'],
            [2.5, null],
          ],
        },
      },
    },
  ],
  run({ properties: { jsonString }, engine }) {
    const value = readJson(typeof jsonString === 'string' ? jsonString : JSON.stringify(jsonString));
    const objects: unknown[] = Array.isArray(value) ? value : [value];
    const stranger = objects.findIndex((each) => typeof each !== 'object' || each === null || isNumber(each));
    if (stranger >= 0) throw refuse(`value ${stranger + 1} is no object; give an object or an array of objects`);
    const type = objects.map(typeOf).reduce(mergeTypes, NO_TYPE);
    if (type.kind !== 'struct' || type.fields.size === 0) {
      throw refuse('there is no field in it, so there are no columns; give an object with a field');
    }
    const { fields } = type;
    const columns = [...fields].map(([name, field]) => ({ name, type: inferredName(field) }));
    const rows = objects.map((each) => [...fields].map(([name, field]) => valueAs(fieldOf(each, name), field)));
    return engine.fromRows(
      columns,
      (async function* () {
        yield* rows;
      })(),
    );
  },
});

function readJson(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error), error);
  }
}

function isNumber(value: unknown): boolean {
  return value instanceof LosslessNumber;
}

function refuse(why: string, cause?: unknown): SluiceError {
  const message = `property 'jsonString': ${why}`;
  const problems = [{ reason: 'DATA_INVALID' as const, message, property: 'jsonString' }];
  return new SluiceError('DATA_INVALID', message, { problems, cause });
}
