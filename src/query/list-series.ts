import type { Clock } from '../model/clock.js';
import { inTurns } from './in-turns.js';
import { Parameters } from './parameters.js';
import type { Recent } from './recent-series.js';
import { SELECTING, selectorOf } from './selector.js';
import type { Series } from './series.js';
import { type AskedStatistic, READERS, WIDTHS } from './statistics.js';
import type { SeriesWindow } from './tenant-windows.js';

const LIMIT = 100;
const LIMIT_MAX = 1_000;

/** A series as answers name it. */
export function identityOf({ id, kindName, name, source, unit, resolutionSeconds }: Series) {
  return { id, kind: kindName, name, source, unit, resolution: resolutionSeconds };
}

/**
 * `GET /series`: which series there are, and their last values.
 *
 * @param query what follows the `?`, as sent
 * @returns what makes the answer, as JSON, of what there is
 * @throws HttpError 400
 */
export function listSeries(query: string, clock: Clock): (recent: Recent) => Promise<string> {
  const parameters = new Parameters(query, [...SELECTING, 'limit', 'offset']);
  const isWanted = selectorOf(parameters);
  const limit = parameters.whole('limit', LIMIT, 1, LIMIT_MAX);
  const offset = parameters.whole('offset', 0, 0, Number.MAX_SAFE_INTEGER);
  return async ({ nowMs, series, windows }) => {
    const wanted: Series[] = [];
    await inTurns(series, (one) => void (isWanted(one) && wanted.push(one)), clock);
    const page = wanted.slice(offset, offset + limit);
    const last = await lastPoints(page, windows, clock);
    return JSON.stringify({
      now: nowMs / 1000,
      total: wanted.length,
      next: offset + limit < wanted.length ? offset + limit : null,
      series: page.map((one) => {
        const { window, at } = last.get(one)!;
        const latest: Partial<Record<AskedStatistic, number>> = {};
        for (const [name, read] of READERS[one.kind]) latest[name] = read(window.values, at);
        return { ...identityOf(one), lastTime: window.startSeconds, latest };
      }),
    });
  };
}

/** The last point of each series, each of which is in one of the windows. */
async function lastPoints(
  series: readonly Series[],
  windows: readonly SeriesWindow[],
  clock: Clock,
): Promise<ReadonlyMap<Series, { window: SeriesWindow; at: number }>> {
  const missing = new Set(series);
  const last = new Map<Series, { window: SeriesWindow; at: number }>();
  await inTurns(
    [...windows].reverse(),
    (window) => {
      if (missing.size === 0) return;
      let at = 0;
      for (const one of window.series) {
        if (missing.delete(one)) last.set(one, { window, at });
        at += WIDTHS[one.kind];
      }
    },
    clock,
    1,
  );
  return last;
}
