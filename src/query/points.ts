import { HttpError } from '../access/http-error.js';
import type { Clock } from '../model/clock.js';
import { inTurns } from './in-turns.js';
import type { Series } from './series.js';
import { WIDTHS } from './statistics.js';
import type { SeriesWindow } from './tenant-windows.js';

/** Where the points of a series are, the earliest first: each in its window, from there on in its values. */
export interface SeriesPoints {
  readonly series: Series;
  readonly windows: SeriesWindow[];
  readonly at: number[];
}

/** A request is about so many points at most: more take too much time and memory of a process that takes log lines, too. */
export const POINTS_MAX = 500_000;

/** Finds the points of series in windows. Series without any are not in what it finds; the rest keep their order. @throws HttpError 400 */
export async function pointsOf(
  series: readonly Series[],
  windows: readonly SeriesWindow[],
  clock: Pick<Clock, 'monotonic'>,
): Promise<SeriesPoints[]> {
  const points = new Map<Series, SeriesPoints>();
  await inTurns(series, (one) => points.set(one, { series: one, windows: [], at: [] }), clock);
  let total = 0;
  await inTurns(
    windows,
    (window) => {
      if (total > POINTS_MAX) throw new HttpError('L2MET_QUERY_TOO_MUCH', `${POINTS_MAX} at most`);
      let at = 0;
      for (const one of window.series) {
        const found = points.get(one);
        if (found) {
          found.windows.push(window);
          found.at.push(at);
          total++;
        }
        at += WIDTHS[one.kind];
      }
    },
    clock,
    1,
  );
  return [...points.values()].filter((found) => found.at.length > 0);
}
