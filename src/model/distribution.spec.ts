import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Distribution, EXACT_VALUES_MAX } from './distribution.js';
import { sorted } from './sketch.js';

/** Numbers that a seed repeats (mulberry32), from 0 to below 1. */
function randomOf(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Values of every size and sign, with ties and zeros. */
function valuesOf(n: number, random: () => number): number[] {
  return Array.from({ length: n }, () => {
    const dice = random();
    if (dice < 0.1) return 0;
    if (dice < 0.3) return Math.floor(random() * 10) - 3;
    return (random() - 0.3) * 10 ** Math.floor(random() * 30 - 10);
  });
}

function of(values: Iterable<number>): Distribution {
  const distribution = new Distribution();
  for (const value of values) distribution.add(value);
  return distribution;
}

/** All of a distribution but its sum. */
function contentOf({ count, min, max, sketch, ...rest }: Distribution, exact: Float64Array | undefined): unknown {
  void rest;
  return {
    count,
    min,
    max,
    values: exact && [...exact].sort((a, b) => a - b),
    bins: sketch && [sorted(sketch.negative), sketch.zero, sorted(sketch.positive)],
  };
}

const nearBound = fc.integer({ min: EXACT_VALUES_MAX - 3, max: EXACT_VALUES_MAX + 3 });
const sizes = fc.oneof(fc.integer({ min: 1, max: 50 }), nearBound, fc.integer({ min: 1, max: 3 * EXACT_VALUES_MAX }));

describe('Distribution', () => {
  it('is the same however its values were grouped and in whatever order they were merged', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 12 }), fc.integer(), (n, groups, seed) => {
        const random = randomOf(seed);
        const values = valuesOf(n, random);
        const parts = Array.from({ length: groups }, () => new Distribution());
        for (const value of values) parts[Math.floor(random() * random() * groups)]!.add(value);
        while (parts.length > 1) {
          const [part] = parts.splice(Math.floor(random() * parts.length), 1);
          parts[Math.floor(random() * parts.length)]!.merge(part!);
        }
        const merged = parts[0]!;
        const whole = of(values);
        expect(contentOf(merged, merged.exactValues())).toEqual(contentOf(whole, whole.exactValues()));
        const magnitude = values.reduce((sum, x) => sum + Math.abs(x), 0);
        expect(Math.abs(merged.sum - whole.sum)).toBeLessThanOrEqual(n * 2 ** -52 * magnitude);
      }),
      { numRuns: 30 },
    );
  });

  it.each([-1, 0, 1])('keeps the values or a sketch by the count alone: %i beside the bound', (beside) => {
    const n = EXACT_VALUES_MAX + beside;
    const values = valuesOf(n, randomOf(n));
    const merged = of(values.slice(0, 5000));
    merged.merge(of(values.slice(5000)));
    for (const distribution of [of(values), merged]) {
      expect(distribution.count).toBe(n);
      expect(distribution.sketch === undefined).toBe(beside <= 0);
      expect(distribution.exactValues() === undefined).toBe(beside > 0);
    }
  });

  it('leaves the one it merges in as it was', () => {
    for (const n of [3, EXACT_VALUES_MAX + 1]) {
      const from = of(valuesOf(n, randomOf(1)));
      const before = contentOf(from, from.exactValues()?.slice());
      const into = of([1, 2, 3]);
      into.merge(from);
      into.merge(from);
      into.add(5);
      expect(contentOf(from, from.exactValues())).toEqual(before);
      expect(into.count).toBe(2 * n + 4);
    }
  });

  it('is not changed by an empty one', () => {
    const into = of([1]);
    into.merge(new Distribution());
    expect([into.count, into.min, into.max, into.sum]).toEqual([1, 1, 1, 1]);
  });

  it('gives the sorted value at floor(n·q) while it has the values', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 200 }), (values) => {
        const inOrder = Float64Array.from(values).sort();
        for (const q of [0, 0.5, 0.95, 0.99]) {
          expect(of(values).quantile(q) === inOrder[Math.floor(values.length * q)]).toBe(true);
        }
      }),
    );
  });

  const shapes: Record<string, (random: () => number) => number> = {
    uniform: (random) => random() * 1000,
    lognormal: (random) => Math.exp(3 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())),
    'with two peaks': (random) => (random() < 0.5 ? 1 + random() / 10 : 5e6 + random()),
    'with zeros and negatives': (random) => Math.floor(random() * 4) * (random() - 0.4) * 100,
    'of one value': () => 42.5,
  };

  it.each(Object.keys(shapes))('keeps quantiles within 0.55 %% once it has a sketch: %s', (shape) => {
    const random = randomOf(7);
    const values = Float64Array.from({ length: 30_000 }, () => shapes[shape]!(random));
    const distribution = of(values);
    values.sort();
    for (let percent = 0; percent < 100; percent++) {
      const exact = values[Math.floor((values.length * percent) / 100)]!;
      const found = distribution.quantile(percent / 100);
      expect(Math.abs(found - exact)).toBeLessThanOrEqual(0.0055 * Math.abs(exact));
      expect(found).toBeGreaterThanOrEqual(values[0]!);
      expect(found).toBeLessThanOrEqual(values.at(-1)!);
    }
  });
});
