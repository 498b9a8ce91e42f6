import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { select } from './select.js';

/** Long enough for the sampling that begins past 600 values. */
const LONG = 1_301;

const orders: Record<string, (i: number) => number> = {
  sorted: (i) => i,
  reversed: (i) => -i,
  'all equal': () => 7,
  'two values': (i) => i % 2,
  'many ties': (i) => (i * 7919) % 10,
  'an organ pipe': (i) => Math.min(i, LONG - i),
  'a saw': (i) => i % 100,
  shuffled: (i) => (i * 7919) % LONG,
  'one small at the end': (i) => (i === LONG - 1 ? -1 : 5),
  infinite: (i) => [Infinity, -Infinity, 0, -0, 5e-324, Number.MAX_VALUE][i % 6]!,
};

describe('select', () => {
  it.each(Object.keys(orders))('finds what sorting finds, at every place: %s', (order) => {
    const values = Float64Array.from({ length: LONG }, (_, i) => orders[order]!(i));
    const sorted = values.slice().sort();
    for (let k = 0; k < LONG; k++) {
      if (select(values.slice(), k) !== sorted[k]) throw new Error(`place ${k} of ${order}`);
    }
  });

  it('finds what sorting finds in any few values, at every place', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 60 }), (list) => {
        const sorted = Float64Array.from(list).sort();
        sorted.forEach((value, k) => {
          if (select(Float64Array.from(list), k) !== value) throw new Error(`place ${k}`);
        });
      }),
    );
  });

  it('leaves nothing larger before the place and nothing smaller behind it, and loses no value', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: LONG - 1 }), (seed, k) => {
        const values = Float64Array.from({ length: LONG }, (_, i) => Math.abs((Math.imul(i + 1, seed | 1) >> 8) % 500));
        const before = values.slice().sort();
        const found = select(values, k);
        expect(values.slice(0, k).every((value) => value <= found)).toBe(true);
        expect(values.slice(k).every((value) => value >= found)).toBe(true);
        expect(values.sort()).toEqual(before);
      }),
    );
  });

  it('keeps to the part that it is given', () => {
    const values = Float64Array.of(9, 5, 4, 3, 0);
    expect(select(values, 2, 1, 3)).toBe(4);
    expect([values[0], values[4]]).toEqual([9, 0]);
  });
});
