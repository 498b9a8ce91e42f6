import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BYTES, load } from '../memory.js';
import { Value } from './value.js';

/** Reads a value as it stands in a line: with something else before and behind it. */
function read(text: string): { number: number; unit: string } | string {
  load(Buffer.from(`9${text} 9`, 'latin1'));
  const end = 1 + text.length;
  const value = new Value();
  const rejection = value.read(1, end);
  return rejection ?? { number: value.number, unit: Buffer.from(BYTES.subarray(value.unitAt, end)).toString() };
}

describe('a value', () => {
  it.each([
    ['digits', '87', 87, ''],
    ['digits and a unit', '4.7ms', 4.7, 'ms'],
    ['no digit before the point', '.5s', 0.5, 's'],
    ['no digit behind the point', '5.', 5, ''],
    ['a minus', '-3MB', -3, 'MB'],
    ['a plus', '+3', 3, ''],
    ['minus zero', '-0', -0, ''],
    ['leading zeros', '007', 7, ''],
    ['an exponent', '1e3', 1000, ''],
    ['a small number as floats print it', '7.9e-05s', 7.9e-5, 's'],
    ['an upper case exponent with a plus', '2E+2ms', 200, 'ms'],
    ['an e that no digits follow: it begins the unit', '1e', 1, 'e'],
    ['a unit that begins with e', '3eur', 3, 'eur'],
    ['an exponent and then a unit with e', '1e3e', 1000, 'e'],
    ['a percentage', '99.5%', 99.5, '%'],
    ['a rate', '12kB/s', 12, 'kB/s'],
    ['a unit of 16 bytes', '1abcdefghijklmnop', 1, 'abcdefghijklmnop'],
    ['more digits than a double has', '0.12345678901234567890123', 0.12345678901234568, ''],
    ['17 digits, to be rounded once', '9007199254740993', 9007199254740992, ''],
    ['the largest value there is', '1e126', 1e126, ''],
    ['the smallest', '-1e126', -1e126, ''],
    ['an exponent that underflows', '1e-400', 0, ''],
    ['zero with a huge exponent', '0e999999999999', 0, ''],
    ['400 zeros and a one', `${'0'.repeat(400)}1`, 1, ''],
    ['a router time', '30001ms', 30001, 'ms'],
  ])('is read: %s', (_, text, number, unit) => {
    expect(read(text)).toEqual({ number, unit });
  });

  it.each([
    ['NaN', 'NaN', 'value-malformed'],
    ['infinity as Go prints it', '+Inf', 'value-malformed'],
    ['infinity as JavaScript prints it', 'Infinity', 'value-malformed'],
    ['a word', 'true', 'value-malformed'],
    ['a sign alone', '-', 'value-malformed'],
    ['two signs', '--5', 'value-malformed'],
    ['a point alone', '.', 'value-malformed'],
    ['a sign and a point', '-.', 'value-malformed'],
    ['a point and an exponent', '.e5', 'value-malformed'],
    ['an exponent alone', 'e5', 'value-malformed'],
    ['a unit alone', 'ms', 'value-malformed'],
    ['a second equals sign', '=5', 'value-malformed'],
    ['a quote that was never closed', '"5', 'value-malformed'],
    ['a space in quotes', ' 5', 'value-malformed'],
    ['a comma for the point', ',5', 'value-malformed'],
    ['a number in brackets', '(5)', 'value-malformed'],
    ['Arabic digits', '\u00d9\u00a3', 'value-malformed'],
    ['beyond 1e126', '1.0000001e126', 'value-range'],
    ['below -1e126', '-2e126', 'value-range'],
    ['more than a double holds', '1e400', 'value-range'],
    ['400 digits', '9'.repeat(400), 'value-range'],
    ['100,000 digits', '9'.repeat(100_000), 'value-range'],
    ['an exponent of 100 digits', `1e${'9'.repeat(100)}`, 'value-range'],
    ['hexadecimal', '0x1F', 'unit-malformed'],
    ['grouped digits', '1,000', 'unit-malformed'],
    ['two points', '1.2.3ms', 'unit-malformed'],
    ['a digit in the unit', '5ms2', 'unit-malformed'],
    ['two values', '5m2s', 'unit-malformed'],
    ['a space before the unit', '5 ms', 'unit-malformed'],
    ['a unit of 17 bytes', '1abcdefghijklmnopq', 'unit-malformed'],
    ['a micro sign', '5\u00c2\u00b5s', 'unit-malformed'],
    ['an exponent with a sign and no digits', '1e-', 'unit-malformed'],
    ['an exponent with a point', '1e3.5', 'unit-malformed'],
    ['a range', '1-2', 'unit-malformed'],
    ['underscores', '1_000', 'unit-malformed'],
    ['a comma and more behind it', '1,measure', 'unit-malformed'],
  ])('is refused: %s', (_, text, reason) => {
    expect(read(text)).toBe(reason);
  });

  const digits = fc.stringMatching(/^[0-9]{1,20}$/);
  const literal = fc
    .tuple(
      fc.constantFrom('', '-', '+'),
      fc.oneof(
        digits,
        digits.map((d) => `${d}.`),
        digits.map((d) => `.${d}`),
        fc.tuple(digits, digits).map((d) => d.join('.')),
      ),
      fc.oneof(
        fc.constant(''),
        fc.tuple(fc.constantFrom('e', 'E', 'e-', 'e+'), fc.integer({ min: 0, max: 140 })).map((e) => e.join('')),
      ),
    )
    .map((parts) => parts.join(''));

  it('is what Number() makes of the same digits, to the last bit', () => {
    fc.assert(
      fc.property(fc.oneof(literal, fc.double({ noNaN: true, noDefaultInfinity: true }).map(String)), (text) => {
        const number = Number(text);
        const expected = Math.abs(number) > 1e126 ? 'value-range' : { number, unit: '' };
        expect(read(text)).toEqual(expected);
      }),
      { numRuns: 3000 },
    );
  });
});
