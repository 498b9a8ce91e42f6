import { describe, expect, it } from '@jest/globals';
import { Kind } from '../model/kind.js';
import { parseAssertions } from './assertions.js';
import type { SeriesPoints } from './points.js';
import { Series } from './series.js';
import { judge } from './verdict.js';

/** Points of a series in windows of a minute, by their start. */
function points(kind: Kind, name: string, source: string, byStart: Record<number, number[]>): SeriesPoints {
  const windows = Object.entries(byStart).map(([start, values]) => ({
    startSeconds: Number(start),
    resolutionSeconds: 60,
    series: [],
    values: Float64Array.from(values),
  }));
  return { series: new Series(kind, name, source, '', 60, ''), windows, at: windows.map(() => 0) };
}

// count, sum, min, max, median, p95, p99
const WEB_1 = points(Kind.measure, 'lat', 'web.1', { 60: [2, 10, 3, 7, 5, 7, 7], 120: [1, 20, 20, 20, 20, 20, 20] });
const WEB_2 = points(Kind.measure, 'lat', 'web.2', { 60: [1, 1, 1, 1, 1, 1, 1] });
const ORDERS = points(Kind.count, 'orders', '', { 60: [5], 120: [7] });
const DEPTH = [
  points(Kind.sample, 'depth', 'a', { 60: [99], 120: [3] }),
  points(Kind.sample, 'depth', 'b', { 60: [8] }),
];

const verdict = (assertion: string, all: readonly SeriesPoints[]) => judge(parseAssertions(assertion)[0]!, all);

describe('an assertion', () => {
  it.each([
    ['count=4', { holds: true, found: 4 }],
    ['sum=31', { holds: true, found: 31 }],
    ['mean<7.75', { holds: false, found: 7.75 }],
    ['min>1', { holds: false, found: 1, at: 60, name: 'lat', source: 'web.2' }],
    ['max<=20', { holds: true, found: 20, at: 120, name: 'lat', source: 'web.1' }],
    ['p95<20', { holds: false, found: 20, at: 120, name: 'lat', source: 'web.1' }],
    ['p95<=20', { holds: true, found: 20, at: 120, name: 'lat', source: 'web.1' }],
    ['median>=1', { holds: true, found: 1, at: 60, name: 'lat', source: 'web.2' }],
    ['median>1', { holds: false, found: 1, at: 60, name: 'lat', source: 'web.2' }],
    ['p99=7', { holds: false, found: 20, at: 120, name: 'lat', source: 'web.1' }],
    ['p99!=7', { holds: false, found: 7, at: 60, name: 'lat', source: 'web.1' }],
    ['p99!=8', { holds: true, found: 7, at: 60, name: 'lat', source: 'web.1' }],
  ])('%s of measures', (assertion, expected) => {
    expect(verdict(assertion, [WEB_1, WEB_2])).toEqual({ assert: assertion, ...expected });
  });

  it('adds counts up', () =>
    expect(verdict('sum>=12', [ORDERS])).toEqual({ assert: 'sum>=12', holds: true, found: 12 }));

  it('leaves the sums of counts out of the mean of measures', () =>
    expect(verdict('mean=7.75', [ORDERS, WEB_1, WEB_2]).found).toBe(7.75));

  it('looks at the last value of each series only', () => {
    expect(verdict('last<8', DEPTH)).toEqual({
      assert: 'last<8',
      holds: false,
      found: 8,
      at: 60,
      name: 'depth',
      source: 'b',
    });
    expect(verdict('last<9', DEPTH).holds).toBe(true);
  });

  it('counts windows with data, of which series whatever', () => {
    const [first, second] = WEB_1.windows as [SeriesPoints['windows'][0], SeriesPoints['windows'][0]];
    const other = { ...WEB_2, windows: [first] };
    expect(verdict('points=2', [{ ...WEB_1, windows: [first, second] }, other])).toMatchObject({
      holds: true,
      found: 2,
    });
    expect(verdict('points=0', [])).toEqual({ assert: 'points=0', holds: true, found: 0 });
  });

  it.each([
    ['p95<1', [], 'nothing was delivered of such series in this time'],
    ['p95<1', [ORDERS, ...DEPTH], 'nothing that was found has p95: it is of kind count, sample'],
    ['mean<1', [ORDERS], 'nothing that was found has mean: it is of kind count'],
  ])('%s does not hold where there is nothing to hold it against', (assertion, all, why) => {
    expect(verdict(assertion, all)).toEqual({ assert: assertion, holds: false, found: null, why });
  });
});
