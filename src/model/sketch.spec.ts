import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { binOf, binValue, Sketch, sorted } from './sketch.js';

const bits = new DataView(new ArrayBuffer(8));

/** A positive number as mantissa · 2^exponent, both whole. */
function parts(value: number): { mantissa: bigint; exponent: number } {
  bits.setFloat64(0, value);
  const all = bits.getBigUint64(0);
  const field = Number(all >> 52n);
  const fraction = all & ((1n << 52n) - 1n);
  return field === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | (1n << 52n), exponent: field - 1075 };
}

/**
 * The bin by whole numbers alone: v = m·2^e is at most 2^((i+1)/64) exactly if m^64 is at most 2^(i+1−64e), so the least
 * such i follows from the length of m^64 in bits.
 */
function exactBinOf(value: number): number {
  const { mantissa, exponent } = parts(value);
  const power = mantissa ** 64n;
  const length = power.toString(2).length;
  const isPowerOfTwo = power === 1n << BigInt(length - 1);
  return (isPowerOfTwo ? length - 1 : length) + 64 * exponent - 1;
}

/** The next number up (1) or down (−1). */
function neighbour(value: number, by: 1 | -1): number {
  bits.setFloat64(0, value);
  bits.setBigUint64(0, bits.getBigUint64(0) + BigInt(by));
  return bits.getFloat64(0);
}

const positive = fc.double({ min: 5e-324, max: Number.MAX_VALUE, noNaN: true });

describe('binOf', () => {
  it('agrees with whole-number arithmetic for any positive number', () => {
    fc.assert(
      fc.property(positive, (value) => {
        expect(binOf(value)).toBe(exactBinOf(value));
      }),
      { numRuns: 2_000 },
    );
  });

  it('agrees with it on, just below and just above both edges of every bin of an octave', () => {
    const wrong: string[] = [];
    for (const octave of [1, 2 ** -1021, 2 ** 1022, 2 ** -3]) {
      for (let i = 0; i <= 64; i++) {
        const edge = octave * 2 ** (i / 64);
        for (const value of [neighbour(edge, -1), edge, neighbour(edge, 1)]) {
          if (binOf(value) !== exactBinOf(value))
            wrong.push(`${value} is in ${exactBinOf(value)}, not ${binOf(value)}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('puts every power of two at the upper end of its bin, subnormal ones included', () => {
    for (let exponent = -1074; exponent <= 1023; exponent++) {
      expect(binOf(2 ** exponent)).toBe(64 * exponent - 1);
      if (exponent > -1074)
        expect(binOf(neighbour(2 ** exponent, 1))).toBe(
          exponent < -1023 ? exactBinOf(neighbour(2 ** exponent, 1)) : 64 * exponent,
        );
    }
  });

  it('takes the least and the largest number there is', () => {
    expect(binOf(5e-324)).toBe(-1074 * 64 - 1);
    expect(binOf(Number.MAX_VALUE)).toBe(1024 * 64 - 1);
    expect(binOf(neighbour(2 ** -1022, -1))).toBe(exactBinOf(neighbour(2 ** -1022, -1)));
  });

  it('never puts a larger number in a lower bin', () => {
    fc.assert(
      fc.property(positive, positive, (a, b) => {
        expect(Math.sign(binOf(a) - binOf(b)) * Math.sign(a - b)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('has a value for each bin that is within 0.55 % of all numbers in it', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (value) => {
        expect(Math.abs(binValue(binOf(value)) / value - 1)).toBeLessThan(0.0055);
      }),
    );
  });
});

describe('Sketch', () => {
  it('ranks negative values, zeros and positive values in ascending order', () => {
    const sketch = new Sketch();
    for (const value of [3, -0, 0, -8, 1e-9, -0.5, 700]) sketch.add(value);
    const ranked = [0, 1, 2, 3, 4, 5, 6].map((rank) => sketch.at(rank));
    [-8, -0.5, 0, 0, 1e-9, 3, 700].forEach((value, rank) => {
      expect(Math.abs(ranked[rank]! - value)).toBeLessThanOrEqual(0.0055 * Math.abs(value));
    });
  });

  it('gives the bins in ascending order', () => {
    const sketch = new Sketch();
    for (const value of [1000, 0.001, 1, 1000]) sketch.add(value);
    const bins = sorted(sketch.positive);
    expect(bins.map(([, count]) => count)).toEqual([1, 1, 2]);
    expect(bins.map(([bin]) => bin)).toEqual([0.001, 1, 1000].map(binOf));
  });
});
