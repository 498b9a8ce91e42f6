import type { KindName, Points } from '../api.js';

/** How long points are kept, s: as the service does. */
const KEPT_SECONDS = 3_600;

/** The points of a series that the page has: a column a statistic, beside the starts of the windows. */
export interface Columns {
  readonly times: readonly number[];
  readonly values: Readonly<Record<string, readonly number[]>>;
}

/** What is drawn of a series, the first most strongly. */
export const DRAWN = {
  measure: ['median', 'p95', 'p99'],
  count: ['sum'],
  sample: ['last'],
  unique: ['unique'],
} as const satisfies Readonly<Record<KindName, readonly string[]>>;

/** How a statistic is called beside its value. */
export const STATISTIC_LABELS: Readonly<Record<string, string>> = {
  median: 'median',
  p95: 'p95',
  p99: 'p99',
  sum: 'sum',
  last: 'last',
  unique: 'different',
};

/** What was known, with an answer that has all from an instant on in the place of what was known from then on. */
export function merged(known: Columns | undefined, points: Points, from: number): Columns {
  const { times } = points;
  const columns = Object.entries(points).filter(
    (entry): entry is [string, readonly number[]] => entry[0] !== 'times' && Array.isArray(entry[1]),
  );
  const oldest = (times.at(-1) ?? from) - KEPT_SECONDS;
  const begin = known ? indexFrom(known.times, oldest) : 0;
  const end = known ? indexFrom(known.times, from) : 0;
  const join = (before: readonly number[] | undefined, after: readonly number[]): readonly number[] => [
    ...(before?.slice(begin, end) ?? []),
    ...after,
  ];
  return {
    times: join(known?.times, times),
    values: Object.fromEntries(columns.map(([name, column]) => [name, join(known?.values[name], column)])),
  };
}

/** One row for each window of a span: null where a window is missing, so that a line has a gap there and a bar is not. */
export function dense(
  columns: Columns,
  statistics: readonly string[],
  resolution: number,
  fromSeconds: number,
  toSeconds: number,
): [number[], ...(number | null)[][]] {
  const start = Math.floor(fromSeconds / resolution) * resolution;
  const length = Math.max(0, Math.floor((toSeconds - start) / resolution) + 1);
  // A value stands in the middle of its window.
  const middles = Array.from({ length }, (_, i) => start + (i + 0.5) * resolution);
  const filled = statistics.map((statistic) => {
    const row = new Array<number | null>(length).fill(null);
    const column = columns.values[statistic] ?? [];
    for (let i = indexFrom(columns.times, start); i < columns.times.length; i++) {
      const slot = (columns.times[i]! - start) / resolution;
      if (slot < length) row[slot] = column[i] ?? null;
    }
    return row;
  });
  return [middles, ...filled];
}

/** Index of the first time that is not before an instant. */
export function indexFrom(times: readonly number[], seconds: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < seconds) low = middle + 1;
    else high = middle;
  }
  return low;
}
