import { describe, expect, it } from '@jest/globals';
import { HttpError } from '../access/http-error.js';
import { ManualClock } from '../model/clock.js';
import { Kind } from '../model/kind.js';
import { POINTS_MAX, pointsOf } from './points.js';
import { Series } from './series.js';

const clock = new ManualClock(0);
const series = Array.from({ length: 1_000 }, (_, i) => new Series(Kind.count, `n${i}`, '', '', 1, `n${i}`));
const windows = (length: number) =>
  Array.from({ length }, (_, startSeconds) => {
    return { startSeconds, resolutionSeconds: 1, series, values: new Float64Array(series.length) };
  });

describe('the points of series', () => {
  it('are found window by window', async () => {
    const found = await pointsOf(series.slice(3, 5), windows(2), clock);
    expect(found.map(({ at }) => at)).toEqual([
      [3, 3],
      [4, 4],
    ]);
  });

  it('are refused where they are too many for one request', async () => {
    const many = windows(POINTS_MAX / 1_000 + 2);
    await expect(pointsOf(series, many, clock)).rejects.toThrow(HttpError);
    expect(await pointsOf(series.slice(0, 10), many, clock)).toHaveLength(10);
  });
});
