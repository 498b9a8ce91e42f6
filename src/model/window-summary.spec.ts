import { describe, expect, it } from '@jest/globals';
import { Cardinality } from './cardinality.js';
import { Distribution } from './distribution.js';
import { Kind } from './kind.js';
import type { MetricPoint, PointValue } from './metric-point.js';
import { readSummary, SummaryWriter, UnreadableSummaryError } from './window-summary.js';

const window = { resolutionSeconds: 60, startSeconds: 1_800_000_000 };

function summaryOf(points: readonly Omit<MetricPoint, 'window'>[]): Uint8Array {
  const writer = new SummaryWriter();
  for (const point of points) writer.add({ ...point, window });
  return writer.finish();
}

function distribution(values: readonly number[]): PointValue {
  const distribution = new Distribution();
  for (const value of values) distribution.add(value);
  return { type: 'distribution', distribution };
}

describe('a summary of a window', () => {
  it('has every statistic of each kind, and texts as they were', () => {
    const cardinality = new Cardinality();
    for (const hash of [1, 2, 3]) cardinality.add(hash);
    const points: Omit<MetricPoint, 'window'>[] = [
      { name: 'db', source: 'web.1', unit: 'ms', value: distribution([5, 1, 4, 2, 3]) },
      { name: 'db', source: '', unit: 'ms', value: distribution([-0.25]) },
      { name: 'hits', source: 'web.1', unit: '', value: { type: 'sum', sum: -7.5, monotonic: false } },
      { name: 'ünits<img>', source: '\ufeff💥', unit: 'MB', value: { type: 'last', last: 1e126, atUs: 1 } },
      { name: 'users', source: '', unit: '', value: { type: 'cardinality', cardinality } },
    ];
    expect(readSummary(summaryOf(points))).toEqual([
      { kind: Kind.measure, name: 'db', source: 'web.1', unit: 'ms', values: [5, 15, 1, 5, 3, 5, 5] },
      { kind: Kind.measure, name: 'db', source: '', unit: 'ms', values: [1, -0.25, -0.25, -0.25, -0.25, -0.25, -0.25] },
      { kind: Kind.count, name: 'hits', source: 'web.1', unit: '', values: [-7.5] },
      { kind: Kind.sample, name: 'ünits<img>', source: '\ufeff💥', unit: 'MB', values: [1e126] },
      { kind: Kind.unique, name: 'users', source: '', unit: '', values: [3] },
    ]);
  });

  it('may be of nothing', () => {
    expect(readSummary(summaryOf([]))).toEqual([]);
  });

  it('takes a text once, however often it comes', () => {
    const name = 'a'.repeat(200);
    const points = Array.from({ length: 100 }, (_, i): Omit<MetricPoint, 'window'> => {
      return { name, source: `web.${i}`, unit: '', value: { type: 'sum', sum: i, monotonic: true } };
    });
    expect(summaryOf(points).length).toBeLessThan(200 + 100 * 24);
  });

  it('is refused where it cannot be read: another version, a kind that is not known, an end too soon', () => {
    const good = summaryOf([{ name: 'db', source: '', unit: 'ms', value: distribution([1]) }]);
    const changed = (at: number, byte: number): Uint8Array => good.with(at, byte);
    for (const bad of [changed(0, 9), changed(1, 14), new Uint8Array(0)]) {
      expect(() => readSummary(bad)).toThrow(UnreadableSummaryError);
    }
    for (let end = 2; end < good.length; end++) {
      expect(() => readSummary(good.subarray(0, end))).toThrow(UnreadableSummaryError);
    }
  });
});
