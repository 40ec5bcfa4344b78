import {
  ScalarType,
  fromJson,
  type DescEnum,
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  type Registry,
} from '@bufbuild/protobuf';
import { didYouMean } from '../nearest.js';
import type { JsonPath } from './json-text.js';

/** A value that does not fit the field it was given for. */
export interface Misfit {
  readonly path: JsonPath;
  readonly message: string;
}

/** How values of well-known messages are written, for messages of errors. */
const WRITTEN: Readonly<Record<string, string>> = {
  'google.protobuf.Timestamp': 'a time such as "2026-11-21T10:00:00Z"',
  'google.protobuf.Duration': 'a duration in seconds such as "3.5s"',
  'google.protobuf.Struct': 'an object',
  'google.protobuf.ListValue': 'a list',
};

/**
 * Every place at which a JSON value does not fit a message. The parser of the messages stops at the first and does not
 * say where it is, so this is asked when it has refused.
 */
export function findMisfits(message: DescMessage, value: JsonValue, registry: Registry): readonly Misfit[] {
  const misfits: Misfit[] = [];
  const add = (path: JsonPath, why: string): void => {
    misfits.push({ path, message: `${path.length === 0 ? 'the request' : `'${pathText(path)}'`} ${why}` });
  };

  const checkMessage = (desc: DescMessage, given: JsonValue, path: JsonPath): void => {
    if (!isObject(given)) return add(path, `must be an object, not ${kindOf(given)}`);
    const chosen = new Map<string, string>();
    for (const [key, one] of Object.entries(given)) {
      const field = desc.fields.find(({ name, jsonName }) => key === jsonName || key === name);
      if (field === undefined) {
        const names = desc.fields.map(({ jsonName }) => jsonName);
        const known = didYouMean(key, names) || `; there are ${names.join(', ') || 'no fields'}`;
        add([...path, key], `is not known${known}`);
        continue;
      }
      if (one === null) continue;
      if (field.oneof !== undefined && !field.proto.proto3Optional) {
        const other = chosen.get(field.oneof.name);
        if (other !== undefined) add([...path, key], `cannot be given together with '${other}'; choose one`);
        chosen.set(field.oneof.name, key);
      }
      checkField(desc, field, key, one, [...path, key]);
    }
  };

  const checkField = (desc: DescMessage, field: DescField, key: string, given: JsonValue, path: JsonPath): void => {
    if (field.fieldKind === 'list') {
      if (!Array.isArray(given)) return add(path, `must be a list, not ${kindOf(given)}`);
      given.forEach((one, index) => checkOne(desc, field, key, one, [one], [...path, index]));
    } else if (field.fieldKind === 'map') {
      if (!isObject(given)) return add(path, `must be an object, not ${kindOf(given)}`);
      for (const [name, one] of Object.entries(given))
        checkOne(desc, field, key, one, { [name]: one }, [...path, name]);
    } else {
      checkOne(desc, field, key, given, given, path);
    }
  };

  /** `given` is one value; `alone` is what the field would hold if it were the only one. */
  const checkOne = (
    desc: DescMessage,
    field: DescField,
    key: string,
    given: JsonValue,
    alone: JsonValue,
    path: JsonPath,
  ): void => {
    if (field.message !== undefined && !field.message.typeName.startsWith('google.protobuf.')) {
      return checkMessage(field.message, given, path);
    }
    try {
      fromJson(desc, { [key]: alone }, { registry });
    } catch {
      add(path, `must be ${expected(field, given)}, not ${kindOf(given)}`);
    }
  };

  checkMessage(message, value, []);
  return misfits;
}

function expected(field: DescField, given: JsonValue): string {
  if (field.message !== undefined) return WRITTEN[field.message.typeName] ?? `a ${field.message.typeName}`;
  if (field.enum !== undefined) return enumWords(field.enum, given);
  switch (field.scalar) {
    case ScalarType.STRING:
      return 'a text';
    case ScalarType.BOOL:
      return 'true or false';
    case ScalarType.BYTES:
      return 'base64';
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return 'a number';
    case ScalarType.INT64:
    case ScalarType.UINT64:
      return 'a whole number of 64 bits';
    default:
      return 'a whole number of 32 bits';
  }
}

function enumWords({ values }: DescEnum, given: JsonValue): string {
  const names = values.filter(({ number }) => number !== 0).map(({ name }) => name);
  const meant = typeof given === 'string' ? names.find((name) => name.endsWith(`_${given.toUpperCase()}`)) : undefined;
  return `one of ${names.join(', ')}${meant === undefined ? '' : ` (here: ${meant})`}`;
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** `flow.stops[2].name`. */
function pathText(path: JsonPath): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}
