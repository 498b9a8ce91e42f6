import { describe, expect, it } from '@jest/globals';
import type { ClaimedWindow } from '../store/window-store.js';
import { MemoryBudget } from './memory-budget.js';

const windows = (...sizes: number[]): ClaimedWindow[] =>
  sizes.map((bytes, i) => ({
    resolutionSeconds: 60,
    startSeconds: i * 60,
    firstBatch: 0,
    endBatch: 1,
    bytes,
    pointsSettled: 0,
    firstDueAt: 0,
  }));
const taken = (budget: MemoryBudget, ...sizes: number[]) => budget.take(windows(...sizes)).windows.length;

describe('a claim', () => {
  it('takes the oldest windows up to a quarter of what is free', () => {
    const budget = new MemoryBudget(400);
    expect(taken(budget, 50, 50, 1)).toBe(2);
    expect(taken(budget, 70, 10, 1)).toBe(1);
  });

  it('takes one window that is larger, but only one at a time in all', () => {
    const budget = new MemoryBudget(400);
    const large = budget.take(windows(1_000, 1));
    expect(large.windows).toHaveLength(1);
    expect(taken(budget, 1_000)).toBe(0);
    expect(taken(budget, 100)).toBe(1);
    large.release();
    expect(taken(budget, 1_000)).toBe(1);
  });

  it('small ones pass, however many large ones hang', () => {
    const budget = new MemoryBudget(256 * 1024 * 1024);
    const MiB = 1024 * 1024;
    for (let i = 0; i < 200; i++) budget.take(windows(...new Array<number>(60).fill(MiB)));
    expect(taken(budget, 100_000)).toBe(1);
  });

  it('gives back what it took', () => {
    const budget = new MemoryBudget(400);
    for (let round = 0; round < 100; round++) {
      const some = [
        budget.take(windows(100)),
        budget.take(windows(75)),
        budget.take(windows(500)),
        budget.take(windows(60)),
      ];
      expect(some.map((one) => one.windows.length)).toEqual([1, 1, 1, 0]);
      for (const one of some) one.release();
    }
  });
});
