import type { Assertion, Operator } from './assertions.js';
import type { SeriesPoints } from './points.js';
import { type AskedStatistic, READERS, type StatisticReader } from './statistics.js';

/** What was found of an assertion. */
export interface Verdict {
  /** The assertion as it was written. */
  readonly assert: string;
  readonly holds: boolean;
  /** The value that decides: where each has to hold, the one that is the furthest from it; null if there is none. */
  readonly found: number | null;
  /** Where that is, if it is the value of one point: the start of its window, s since the epoch, and its series. */
  readonly at?: number;
  readonly name?: string;
  readonly source?: string;
  /** Why nothing is found, as a sentence. */
  readonly why?: string;
}

interface Found {
  readonly value: number;
  readonly in?: { readonly points: SeriesPoints; readonly index: number };
}

/** Holds an assertion against the points of the series that were asked for, those without any left out. */
export function judge({ text, subject, operator, bound }: Assertion, all: readonly SeriesPoints[]): Verdict {
  const found =
    subject === 'points' ? { value: windowsIn(all) } : FINDERS[subject](all, subject, badness(operator, bound));
  if (!found) {
    const why =
      all.length === 0
        ? 'nothing was delivered of such series in this time'
        : `nothing that was found has ${subject}: it is of kind ${kindsOf(all)}`;
    return { assert: text, holds: false, found: null, why };
  }
  const verdict = { assert: text, holds: HOLDS[operator](found.value, bound), found: found.value };
  if (!found.in) return verdict;
  const { points, index } = found.in;
  const { name, source } = points.series;
  return { ...verdict, at: points.windows[index]!.startSeconds, name, source };
}

const HOLDS: Readonly<Record<Operator, (value: number, bound: number) => boolean>> = {
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
  '=': (value, bound) => value === bound,
  '!=': (value, bound) => value !== bound,
};

/** Of several values the one with the most of it decides: if an operator holds for that, it holds for all. */
type Badness = (value: number) => number;

function badness(operator: Operator, bound: number): Badness {
  switch (operator) {
    case '<':
    case '<=':
      return (value) => value;
    case '>':
    case '>=':
      return (value) => -value;
    case '=':
      return (value) => Math.abs(value - bound);
    case '!=':
      return (value) => -Math.abs(value - bound);
  }
}

type Finder = (all: readonly SeriesPoints[], statistic: AskedStatistic, bad: Badness) => Found | undefined;

/** Counts, sums and extremes of windows make those of the whole; percentiles of windows make none, so each has to hold. */
const FINDERS: Readonly<Record<AskedStatistic, Finder>> = {
  count: total,
  sum: total,
  mean: (all) => {
    const measured = all.filter(({ series }) => READERS[series.kind].has('mean'));
    const [sum, count] = [total(measured, 'sum'), total(measured, 'count')];
    return sum && count && { value: sum.value / count.value };
  },
  min: (all, statistic) => most(all, statistic, (value) => -value),
  max: (all, statistic) => most(all, statistic, (value) => value),
  median: most,
  p95: most,
  p99: most,
  unique: most,
  last: (all, statistic, bad) => most(all, statistic, bad, true),
};

function total(all: readonly SeriesPoints[], statistic: AskedStatistic): Found | undefined {
  let found: { value: number } | undefined;
  for (const { points, read } of havingAny(all, statistic)) {
    found ??= { value: 0 };
    for (let i = 0; i < points.at.length; i++) found.value += read(points.windows[i]!.values, points.at[i]!);
  }
  return found;
}

function most(
  all: readonly SeriesPoints[],
  statistic: AskedStatistic,
  bad: Badness,
  onlyLatest = false,
): Found | undefined {
  let worst: Found | undefined;
  for (const { points, read } of havingAny(all, statistic)) {
    for (let index = onlyLatest ? points.at.length - 1 : 0; index < points.at.length; index++) {
      const value = read(points.windows[index]!.values, points.at[index]!);
      if (!worst || bad(value) > bad(worst.value)) worst = { value, in: { points, index } };
    }
  }
  return worst;
}

function havingAny(
  all: readonly SeriesPoints[],
  statistic: AskedStatistic,
): { points: SeriesPoints; read: StatisticReader }[] {
  return all.flatMap((points) => {
    const read = READERS[points.series.kind].get(statistic);
    return read ? [{ points, read }] : [];
  });
}

function windowsIn(all: readonly SeriesPoints[]): number {
  const distinct = new Set<SeriesPoints['windows'][number]>();
  for (const { windows } of all) for (const window of windows) distinct.add(window);
  return distinct.size;
}

function kindsOf(all: readonly SeriesPoints[]): string {
  return [...new Set(all.map(({ series }) => series.kindName))].join(', ');
}
