import {
  ScalarType,
  type DescEnum,
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
} from '@bufbuild/protobuf';
import type { Problem } from '@sluice/chassis';
import { didYouMean } from '../nearest.js';

/**
 * Puts the query's parameters into the JSON form of a request: `a=1`, `a.b=1`, `labels.x=y` and `labels[x]=y` for maps,
 * a parameter several times for lists, enum values by their full or short name. It gives what is wrong with those that
 * have no place; whether a value fits its field is for the reader of the whole request.
 */
export function readQuery(message: DescMessage, query: URLSearchParams, into: JsonObject): readonly Problem[] {
  const problems: Problem[] = [];
  for (const [name, text] of query) {
    const why = place(message, name, text, into);
    if (why !== undefined)
      problems.push({ reason: 'REQUEST_INVALID', message: `the query parameter '${name}' ${why}` });
  }
  return problems;
}

/** Puts one parameter in its place, or says why it has none. */
function place(message: DescMessage, name: string, text: string, into: JsonObject): string | undefined {
  const [, dotted = name, bracketed] = /^([^[\]]+)\[([^\]]*)\]$/.exec(name) ?? [];
  const steps = dotted.split('.');
  let desc = message;
  let at = into;
  for (;;) {
    const step = steps.shift() ?? '';
    const field = desc.fields.find((one) => one.jsonName === step || one.name === step);
    if (field === undefined) return `is not known${remedy(desc, step)}`;
    const key = field.jsonName;
    if (field.fieldKind === 'map') {
      const entry = [...steps, ...(bracketed === undefined ? [] : [bracketed])].join('.');
      if (entry === '') return `names no key; write ${key}.KEY=value or ${key}[KEY]=value`;
      return give(field, text, (value) => setOnce((at[key] ??= {}) as JsonObject, entry, value));
    }
    if (field.fieldKind === 'list' && steps.length === 0 && (bracketed ?? '') === '') {
      return give(field, text, (value) => void ((at[key] ??= []) as JsonValue[]).push(value));
    }
    if (bracketed !== undefined) return `has brackets, but '${key}' is no map`;
    if (steps.length === 0) return give(field, text, (value) => setOnce(at, key, value));
    if (field.fieldKind !== 'message') return `goes on behind '${key}', which is a single value`;
    desc = field.message;
    at = (at[key] ??= {}) as JsonObject;
  }
}

function remedy(desc: DescMessage, step: string): string {
  const names = desc.fields.map(({ jsonName }) => jsonName);
  return didYouMean(step, names) || `; there are ${names.join(', ') || 'none'}`;
}

function setOnce(at: JsonObject, key: string, value: JsonValue): string | undefined {
  if (Object.hasOwn(at, key)) return 'is given more than once';
  at[key] = value;
  return undefined;
}

type Give = (value: JsonValue) => string | undefined | void;

/** Turns the text into a JSON value for the field; what the message parser checks anyway stays a text. */
function give(field: DescField, text: string, set: Give): string | undefined {
  if (field.enum !== undefined) {
    const name = enumName(field.enum, text);
    if (name !== undefined) return set(name) ?? undefined;
    const words = field.enum.values.filter(({ number }) => number !== 0).map((value) => value.name);
    const prefix = (field.enum.sharedPrefix ?? '').toUpperCase();
    const short = words.map((word) => (word.startsWith(prefix) ? word.slice(prefix.length) : word));
    return `must be one of ${short.join(', ')}, not '${text}'${didYouMean(text, short)}`;
  }
  if (field.message !== undefined) {
    const { typeName, fields } = field.message;
    if (typeName === 'google.protobuf.Value') return set(jsonOrText(text)) ?? undefined;
    if (typeName.startsWith('google.protobuf.')) return set(text) ?? undefined;
    return `is an object; give its fields, such as ${field.jsonName}.${fields[0]?.jsonName ?? 'name'}=value`;
  }
  if (field.scalar !== ScalarType.BOOL) return set(text) ?? undefined;
  // `?follow` alone says yes, as people write it.
  if (['', 'true', '1'].includes(text)) return set(true) ?? undefined;
  if (['false', '0'].includes(text)) return set(false) ?? undefined;
  return `must be true or false, not '${text}'`;
}

function enumName({ values, sharedPrefix }: DescEnum, text: string): string | undefined {
  const word = text.toUpperCase();
  const long = (sharedPrefix ?? '').toUpperCase() + word;
  return values.find(({ name, number }) => [word, long].includes(name) || String(number) === text)?.name;
}

function jsonOrText(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text; // Most values are words, which nobody writes in quotes in an address.
  }
}
