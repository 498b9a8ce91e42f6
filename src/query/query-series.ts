import { HttpError } from '../access/http-error.js';
import type { Clock } from '../model/clock.js';
import { type Assertion, AssertionSyntaxError, parseAssertions } from './assertions.js';
import { inTurns } from './in-turns.js';
import { identityOf } from './list-series.js';
import { nearestNames } from './nearest.js';
import { badParameter, Parameters } from './parameters.js';
import { pointsOf, type SeriesPoints } from './points.js';
import type { Recent } from './recent-series.js';
import { isPattern, SELECTING, selectorOf } from './selector.js';
import type { Series } from './series.js';
import { ASKED_STATISTICS, type AskedStatistic, READERS, statisticNamed } from './statistics.js';
import { timeRangeOf } from './time-range.js';
import { judge, type Verdict } from './verdict.js';

/** An answer has so many series at most, */
const SERIES_MAX = 1_000;

/** and about so many numbers: 4 MB of JSON. Windows of a second make many of one series. */
const NUMBERS_MAX = 400_000;

/** Assertions that a request may have: each looks at every point. */
const ASSERTIONS_MAX = 20;

/** An answer to `GET /query`. */
export interface QueryAnswer {
  /** Whether all assertions hold; undefined if there are none. */
  readonly holds: boolean | undefined;
  /** JSON. */
  readonly body: string;
}

/**
 * `GET /query`: the statistics of series over a time, and whether assertions on them hold.
 *
 * @param query what follows the `?`, as sent
 * @param recentMs for how long windows are kept
 * @returns what makes the answer of what there is
 * @throws HttpError 400
 */
export function querySeries(query: string, recentMs: number, clock: Clock): (recent: Recent) => Promise<QueryAnswer> {
  const parameters = new Parameters(query, [...SELECTING, 'stat', 'from', 'to', 'assert']);
  const isWanted = selectorOf(parameters);
  const names = parameters.all('name');
  if (names.length + parameters.all('id').length === 0 && parameters.one('search') === undefined) {
    throw new HttpError('L2MET_QUERY_SELECTION');
  }
  const statistics = statisticsOf(parameters);
  const range = timeRangeOf(parameters);
  const assertions = assertionsOf(parameters);
  return async ({ nowMs, series, windows }) => {
    const now = nowMs / 1000;
    const from = range.from?.(now) ?? Math.min(now - recentMs / 1000, windows[0]?.startSeconds ?? now);
    const to = range.to?.(now) ?? now;
    // Whose clock is ahead of the store's asks for what is still to come: nothing is there yet.
    if (from > to && range.from && range.to) throw badParameter('from', String(from), `before to, which is ${to}`);
    const wanted: Series[] = [];
    await inTurns(series, (one) => void (isWanted(one) && wanted.push(one)), clock);
    const inRange = windows.filter(({ startSeconds }) => startSeconds >= from && startSeconds < to);
    const points = await pointsOf(wanted, inRange, clock);
    const verdicts: Verdict[] = [];
    await inTurns(assertions, (assertion) => verdicts.push(judge(assertion, points)), clock, 1);
    const holds = verdicts.length > 0 ? verdicts.every((verdict) => verdict.holds) : undefined;
    const shown = fitting(points, statistics);
    const unknown = wanted.length === 0 ? names.find((name) => !isPattern(name)) : undefined;
    const head = {
      now,
      from,
      to,
      ...(holds !== undefined && { holds, assertions: verdicts }),
      earliest: windows[0]?.startSeconds ?? null,
      total: points.length,
      ...(shown.length < points.length && { truncated: true }),
      ...(unknown !== undefined && { nearest: await nearestTo(unknown, series, clock) }),
    };
    // Piece by piece, since of a large answer the whole would take long.
    const pieces: string[] = [];
    await inTurns(shown, (one) => pieces.push(JSON.stringify(columnsOf(one, statistics))), clock, 1);
    return { holds, body: `${JSON.stringify(head).slice(0, -1)},"series":[${pieces.join(',')}]}` };
  };
}

function statisticsOf(parameters: Parameters): ReadonlySet<AskedStatistic> {
  const asked = parameters.list('stat').map((text) => {
    const statistic = statisticNamed(text);
    if (!statistic) throw badParameter('stat', text, `one of ${ASKED_STATISTICS.join(', ')}`);
    return statistic;
  });
  return new Set(asked.length > 0 ? asked : ASKED_STATISTICS);
}

function assertionsOf(parameters: Parameters): Assertion[] {
  const given = parameters.all('assert');
  const assertions = given.flatMap((text) => {
    try {
      return parseAssertions(text);
    } catch (error) {
      if (!(error instanceof AssertionSyntaxError)) throw error;
      throw badParameter('assert', text, 'as p95<250,count>=100', error.message);
    }
  });
  if (assertions.length > ASSERTIONS_MAX)
    throw badParameter('assert', given.at(-1)!, `at most ${ASSERTIONS_MAX} of them`);
  return assertions;
}

/** As many series as an answer may have; at least one. */
function fitting(points: readonly SeriesPoints[], statistics: ReadonlySet<AskedStatistic>): readonly SeriesPoints[] {
  let numbers = 0;
  const end = points.findIndex(({ series, at }, i) => {
    const columns = [...READERS[series.kind].keys()].filter((name) => statistics.has(name)).length;
    numbers += at.length * (1 + columns);
    return i === SERIES_MAX || (i > 0 && numbers > NUMBERS_MAX);
  });
  return end < 0 ? points : points.slice(0, end);
}

function columnsOf({ series, windows, at }: SeriesPoints, statistics: ReadonlySet<AskedStatistic>) {
  const columns: Partial<Record<AskedStatistic, number[]>> = {};
  for (const [name, read] of READERS[series.kind]) {
    if (statistics.has(name)) columns[name] = at.map((offset, i) => read(windows[i]!.values, offset));
  }
  return { ...identityOf(series), times: windows.map(({ startSeconds }) => startSeconds), ...columns };
}

function nearestTo(name: string, series: readonly Series[], clock: Clock): Promise<string[]> {
  return nearestNames(name, new Set(series.map((one) => one.name)), clock);
}
