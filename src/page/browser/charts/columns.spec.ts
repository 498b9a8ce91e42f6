import { describe, expect, it } from '@jest/globals';
import { dense, merged } from './columns.js';

const points = (times: readonly number[], sum: readonly number[]) => ({ id: 'a', times, sum });

describe('points that arrive', () => {
  it('take the place of what was known from the instant that was asked for', () => {
    const first = merged(undefined, points([10, 15, 20], [1, 2, 3]), 10);
    const second = merged(first, points([15, 25], [7, 8]), 15);
    expect(second).toEqual({ times: [10, 15, 25], values: { sum: [1, 7, 8] } });
  });

  it('leave what is known as it is where there are none', () => {
    const first = merged(undefined, points([10, 15], [1, 2]), 10);
    expect(merged(first, points([], []), 20)).toEqual(first);
  });

  it('push out what is older than an hour', () => {
    const first = merged(undefined, points([0, 5_000], [1, 2]), 0);
    expect(merged(first, points([5_005], [3]), 5_005).times).toEqual([5_000, 5_005]);
  });
});

describe('a chart', () => {
  const columns = { times: [10, 15, 25], values: { sum: [1, 2, 3] } };

  it('has nothing where a window is missing, and each value in the middle of its window', () => {
    expect(dense(columns, ['sum'], 5, 10, 30)).toEqual([
      [12.5, 17.5, 22.5, 27.5, 32.5],
      [1, 2, null, 3, null],
    ]);
  });

  it('begins with the window that its span begins in', () => {
    expect(dense(columns, ['sum'], 5, 17, 26)).toEqual([
      [17.5, 22.5, 27.5],
      [2, null, 3],
    ]);
  });

  it('is empty of statistics that are not there', () => {
    expect(dense(columns, ['p95'], 5, 10, 14)).toEqual([[12.5], [null]]);
  });
});
