import { describe, expect, test } from 'vitest';
import { formatBytes, formatCount, formatMoment, formatTime, momentIn, printable } from './format.js';
import { styleFor } from './style.js';

describe('formats', () => {
  test.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [1_240, '1.24 s'],
    [59_940, '59.9 s'],
    [59_990, '1 m 00 s'],
    [125_000, '2 m 05 s'],
    [12_000_000, '3 h 20 m'],
  ])('%i ms are %s', (ms, text) => expect(formatTime(ms)).toBe(text));

  test.each([
    [5n, '5 B'],
    [1536n, '1.5 KiB'],
    [1024n ** 3n * 250n, '250 GiB'],
  ])('%i bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  test('counts beyond 2^53 are exact', () => expect(formatCount(9_007_199_254_740_993n)).toBe('9,007,199,254,740,993'));

  test('moments are local', () => {
    expect(formatMoment(new Date(2026, 0, 5, 7, 8, 9))).toBe('2026-01-05 07:08:09');
    expect(formatMoment(undefined)).toBe('');
    expect(momentIn(80, new Date(2026, 0, 5, 7, 8, 9))).toBe('01-05 07:08');
  });

  test('what could drive the terminal is shown, not done', () => {
    expect(printable('a\u001b[2Jb\r\nc\td\u202e')).toBe('a\\u001b[2Jb␍↵c→d\\u202e');
    expect(printable('订单 é')).toBe('订单 é');
  });
});

describe('style', () => {
  test('colours are for terminals that want them', () => {
    const terminal = { isTTY: true };
    expect(styleFor(terminal, true, {}).bad('x')).toBe('\u001b[31mx\u001b[39m');
    expect(styleFor(terminal, false, {}).bad('x')).toBe('x');
    expect(styleFor(terminal, true, { NO_COLOR: '1' }).bad('x')).toBe('x');
    expect(styleFor(terminal, true, { TERM: 'dumb' }).bad('x')).toBe('x');
    expect(styleFor({}, true, {}).bad('x')).toBe('x');
    expect(styleFor({}, true, { FORCE_COLOR: '1' }).bad('x')).not.toBe('x');
  });
});
