import type { SecondValue } from '../../src/model/credentials.js';
import { EXACT_VALUES_MAX } from '../../src/model/distribution.js';
import { QUANTILES } from '../../src/model/metric-point.js';
import { windowStart } from '../../src/model/window.js';
import type { SeriesValues } from './destination.js';
import type { Part, SentRequest } from './sender.js';

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
 * often it was counted. With that known, the series that all requests share have to have exactly what follows from those that
 * are there. A request that was not acknowledged may be there or not, but wholly or not at all; nothing else may be there.
 */
export function judge(evidence: Evidence): Verdict {
  const { requests, delivered, refused = () => false } = evidence;
  const wrong: string[] = [];
  let acknowledged = 0;
  let present = 0;
  let lost = 0;
  let twice = 0;
  const counted: CountedPart[] = [];
  for (const { user, parts, acknowledged: isAcknowledged, dropped } of requests) {
    if (dropped > 0) wrong.push(`${parts[0]!.series}: ${dropped} measurements dropped as late`);
    const series = parts.map((part) => delivered(user).get(part.series));
    const times = series.map(total);
    // Whether a counter that was refused is there is told by its neighbours: it shares its window with them.
    const judged = times.filter((_count, i) => !refused(parts[i]!.series));
    const isThere = judged.length > 0 && judged.every((count) => count >= 1);
    if (isThere) present++;
    if (isAcknowledged) acknowledged++;
    if (isAcknowledged && !isThere && judged.length > 0) lost++;
    if (!isAcknowledged && !isThere && judged.some((count) => count >= 1)) {
      wrong.push(`${parts[0]!.series}: only half of it is there`);
    }
    twice += Math.max(0, ...times.map((count) => count - 1));
    for (const [i, part] of parts.entries()) {
      const isRefused = refused(part.series);
      const at = startOf(part, series[i], evidence.resolutionSeconds);
      counted.push({ user, part, times: isRefused ? Number(isAcknowledged) : times[i]!, at });
      wrong.push(
        ...(evidence.secondValue === 'adds' ? storedTwice(part, series[i]) : misplaced(part, series[i], evidence)),
      );
    }
  }
  wrong.push(...strangers(evidence));
  wrong.push(
    ...(evidence.secondValue === 'adds' ? wrongTotals(evidence, counted, twice) : wrongWindows(evidence, counted)),
  );
  return { acknowledged, delivered: present, lost, twice, wrong };
}

/** One window's lines of a request, and how often the destination has them. */
interface CountedPart {
  readonly user: string;
  readonly part: Part;
  readonly times: number;
  /** Start of the window that they belong to; undefined if they have no time and are nowhere. */
  readonly at: number | undefined;
}

function total(values: SeriesValues | undefined): number {
  return values ? [...values.values()].reduce((sum, { value }) => sum + value, 0) : 0;
}

function startOf({ atMs }: Part, values: SeriesValues | undefined, resolutionSeconds: number): number | undefined {
  return atMs === undefined ? values && [...values.keys()][0] : windowStart(atMs, resolutionSeconds);
}

/** A line's own time says which window it belongs to; without one it is in one window all the same. */
function misplaced(
  { series, atMs }: Part,
  values: SeriesValues | undefined,
  { resolutionSeconds }: Evidence,
): string[] {
  const starts = [...(values?.keys() ?? [])];
  if (atMs === undefined) return starts.length > 1 ? [`${series} is in the windows of ${starts.join()}`] : [];
  const right = windowStart(atMs, resolutionSeconds);
  return starts
    .filter((start) => start !== right)
    .map((start) => `${series} is in the window of ${start}, not ${right}`);
}

/** A POST that came again brings 1 again; a request that was stored twice brings 2 at once, or comes in two windows. */
function storedTwice({ series }: Part, values: SeriesValues | undefined): string[] {
  if (!values) return [];
  if (values.size > 1) return [`${series} was stored twice: it is in the windows of ${[...values.keys()].join()}`];
  return [...values.values()]
    .filter(({ value, posts }) => value > posts)
    .map(({ value, posts }) => `${series} was stored twice: ${value} came with ${posts} POSTs`);
}

