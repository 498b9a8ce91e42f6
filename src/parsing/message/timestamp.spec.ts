import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { load } from '../memory.js';
import { Timestamp } from './timestamp.js';

/** µs since the epoch, or undefined. */
function read(text: string, timestamp = new Timestamp()): number | undefined {
  const { length } = load(Buffer.from(`${text} 123456`));
  const isRead = timestamp.read(0, length - 7);
  return isRead ? timestamp.seconds * 1e6 + timestamp.micros : undefined;
}

describe('a timestamp', () => {
  it.each([
    ['in whole seconds', '2026-03-04T10:15:02+00:00', 1772619302_000000],
    ['in microseconds', '2026-03-04T10:15:02.318442+00:00', 1772619302_318442],
    ['with one fractional digit', '2026-03-04T10:15:02.1Z', 1772619302_100000],
    ['with five fractional digits', '2026-03-04T10:15:02.90113+00:00', 1772619302_901130],
    ['with nine, cut to microseconds', '2026-03-04T10:15:02.123456999Z', 1772619302_123456],
    ['in UTC by its other name', '2026-03-04T10:15:02-00:00', 1772619302_000000],
    ['east of UTC', '2026-03-04T15:45:02+05:30', 1772619302_000000],
    ['west of UTC, over midnight', '2026-03-03T23:15:02-11:00', 1772619302_000000],
    ['on a leap day', '2024-02-29T00:00:00Z', 1709164800_000000],
    ['on a leap day of a century', '2000-02-29T00:00:00Z', 951782400_000000],
    ['before the epoch', '1969-12-31T23:59:59.5Z', -500_000],
    ['far before it', '1900-03-01T00:00:00Z', -2203891200_000000],
  ])('is read: %s', (_, text, us) => {
    expect(read(text)).toBe(us);
  });

  it.each([
    ['nothing', ''],
    ['the nil value', '-'],
    ['a date', '2026-03-04'],
    ['no offset', '2026-03-04T10:15:02'],
    ['a fraction and no offset', '2026-03-04T10:15:02.5'],
    ['a point and no fraction', '2026-03-04T10:15:02.+00:00'],
    ['ten fractional digits', '2026-03-04T10:15:02.1234567890Z'],
    ['a comma before the fraction', '2026-03-04T10:15:02,5Z'],
    ['an offset without a colon', '2026-03-04T10:15:02+0000'],
    ['an offset of hours alone', '2026-03-04T10:15:02+00'],
    ['an offset of 24 hours', '2026-03-04T10:15:02+24:00'],
    ['an offset of 99:99', '2026-03-04T10:15:02+99:99'],
    ['an offset with a second sign', '2026-03-04T10:15:02+-0:00'],
    ['something behind the offset', '2026-03-04T10:15:02+00:00x'],
    ['something behind the Z', '2026-03-04T10:15:02ZZ'],
    ['a lower case t', '2026-03-04t10:15:02Z'],
    ['a lower case z', '2026-03-04T10:15:02z'],
    ['a leap second', '2026-12-31T23:59:60Z'],
    ['24:00', '2026-03-04T24:00:00Z'],
    ['minute 60', '2026-03-04T10:60:00Z'],
    ['30 February', '2026-02-30T00:00:00Z'],
    ['29 February of a common year', '2026-02-29T00:00:00Z'],
    ['29 February of a common century', '1900-02-29T00:00:00Z'],
    ['31 April', '2026-04-31T00:00:00Z'],
    ['month 0', '2026-00-10T00:00:00Z'],
    ['month 13', '2026-13-10T00:00:00Z'],
    ['day 0', '2026-03-00T00:00:00Z'],
    ['an hour of one digit', '2026-03-04T9:15:02.00Z'],
    ['a letter for a digit', '2026-03-0aT10:15:02Z'],
    ['a slash for a digit, one below 0', '2026-03-0/T10:15:02Z'],
    ['a colon for a digit, one above 9', '2026-03-04T10:15:0:Z'],
    ['the form of RFC 3164', 'Mar  4 10:15:02 web.1 x'],
    ['seconds since the epoch', '1772619302.318442000000000'],
  ])('is not usable: %s', (_, text) => {
    expect(read(text)).toBeUndefined();
  });

  it('after an impossible date, the one before it is still known', () => {
    const timestamp = new Timestamp();
    expect(read('2026-03-04T10:15:02Z', timestamp)).toBe(1772619302_000000);
    expect(read('2026-02-30T10:15:02Z', timestamp)).toBeUndefined();
    expect(read('2026-03-04T10:15:03Z', timestamp)).toBe(1772619303_000000);
  });

  it('agrees with Date on every day of the calendar', () => {
    const timestamp = new Timestamp();
    const date = fc.date({
      min: new Date('0001-01-01'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(date, (at) => {
        load(Buffer.from(at.toISOString()));
        timestamp.read(0, 24);
        expect([timestamp.seconds, timestamp.micros]).toEqual([
          Math.floor(at.getTime() / 1000),
          at.getUTCMilliseconds() * 1000,
        ]);
      }),
      { numRuns: 2000 },
    );
  });
});
