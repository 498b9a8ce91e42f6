import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Bucket, bucketKey, type CountBucket, mergeBucket, type SampleBucket } from './bucket.js';
import { Cardinality } from './cardinality.js';
import { Distribution } from './distribution.js';
import { Kind } from './kind.js';

const identity = { name: 'n', source: '', unit: '' };
const value = fc.double({ min: -1e126, max: 1e126, noNaN: true }).map((x) => x + 0 || 0);

const sample = (atUs: number, of: number): SampleBucket => ({ kind: Kind.sample, ...identity, value: of, atUs });
const count = (sum: number): CountBucket => ({ kind: Kind.count, ...identity, sum, negative: sum < 0 });

/** Merges neighbours at the places that `choices` names, until one is left. */
function mergeAll<B extends Bucket>(buckets: B[], choices: readonly number[]): B {
  for (let i = 0; buckets.length > 1; i++) {
    const at = (choices[i % choices.length] ?? 0) % (buckets.length - 1);
    mergeBucket(buckets[at]!, buckets[at + 1]!);
    buckets.splice(at + 1, 1);
  }
  return buckets[0]!;
}

const choices = fc.array(fc.nat(), { minLength: 1, maxLength: 20 });

describe('mergeBucket', () => {
  it('keeps the last sample whatever the order and grouping, the larger one where times tie', () => {
    const few = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), value), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(few, choices, fc.integer(), (samples, where, rotation) => {
        const times = samples.map(([at]) => at);
        const latest = Math.max(...times);
        const expected = Math.max(...samples.filter(([at]) => at === latest).map(([, of]) => of));
        const turned = samples.map((_, i) => samples[(i + (rotation >>> 0)) % samples.length]!);
        for (const order of [samples, [...samples].reverse(), turned]) {
          const merged = mergeAll(
            order.map(([at, of]) => sample(at, of)),
            where,
          );
          expect([merged.atUs, merged.value]).toEqual([latest, expected]);
        }
      }),
    );
  });

  it('adds counters up within the rounding that it promises, and remembers a negative one', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 50 }), choices, (values, where) => {
        const one = mergeAll(values.map(count), where);
        const other = mergeAll([...values].reverse().map(count), [0]);
        const magnitude = values.reduce((sum, x) => sum + Math.abs(x), 0);
        expect(Math.abs(one.sum - other.sum)).toBeLessThanOrEqual(values.length * 2 ** -52 * magnitude);
        expect(one.negative).toBe(values.some((x) => x < 0));
      }),
    );
  });

  it('refuses buckets of different kinds', () => {
    const measure: Bucket = { kind: Kind.measure, ...identity, distribution: new Distribution() };
    for (const [into, from] of [
      [count(1), sample(1, 1)],
      [sample(1, 1), measure],
      [measure, count(1)],
      [{ kind: Kind.unique, ...identity, cardinality: new Cardinality() }, measure],
    ] as const) {
      expect(() => mergeBucket(into, from)).toThrow(TypeError);
    }
  });
});

describe('bucketKey', () => {
  it('tells apart what differs in one part only', () => {
    const keys = [
      bucketKey(Kind.count, 'a', '', ''),
      bucketKey(Kind.measure, 'a', '', ''),
      bucketKey(Kind.count, '', 'a', ''),
      bucketKey(Kind.count, '', '', 'a'),
      bucketKey(Kind.count, 'a', 'b', ''),
      bucketKey(Kind.count, 'ab', '', ''),
      bucketKey(Kind.count, 'a', '', 'b'),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});
