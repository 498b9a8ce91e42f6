import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Triples } from './triples.js';

describe('Triples', () => {
  it('numbers different triples in order of first arrival, as a Map of composed keys would', () => {
    const number = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 2 ** 31 - 1 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number, number), { maxLength: 300 }), (triples) => {
        const numbers = new Triples();
        const map = new Map<string, number>();
        for (const triple of triples) {
          const key = triple.join(' ');
          expect(numbers.find(...triple)).toBe(map.get(key) ?? -1);
          if (!map.has(key)) map.set(key, map.size);
          expect(numbers.numberOf(...triple)).toBe(map.get(key));
          expect(numbers.size).toBe(map.size);
        }
      }),
    );
  });

  it('knows all of many after it has grown', () => {
    const numbers = new Triples();
    const each = (visit: (a: number, b: number, c: number, i: number) => void) => {
      for (let i = 0; i < 20_000; i++) visit(i % 100, Math.floor(i / 100), i % 7, i);
    };
    each((a, b, c) => numbers.numberOf(a, b, c));
    each((a, b, c, i) => {
      if (numbers.find(a, b, c) !== i) throw new Error(`${a} ${b} ${c} is ${numbers.find(a, b, c)}, not ${i}`);
    });
    expect(numbers.size).toBe(20_000);
    expect(numbers.find(100, 0, 0)).toBe(-1);
  });
});
