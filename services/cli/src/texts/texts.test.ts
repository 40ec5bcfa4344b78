import { describe, expect, test } from 'vitest';
import { createProgram } from '../program.js';
import { en } from './en.js';
import { chooseLanguage } from './texts.js';
import { zh } from './zh.js';

/** Every text with its place, functions called with sample values. */
function textsOf(value: unknown, place = ''): [string, string][] {
  if (typeof value === 'string') return [[place, value]];
  if (value instanceof RegExp) return [];
  if (typeof value === 'function')
    return textsOf((value as (...args: unknown[]) => unknown)('7', '8', '9', '10'), place);
  return Object.entries(value as object).flatMap(([name, item]) => textsOf(item, `${place}.${name}`));
}

/** Words that are the same in both languages. */
const SAME = /^(ID|gRPC|catalog|execution|NATS|7|\.)?$|^sluice/;

describe('texts', () => {
  test('every text has its Chinese', () => {
    const chinese = new Map(textsOf(zh));
    for (const [place, english] of textsOf(en)) {
      const text = chinese.get(place) ?? '';
      expect([place, text]).not.toEqual([place, '']);
      if (!SAME.test(english) && !/^(http|npx|npm |python |cd |sluice |7$|8$)/.test(english))
        expect(`${place}: ${text}`).toMatch(/[\u4e00-\u9fff]/);
    }
  });

  test('every state of the contract has a word in both languages', () => {
    expect(Object.keys(zh.words.states)).toEqual(Object.keys(en.words.states));
  });

  test.each([
    [undefined, { LANG: 'zh_CN.UTF-8' }, 'zh'],
    [undefined, { LC_ALL: 'en_US.UTF-8', LANG: 'zh_CN.UTF-8' }, 'en'],
    ['en', { LANG: 'zh_CN.UTF-8' }, 'en'],
    [undefined, {}, 'en'],
    [undefined, { LANG: 'C' }, 'en'],
  ] as const)('--lang %s with %j is %s', (wanted, environment, language) =>
    expect(chooseLanguage(wanted, environment)).toBe(language),
  );

  test('the help is in the language asked for and names every command', () => {
    const help = createProgram(zh, 'zh').helpInformation();
    for (const name of [
      'up',
      'serve',
      'config',
      'run',
      'runs',
      'logs',
      'flow',
      'preview',
      'stop-types',
      'doctor',
      'completion',
    ]) {
      expect(help).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    }
    expect(help).toContain('用法：');
    expect(help).not.toContain('Usage:');
  });
});
