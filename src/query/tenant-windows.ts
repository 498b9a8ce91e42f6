import type { SeriesSummary } from '../model/window-summary.js';
import type { WindowRef } from '../model/window.js';
import type { RecentWindow } from '../store/window-store.js';
import { inOrder, Series, seriesKey } from './series.js';

/** What a series costs beyond its texts, and a window beyond its points, in bytes: objects, and entries of maps. */
const SERIES_BYTES = 250;
const WINDOW_BYTES = 400;

/** A window of a tenant, decoded. */
export interface SeriesWindow extends WindowRef {
  /** The series of its points. */
  readonly series: readonly Series[];
  /** Their statistics, one point behind the other, each as long as WIDTHS says. */
  readonly values: Float64Array;
}

interface Held {
  readonly window: SeriesWindow;
  readonly deliveredAt: number;
}

/** What is known of one tenant. What it gives out stays as it is, whatever is added or dropped later. */
export class TenantWindows {
  private readonly held = new Map<string, Held>();
  private readonly byKey = new Map<string, Series>();
  private sorted: readonly Series[] = [];
  private totalBytes = 0;
  /** Windows that do not start after this have had to go for want of room, and would have to again. */
  private fullUntil = -Infinity;

  /** What it takes in memory, about. */
  get bytes(): number {
    return this.totalBytes;
  }

  /** All series, in order. */
  get series(): readonly Series[] {
    return this.sorted;
  }

  /** All windows, the earliest first. */
  get windows(): readonly SeriesWindow[] {
    return Array.from(this.held.values(), ({ window }) => window).sort((a, b) => a.startSeconds - b.startSeconds);
  }

  /** Whether a window is to be read: it is new, or was delivered once more. */
  wants(window: RecentWindow): boolean {
    return window.startSeconds > this.fullUntil && this.held.get(keyOf(window))?.deliveredAt !== window.deliveredAt;
  }

  /** Takes a window in. */
  add(window: RecentWindow, points: readonly SeriesSummary[]): void {
    const { resolutionSeconds, startSeconds, deliveredAt } = window;
    const fresh: Series[] = [];
    const series = points.map(({ kind, name, source, unit }) => {
      const key = seriesKey(kind, name, source, unit, resolutionSeconds);
      let known = this.byKey.get(key);
      if (!known) {
        known = new Series(kind, name, source, unit, resolutionSeconds, key);
        this.byKey.set(key, known);
        this.totalBytes += bytesOfSeries(known);
        fresh.push(known);
      }
      known.windows++;
      return known;
    });
    const values = new Float64Array(points.reduce((sum, point) => sum + point.values.length, 0));
    let at = 0;
    for (const point of points) for (const value of point.values) values[at++] = value;
    const decoded = { resolutionSeconds, startSeconds, series, values };
    this.held.set(keyOf(window), { window: decoded, deliveredAt });
    this.totalBytes += bytesOfWindow(decoded);
    // Two runs that are in order each are merged, which is quick.
    if (fresh.length > 0) this.sorted = this.sorted.concat(fresh.sort(inOrder)).sort(inOrder);
  }

  /** Drops all windows but these, and of these any that was replaced. */
  retain(windows: readonly RecentWindow[]): void {
    const wanted = new Map(windows.map((window) => [keyOf(window), window.deliveredAt]));
    this.drop([...this.held.keys()].filter((key) => wanted.get(key) !== this.held.get(key)!.deliveredAt));
  }

  /** Drops the earliest windows until it takes no more than this, in bytes. */
  shrinkTo(bytesMax: number): void {
    if (this.totalBytes <= bytesMax) return;
    for (const window of this.windows) {
      if (this.totalBytes <= bytesMax) return;
      this.drop([keyOf(window)]);
      this.fullUntil = window.startSeconds;
    }
  }

  private drop(keys: readonly string[]): void {
    let isAnyGone = false;
    for (const key of keys) {
      const { window } = this.held.get(key)!;
      this.held.delete(key);
      this.totalBytes -= bytesOfWindow(window);
      for (const series of window.series) {
        if (--series.windows > 0) continue;
        isAnyGone = true;
        this.byKey.delete(series.key);
        this.totalBytes -= bytesOfSeries(series);
      }
    }
    if (isAnyGone) this.sorted = this.sorted.filter((series) => series.windows > 0);
  }
}

function keyOf({ resolutionSeconds, startSeconds }: WindowRef): string {
  return `${resolutionSeconds}:${startSeconds}`;
}

function bytesOfSeries({ key }: Series): number {
  // Its texts once for themselves, once as the key.
  return SERIES_BYTES + 2 * key.length;
}

function bytesOfWindow({ series, values }: SeriesWindow): number {
  return WINDOW_BYTES + 8 * series.length + values.byteLength;
}
