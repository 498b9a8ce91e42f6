import type { SecondValue } from '../../src/model/credentials.js';
import { windowStart } from '../../src/model/window.js';
import type { SeriesValues } from './destination.js';
import type { SentRequest } from './sender.js';

/** What the judge looks at. */
export interface Evidence {
  readonly requests: readonly SentRequest[];
  /** What the destination has in the end, by user and series. */
  readonly delivered: (user: string) => ReadonlyMap<string, SeriesValues>;
  readonly secondValue: SecondValue;
  readonly resolutionSeconds: number;
  /** Series that the destination was told to refuse. */
  readonly refused?: (series: string) => boolean;
}

/** What came of a run. Numbers are of requests, but for `wrong`. */
export interface Verdict {
  readonly acknowledged: number;
  /** Acknowledged or not. */
  readonly delivered: number;
  /** Acknowledged and not there, or not all of it. */
  readonly lost: number;
  /** How often more than once. */
  readonly twice: number;
  /** What is wrong besides, one sentence each. */
  readonly wrong: readonly string[];
}

/**
 * Compares exactly. A request carries a counter of its own, with the value 1, so what the destination has of it says how
 * often it was counted. With that known, the series that all requests share have to have exactly the sums of those that
 * are there. A request that was not acknowledged may be there or not, but wholly or not at all; nothing else may be there.
 */
export function judge(evidence: Evidence): Verdict {
  const { requests, delivered, refused = () => false } = evidence;
  const wrong: string[] = [];
  const expected = new Map<string, Totals>();
  let acknowledged = 0;
  let present = 0;
  let lost = 0;
  let twice = 0;
  for (const request of requests) {
    if (request.dropped > 0) wrong.push(`${request.parts[0]!.series}: ${request.dropped} measurements dropped as late`);
    const times = request.parts.map(({ series }) => total(delivered(request.user).get(series)));
    const judged = request.parts.map(({ series }, i) => (refused(series) ? undefined : times[i]!));
    const counted = judged.filter((count) => count !== undefined);
    const isThere = counted.length > 0 && counted.every((count) => count >= 1);
    const isTorn = !isThere && counted.some((count) => count >= 1);
    if (isThere) present++;
    if (isTorn && !request.acknowledged) wrong.push(`${request.parts[0]!.series}: only half of it is there`);
    if (request.acknowledged) acknowledged++;
    if (request.acknowledged && !isThere && counted.length > 0) lost++;
    twice += Math.max(0, ...times.map((count) => count - 1));
    const totals = expected.get(request.user) ?? { all: 0, sum: 0, certain: 0 };
    expected.set(request.user, totals);
    for (const [i, part] of request.parts.entries()) {
      // Whether a refused counter's request is there is told by its neighbours: it shares its window with them.
      const there = judged[i] ?? (request.acknowledged ? 1 : 0);
      totals.all += there * part.lines;
      totals.sum += there * part.sum;
      if (request.acknowledged) totals.certain += part.lines;
      if (judged[i] && evidence.secondValue === 'replaces') {
        wrong.push(...misplaced(delivered(request.user).get(part.series)!, part.atMs, evidence.resolutionSeconds));
      }
    }
  }
  wrong.push(...strangers(evidence), ...wrongSums(evidence, expected, twice));
  return { acknowledged, delivered: present, lost, twice, wrong };
}

interface Totals {
  /** Lines of requests that are there, and the sum of their measurements. */
  all: number;
  sum: number;
  /** Lines of requests that were acknowledged. */
  certain: number;
}

function total(values: SeriesValues | undefined): number {
  return values ? [...values.values()].reduce((sum, value) => sum + value, 0) : 0;
}

/** A line's own time says which window it belongs to. */
function misplaced(values: SeriesValues, atMs: number | undefined, resolutionSeconds: number): string[] {
  if (atMs === undefined) return [];
  const start = windowStart(atMs, resolutionSeconds);
  return [...values.keys()].filter((at) => at !== start).map((at) => `in the window of ${at} instead of ${start}`);
}

/** Series of requests that nobody sent, or sent for somebody else. */
function strangers({ requests, delivered }: Evidence): string[] {
  const known = new Map<string, Set<string>>();
  for (const { user, parts } of requests) {
    const series = known.get(user) ?? new Set(['all', 'ms count', 'ms sum']);
    known.set(user, series);
    for (const part of parts) series.add(part.series);
  }
  return [...known].flatMap(([user, series]) =>
    [...delivered(user).keys()]
      .filter((name) => !series.has(name) && !/^ms\.(median|perc95|perc99)$/.test(name))
      .map((name) => `${name} of ${user} was never sent`),
  );
}

/** The shared series. With something twice, a part of a window may be there twice: then only a loss can be told. */
function wrongSums(
  { delivered, secondValue }: Evidence,
  expected: ReadonlyMap<string, Totals>,
  twice: number,
): string[] {
  return [...expected].flatMap(([user, { all, sum, certain }]) => {
    const series = delivered(user);
    const found = {
      all: total(series.get('all')),
      count: total(series.get('ms count')),
      sum: total(series.get('ms sum')),
    };
    if (secondValue === 'adds' && twice > 0) {
      return found.all >= certain && found.count >= certain ? [] : [`${user}: ${found.all} lines of ${certain}`];
    }
    const right = found.all === all && found.count === all && Math.abs(found.sum - sum) < 1e-6 * (1 + sum);
    return right ? [] : [`${user}: all ${found.all}, count ${found.count} of ${all}; sum ${found.sum} of ${sum}`];
  });
}
