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

/** Finds the points of series in windows. Series without any are not in what it finds; the rest keep their order. */
export async function pointsOf(
  series: readonly Series[],
  windows: readonly SeriesWindow[],
  clock: Pick<Clock, 'monotonic'>,
): Promise<SeriesPoints[]> {
  const points = new Map<Series, SeriesPoints>();
  await inTurns(series, (one) => points.set(one, { series: one, windows: [], at: [] }), clock);
  await inTurns(
    windows,
    (window) => {
      let at = 0;
      for (const one of window.series) {
        const found = points.get(one);
        if (found) {
          found.windows.push(window);
          found.at.push(at);
        }
        at += WIDTHS[one.kind];
      }
    },
    clock,
    1,
  );
  return [...points.values()].filter((found) => found.at.length > 0);
}
