import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { atOnce } from '../../../../test/fixtures/at-once.js';
import { decodeRequest } from '../../../../test/fixtures/otlp/decode.js';
import { Cardinality } from '../../../model/cardinality.js';
import { Distribution } from '../../../model/distribution.js';
import type { MetricPoint, PointValue } from '../../../model/metric-point.js';
import type { DestinationRecord } from '../../destination.js';
import { ENCODINGS } from './metrics-service.js';
import { metricsOf, preparePoints } from './otlp-points.js';

const window = { resolutionSeconds: 60, startSeconds: 1_764_072_000 };

function distributionOf(values: readonly number[]): Distribution {
  const distribution = new Distribution();
  for (const value of values) distribution.add(value);
  return distribution;
}

function recordsOf(points: readonly MetricPoint[], encoding: 'protobuf' | 'json' = 'json', percentiles = false) {
  return atOnce(preparePoints(points, { encoding, percentiles })).records;
}

function encoded(records: readonly DestinationRecord[], encoding: 'protobuf' | 'json'): Uint8Array {
  return ENCODINGS[encoding].encode({ resource: new Map(), metrics: metricsOf(records) });
}

const point = (name: string, value: PointValue, source = '', unit = ''): MetricPoint => ({
  name,
  source,
  unit,
  window,
  value,
});
const measure = (name: string, values: readonly number[], source = '', unit = 'ms'): MetricPoint =>
  point(name, { type: 'distribution', distribution: distributionOf(values) }, source, unit);

