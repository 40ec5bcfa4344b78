import { describe, expect, it } from 'vitest';
import { javaDate } from './piflow.dates.js';

describe('javaDate', () => {
  it.each([
    ['2018-11-27T06:37:03Z', 'Asia/Shanghai', 'Tue Nov 27 14:37:03 CST 2018'],
    ['2018-11-27T06:37:03Z', 'UTC', 'Tue Nov 27 06:37:03 UTC 2018'],
    ['2018-11-27T06:37:03Z', 'America/New_York', 'Tue Nov 27 01:37:03 EST 2018'],
    ['2018-07-01T06:37:03Z', 'America/New_York', 'Sun Jul 01 02:37:03 EDT 2018'],
    ['2018-07-01T06:37:03Z', 'Europe/Berlin', 'Sun Jul 01 08:37:03 CEST 2018'],
    ['2018-07-01T06:37:03Z', 'America/Sao_Paulo', 'Sun Jul 01 03:37:03 GMT-03:00 2018'],
    ['2018-11-27T16:00:00Z', 'Asia/Tokyo', 'Wed Nov 28 01:00:00 JST 2018'],
    ['2018-11-27T18:37:03Z', 'Asia/Kathmandu', 'Wed Nov 28 00:22:03 GMT+05:45 2018'],
  ])('writes %s in %s as java.util.Date does', (time, zone, text) => {
    expect(javaDate(new Date(time), zone)).toBe(text);
  });

  it('uses the zone of the machine when none is given', () => {
    const time = new Date('2018-11-27T06:37:03Z');
    const [, clock] = /(\d\d:\d\d:\d\d)/.exec(time.toString()) ?? [];
    expect(javaDate(time, '')).toContain(` ${clock} `);
  });
});
