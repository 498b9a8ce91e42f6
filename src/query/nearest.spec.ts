import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../model/clock.js';
import { editDistance, nearestNames } from './nearest.js';

describe('the edit distance', () => {
  it.each([
    ['', '', 3, 0],
    ['a', '', 3, 1],
    ['', 'abc', 3, 3],
    ['kitten', 'sitting', 3, 3],
    ['db.latency', 'db.latencies', 3, 3],
    ['abcdef', 'bcdefg', 2, 2],
    ['same', 'same', 0, 0],
  ])('%j to %j', (a, b, limit, expected) => expect(editDistance(a, b, limit)).toBe(expected));

  it.each([
    ['kitten', 'sitting', 2],
    ['abc', 'xyz', 1],
    ['a', 'abc', 1],
    ['a', 'b', 0],
  ])('%j to %j is more than %d', (a, b, limit) => expect(editDistance(a, b, limit)).toBeGreaterThan(limit));

  it('is that of the whole table, wherever that is within the limit', () => {
    const whole = (a: string, b: string): number => {
      const at = (i: number, j: number): number =>
        i * j === 0
          ? i + j
          : Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1));
      return at(a.length, b.length);
    };
    const words = Array.from({ length: 3 ** 4 }, (_, n) => n.toString(3).padStart(n % 5, '0'));
    for (const a of words.filter((_, i) => i % 7 === 0)) {
      for (const b of words) {
        for (const limit of [0, 1, 2, 5]) {
          expect(Math.min(limit + 1, editDistance(a, b, limit))).toBe(Math.min(limit + 1, whole(a, b)));
        }
      }
    }
  });
});

describe('the nearest names', () => {
  const nearest = (name: string, names: readonly string[]) => nearestNames(name, names, new ManualClock(0));

  it('are the nearest first, five at most, whatever their letter case', async () => {
    const names = [
      'zzz',
      'db.latencies',
      'DB.Latency',
      'db.latency2',
      'db.latenc',
      'db.late',
      'dc.latency',
      'db-latency',
    ];
    expect(await nearest('db.latency', names)).toEqual([
      'DB.Latency',
      'db.latency2',
      'db.latenc',
      'dc.latency',
      'db-latency',
    ]);
  });

  it('are none where all are far', async () => {
    expect(await nearest('a', ['xyz', 'something'])).toEqual([]);
  });

  it('are found among 10,000 long ones in a moment', async () => {
    const names = Array.from({ length: 10_000 }, (_, i) => `${'n'.repeat(240)}${i}`);
    const startedAt = performance.now();
    expect(await nearest(`${'n'.repeat(240)}x`, names)).toHaveLength(5);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
