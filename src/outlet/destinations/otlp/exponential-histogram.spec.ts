import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SeededRandom } from '../../../../test/conformance/window-store/random.js';
import { DISTRIBUTIONS } from '../../../../test/fixtures/distributions.js';
import { quantileOf } from '../../../../test/fixtures/otlp/quantile.js';
import { Distribution, EXACT_VALUES_MAX } from '../../../model/distribution.js';
import { BUCKETS_MAX, bucketsOf, exponentialHistogram } from './exponential-histogram.js';

function of(values: Iterable<number>): Distribution {
  const distribution = new Distribution();
  for (const value of values) distribution.add(value);
  return distribution;
}

const QUANTILES = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999];

/** With counts that compare well. */
function sent(distribution: Distribution) {
  const { positive, negative, ...rest } = exponentialHistogram(distribution);
  const plain = ({ offset, counts }: typeof positive) => ({ offset, counts: [...counts] });
  return { ...rest, positive: plain(positive), negative: plain(negative) };
}

describe.each(DISTRIBUTIONS)('quantiles that a reader finds, %s', (_name, draw) => {
  it.each([
    ['few values', 7],
    ['values that are all kept', 5_000],
    ['more than are kept', 4 * EXACT_VALUES_MAX],
  ])('are within 1 %% of the exact ones: %s', (_title, count) => {
    const random = new SeededRandom(count);
    const next = (): number => random.fraction();
    const values = Array.from({ length: count }, () => draw(next));
    const distribution = of(values);
    const histogram = sent(distribution);
    const sorted = Float64Array.from(values).sort();
    for (const q of QUANTILES) {
      const exact = sorted[Math.floor(count * q)]!;
      expect(Math.abs(quantileOf(histogram, q) - exact)).toBeLessThanOrEqual(0.01 * Math.abs(exact));
    }
  });
});

describe('an exponential histogram', () => {
  const value = fc.oneof(
    fc.double({ min: -1e126, max: 1e126, noNaN: true }),
    fc.integer({ min: -100, max: 100 }),
    fc.constantFrom(0, 1, -1, 5e-324, 1e-300, 2 ** -1022),
  );
  const total = ({ counts }: { counts: readonly number[] }): number => counts.reduce((sum, count) => sum + count, 0);

  it('counts every value once, in the bucket whose edges are around it, and has few enough buckets', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 40 }), (values) => {
        const distribution = of(values);
        const { scale, zeroCount, positive, negative } = sent(distribution);
        expect(zeroCount).toBe(values.filter((x) => x === 0).length);
        expect(total(positive)).toBe(values.filter((x) => x > 0).length);
        expect(total(negative)).toBe(values.filter((x) => x < 0).length);
        expect(bucketsOf(distribution)).toBe(positive.counts.length + negative.counts.length);
        for (const { counts } of [positive, negative]) {
          if (counts.length > 0) expect([counts[0], counts.at(-1)]).not.toContain(0);
        }
        const exponent = (bucket: number): number => bucket * 2 ** -scale;
        for (const [side, magnitudes] of [
          [positive, values.filter((x) => x > 0)],
          [negative, values.filter((x) => x < 0).map((x) => -x)],
        ] as const) {
          for (const magnitude of magnitudes) {
            const log = Math.log2(magnitude);
            const near = side.counts.some((count, i) => {
              const bucket = side.offset + i;
              return count > 0 && exponent(bucket) <= log + 1e-9 && log - 1e-9 <= exponent(bucket + 1);
            });
            expect(near).toBe(true);
          }
          expect(side.counts.length).toBeLessThanOrEqual(BUCKETS_MAX);
        }
      }),
    );
  });

  it('is the same from a sketch as from the values that went into it', () => {
    const values = Array.from({ length: 3 * EXACT_VALUES_MAX }, (_, i) => ((i * 7919) % 1009) - 100);
    const sketched = of(values);
    expect(sketched.sketch).toBeDefined();
    const exact = sent(of(values.slice(0, 1009)));
    const { scale, zeroCount, positive, negative } = sent(sketched);
    expect(scale).toBe(exact.scale);
    expect(zeroCount).toBeGreaterThan(0);
    expect([positive.offset, positive.counts.length]).toEqual([exact.positive.offset, exact.positive.counts.length]);
    expect([negative.offset, negative.counts.length]).toEqual([exact.negative.offset, exact.negative.counts.length]);
  });

  it('has the full scale over 32 octaves and a lower one beyond', () => {
    expect(sent(of([1.01, 2 ** 32])).scale).toBe(6);
    expect(sent(of([1, 2 ** 33])).scale).toBe(5);
    expect(sent(of([1e-126, 1e126])).scale).toBe(1);
  });

  it('of one value or of none but zeros has what it needs', () => {
    expect(sent(of([1]))).toEqual({
      ...{ count: 1, sum: 1, min: 1, max: 1 },
      scale: 6,
      zeroCount: 0,
      positive: { offset: -1, counts: [1] },
      negative: { offset: 0, counts: [] },
    });
    expect(sent(of([0, 0]))).toMatchObject({ zeroCount: 2, positive: { counts: [] } });
  });
});