describe.each(['protobuf', 'json'] as const)('points as %s, read back by another library', (encoding) => {
  const readBack = (points: readonly MetricPoint[], percentiles = false) =>
    decodeRequest(encoded(recordsOf(points, encoding, percentiles), encoding), encoding);
  const times = { startSeconds: window.startSeconds, endSeconds: window.startSeconds + 60 };

  it('a counter is a delta Sum, monotonic unless a negative value was seen', () => {
    const [up, down] = readBack([
      point('logins', { type: 'sum', sum: 12, monotonic: true }, 'web.1'),
      point('balance', { type: 'sum', sum: -2.5, monotonic: false }),
    ]);
    const common = { type: 'sum', unit: '', temporality: 1, resource: {}, ...times };
    expect(up).toEqual({ ...common, name: 'logins', value: 12, monotonic: true, attributes: { source: 'web.1' } });
    expect(down).toEqual({ ...common, name: 'balance', value: -2.5, monotonic: false, attributes: {} });
  });

  it('a sample is a Gauge, with its unit in UCUM', () => {
    const [gauge] = readBack([point('memory', { type: 'last', last: 512.25, atUs: 1 }, 'web.1', 'MB')]);
    expect(gauge).toMatchObject({ type: 'gauge', unit: 'MBy', value: 512.25, ...times });
  });

  it('a measurement is a delta exponential histogram with min, max and sum', () => {
    const [read, ...others] = readBack([measure('latency', [1, 2, 4, 0])]);
    expect(others).toEqual([]);
    expect(read).toMatchObject({ type: 'exponentialHistogram', temporality: 1, unit: 'ms', ...times });
    expect(read!.histogram).toMatchObject({ count: 4, sum: 7, min: 0, max: 4, scale: 6, zeroCount: 1 });
    expect(read!.histogram!.positive).toMatchObject({ offset: -1 });
  });

  it('the sum is left out where a value is negative', () => {
    const [read] = readBack([measure('delta', [-3, 5])]);
    expect(read!.histogram!.sum).toBeUndefined();
    expect(read!.histogram).toMatchObject({ count: 2, min: -3, max: 5 });
  });

  it('percentiles go out as gauges where they are asked for', () => {
    const values = Array.from({ length: 100 }, (_, i) => i + 1);
    const read = readBack([measure('latency', values, 'web.1')], true);
    expect(read.map(({ name, type, value, unit }) => [name, type, value, unit])).toEqual([
      ['latency', 'exponentialHistogram', undefined, 'ms'],
      ['latency.median', 'gauge', 51, 'ms'],
      ['latency.perc95', 'gauge', 96, 'ms'],
      ['latency.perc99', 'gauge', 100, 'ms'],
    ]);
    for (const { attributes } of read) expect(attributes).toEqual({ source: 'web.1' });
  });

  it('data points of one metric stand together, of others apart', () => {
    const sum = (monotonic: boolean): PointValue => ({ type: 'sum', sum: 1, monotonic });
    const records = recordsOf([
      point('a', sum(true), 'x'),
      point('b', sum(true)),
      point('a', sum(true), 'y'),
      point('a', sum(false), 'z'),
      point('a', sum(true), 'x', 'ms'),
      point('a', { type: 'last', last: 1, atUs: 0 }, 'x'),
    ]);
    expect(metricsOf(records).map(({ name, form, unit, points }) => [name, form, unit, points.length])).toEqual([
      ['a', 'monotonic-sum', '', 2],
      ['b', 'monotonic-sum', '', 1],
      ['a', 'sum', '', 1],
      ['a', 'monotonic-sum', 'ms', 1],
      ['a', 'gauge', '', 1],
    ]);
    expect(decodeRequest(encoded(records, encoding), encoding)).toHaveLength(6);
  });

  it("a measurement's gauge that is in the way of another is left out alone", () => {
    const work = preparePoints(
      [point('a.median', { type: 'last', last: 9, atUs: 0 }, 'x', 'ms'), measure('a', [1], 'x', 'ms')],
      { encoding, percentiles: true },
    );
    const { records, collisions } = atOnce(work);
    expect(collisions).toBe(1);
    const read = decodeRequest(encoded(records, encoding), encoding);
    expect(read.map(({ name, value, histogram }) => [name, value ?? histogram!.count])).toEqual([
      ['a.median', 9],
      ['a', 1],
      ['a.perc95', 1],
      ['a.perc99', 1],
    ]);
  });

  it('counters whose units differ in writing only are one, which is monotonic if both are', () => {
    const sum = (value: number): PointValue => ({ type: 'sum', sum: value, monotonic: value > 0 });
    const records = recordsOf([point('a', sum(5), 'x', 'ms'), point('a', sum(-3), 'x', 'msec')]);
    expect(decodeRequest(encoded(records, encoding), encoding)).toMatchObject([{ value: 2, monotonic: false }]);
  });

  it('points that are one to a receiver are merged; of others that it cannot tell apart, the first stays', () => {
    const sum = (value: number): PointValue => ({ type: 'sum', sum: value, monotonic: true });
    const last = (value: number): PointValue => ({ type: 'last', last: value, atUs: value });
    const work = preparePoints(
      [
        point('sent', sum(1), 'x', 'B'),
        point('sent', sum(2), 'x', 'bytes'),
        point('sent', sum(4), 'y', 'bytes'),
        measure('latency', [1, 2], 'x', 'ms'),
        measure('latency', [3], 'x', 'msec'),
        point('latency.median', last(9), 'x', 'ms'),
        point('users', last(7), ''),
        point('users', { type: 'cardinality', cardinality: new Cardinality() }, ''),
      ],
      { encoding, percentiles: true },
    );
    const { records, collisions } = atOnce(work);
    expect(collisions).toBe(2);
    const read = decodeRequest(encoded(records, encoding), encoding);
    expect(
      read.map(({ name, attributes, value, histogram }) => [name, attributes['source'], value ?? histogram!.count]),
    ).toEqual([
      ['sent', 'x', 3],
      ['sent', 'y', 4],
      ['latency', 'x', 3],
      ['latency.median', 'x', 2],
      ['latency.perc95', 'x', 3],
      ['latency.perc99', 'x', 3],
      ['users', undefined, 7],
    ]);
  });

  it('a measurement of many values is heavy, however few buckets it has', () => {
    const [few, many] = recordsOf([measure('a', [1]), measure('b', new Array<number>(8_000).fill(1))], encoding);
    expect(few!.weight).toBeLessThan(1_000);
    expect(many!.weight).toBe(16_000);
  });

  it('no request is longer than its records are heavy', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.constant('\u0001"\\'.repeat(20)));
    const number = fc.oneof(fc.double({ min: -1e126, max: 1e126, noNaN: true }), fc.integer());
    const value: fc.Arbitrary<PointValue> = fc.oneof(
      number.map((sum): PointValue => ({ type: 'sum', sum, monotonic: sum >= 0 })),
      fc
        .array(number, { minLength: 1, maxLength: 60 })
        .map((values): PointValue => ({ type: 'distribution', distribution: distributionOf(values) })),
      fc.integer({ min: 1, max: 40 }).map((n): PointValue => {
        // One bucket with a count of many digits.
        return { type: 'distribution', distribution: distributionOf(new Array<number>(n * 1000).fill(0.1)) };
      }),
    );
    const points = fc.array(
      fc.tuple(text, text, text, value).map(([name, source, unit, of]) => point(`n${name}`, of, source, unit)),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(points, fc.boolean(), (list, percentiles) => {
        const records = recordsOf(list, encoding, percentiles);
        const weight = records.reduce((sum, record) => sum + record.weight, 0);
        expect(encoded(records, encoding).length).toBeLessThanOrEqual(weight);
      }),
      { numRuns: 200 },
    );
  });
});
