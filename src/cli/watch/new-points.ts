import type { DrainSeries, ListedSeries } from './drain-series.js';

/** A point as a line of JSON; time is the start of its window, s since the epoch. */
type Point = Readonly<Record<string, string | number | undefined>> & { readonly time: number };

/**
 * What `l2met watch` prints into a pipe: of each series the last point at first, then each new one. A window that is delivered
 * once more, since a line came late, is no new point, and neither is one before a point that was printed.
 */
export class NewPoints {
  /** Start of the last window that was printed, by series. */
  private printed: ReadonlyMap<string, number> | undefined;

  constructor(private readonly series: DrainSeries) {}

  /** The points since the last look, the earliest first. @throws CliError */
  async look(): Promise<Point[]> {
    const { series } = await this.series.list();
    const before = this.printed;
    const points: Point[] = [];
    const behind: ListedSeries[] = [];
    for (const one of series) {
      const last = before?.get(one.id);
      // The last point is at hand: only what lies between has to be asked for.
      if (!before || last === one.lastTime - one.resolution)
        points.push({ ...pointOf(one, one.lastTime), ...one.latest });
      else if (last === undefined || last < one.lastTime) behind.push(one);
    }
    const since = Math.min(...behind.map(({ id }) => before?.get(id) ?? 0));
    const printed = new Map(series.map(({ id, lastTime }) => [id, lastTime]));
    const missed = new Set(behind.map(({ id }) => id));
    for (const one of behind.length > 0 ? await this.series.query(behind, since) : []) {
      const { id, kind, name, source, unit, resolution, times, ...columns } = one;
      const last = before?.get(id) ?? -Infinity;
      for (const [i, time] of times.entries()) {
        if (time <= last) continue;
        const values = Object.entries(columns as Record<string, readonly number[]>).map(([stat, all]) => [
          stat,
          all[i],
        ]);
        points.push({
          ...pointOf({ kind, name, source, unit, resolution }, time),
          ...(Object.fromEntries(values) as Record<string, number>),
        });
      }
      printed.set(id, times.at(-1) ?? last);
      missed.delete(id);
    }
    // What an answer had no room for comes with the next.
    for (const id of missed) printed.set(id, before?.get(id) ?? -1);
    this.printed = printed;
    return points.sort((a, b) => a.time - b.time);
  }
}

function pointOf(
  { name, source, unit, kind, resolution }: Omit<ListedSeries, 'id' | 'lastTime' | 'latest'>,
  time: number,
): Point {
  return { time, name, source, unit, kind, resolution };
}