/** Series of requests that nobody sent, or sent for somebody else. */
function strangers({ requests, delivered }: Evidence): string[] {
  const known = new Map<string, Set<string>>();
  const common = ['all', 'some', 'last', 'ms count', 'ms sum', ...QUANTILES.map(({ suffix }) => `ms.${suffix}`)];
  for (const { user, parts } of requests) {
    const series = known.get(user) ?? new Set(common);
    known.set(user, series);
    for (const part of parts) series.add(part.series);
  }
  return [...known].flatMap(([user, series]) =>
    [...delivered(user).keys()].filter((name) => !series.has(name)).map((name) => `${name} of ${user} was never sent`),
  );
}

/**
 * The shared series of a destination that adds, over all windows. With something twice, a part of a window may be there
 * twice: then only a loss can be told.
 */
function wrongTotals({ requests, delivered }: Evidence, counted: readonly CountedPart[], twice: number): string[] {
  return users(requests).flatMap((user) => {
    const lines = sum(counted.filter((one) => one.user === user).map(({ times, part }) => times * part.lines));
    const certain = sum(
      requests
        .filter((request) => request.user === user && request.acknowledged)
        .flatMap(({ parts }) => parts.map((part) => part.lines)),
    );
    const found = ['all', 'ms count'].map((series) => total(delivered(user).get(series)));
    const isRight = (count: number): boolean => (twice > 0 ? count >= certain : count === lines);
    return found.every(isRight) ? [] : [`${user}: ${found.join(' and ')} lines of ${twice > 0 ? certain : lines}`];
  });
}

/** The shared series of a destination that replaces, window by window: all of it follows from the requests that are there. */
function wrongWindows({ requests, delivered, refused }: Evidence, counted: readonly CountedPart[]): string[] {
  return users(requests).flatMap((user) => {
    const series = delivered(user);
    const byWindow = new Map<number, CountedPart[]>();
    for (const one of counted) {
      if (one.user !== user || one.times === 0 || one.at === undefined) continue;
      const of = byWindow.get(one.at);
      if (of) of.push(one);
      else byWindow.set(one.at, [one]);
    }
    const starts = new Set([...byWindow.keys(), ...(series.get('all')?.keys() ?? [])]);
    return [...starts].flatMap((start) => {
      const expected = expectedOf(byWindow.get(start) ?? []);
      return Object.entries(expected).flatMap(([name, value]) => {
        const found = series.get(name)?.get(start)?.value;
        if (found === value || refused?.(name)) return [];
        // With more values than are kept, percentiles are within 1 %.
        const isSketched = expected['ms count']! > EXACT_VALUES_MAX && name.startsWith('ms.');
        if (isSketched && Math.abs(found! - value!) <= 0.01 * value!) return [];
        return [`${user} in the window of ${start}: ${name} is ${found}, not ${value}`];
      });
    });
  });
}

function expectedOf(parts: readonly CountedPart[]): Record<string, number | undefined> {
  const values = parts
    .flatMap(({ part, times }) => Array.from({ length: part.lines * times }, () => part.ms))
    .sort((a, b) => a - b);
  const timed = parts.map(({ part }) => part).filter(({ atMs }) => atMs !== undefined);
  const latest = Math.max(...timed.map(({ atMs }) => atMs!));
  const last = timed.filter(({ atMs }) => atMs === latest).map((part) => part.last);
  return {
    all: values.length,
    some: parts.reduce((count, { part, times }) => count + (part.some ? part.lines * times : 0), 0) || undefined,
    'ms count': values.length,
    'ms sum': sum(values),
    ...Object.fromEntries(QUANTILES.map(({ suffix, q }) => [`ms.${suffix}`, values[Math.floor(values.length * q)]])),
    // On a tie the larger one.
    last: last.length > 0 ? Math.max(...last) : undefined,
  };
}

function users(requests: readonly SentRequest[]): string[] {
  return [...new Set(requests.map(({ user }) => user))];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
