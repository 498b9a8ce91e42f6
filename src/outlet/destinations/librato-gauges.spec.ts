import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Cardinality } from '../../model/cardinality.js';
import { Distribution } from '../../model/distribution.js';
import type { MetricPoint, PointValue } from '../../model/metric-point.js';
import { atOnce } from '../../../test/fixtures/at-once.js';
import { gaugesJson, prepareGauges } from './librato-gauges.js';

const window = { resolutionSeconds: 60, startSeconds: 1_764_000_000 };
const sum = (value: number): PointValue => ({ type: 'sum', sum: value, monotonic: true });
const last = (value: number, atUs: number): PointValue => ({ type: 'last', last: value, atUs });
const measured = (...values: number[]): PointValue => {
  const distribution = new Distribution();
  for (const value of values) distribution.add(value);
  return { type: 'distribution', distribution };
};
const unique = (...hashes: number[]): PointValue => {
  const cardinality = new Cardinality();
  for (const hash of hashes) cardinality.add(hash);
  return { type: 'cardinality', cardinality };
};
const point = (name: string, value: PointValue, source = '', unit = ''): MetricPoint => ({
  name,
  source,
  unit,
  window,
  value,
});
/** A gauge as it is sent, as far as these specs look into it. */
interface Gauge {
  readonly name: string;
  readonly source?: string;
  readonly value?: number;
}

const prepared = (...points: MetricPoint[]) => {
  const { records, collisions } = atOnce(prepareGauges(points));
  return {
    gauges: (JSON.parse(gaugesJson(records)) as { gauges: Gauge[] }).gauges,
    weights: records.map(({ weight }) => weight),
    collisions,
  };
};

describe('gauges as the Go program sent them', () => {
  it('a measurement is a complex gauge and three of its quantiles', () => {
    const values = Array.from({ length: 100 }, (_, i) => i + 1);
    const attributes = { display_min: 0, display_units_long: 'ms' };
    const common = { measure_time: 1_764_000_000, source: 'web.1', attributes };
    expect(prepared(point('db.latency', measured(...values), 'web.1', 'ms'))).toEqual({
      gauges: [
        { name: 'db.latency', count: 100, sum: 5050, min: 1, max: 100, ...common },
        { name: 'db.latency.median', value: 51, ...common },
        { name: 'db.latency.perc95', value: 96, ...common },
        { name: 'db.latency.perc99', value: 100, ...common },
      ],
      weights: [4],
      collisions: 0,
    });
  });

  it('a counter is its sum, and rolls up as a sum', () => {
    expect(prepared(point('logins', sum(7))).gauges).toEqual([
      {
        name: 'logins',
        value: 7,
        measure_time: 1_764_000_000,
        attributes: { display_min: 0, display_units_long: '', summarize_function: 'sum' },
      },
    ]);
  });

  it('a set is how many different strings there were; two sets that are one to Librato are united', () => {
    const { gauges } = prepared(point('users', unique(1, 2, 3, 2), 'web.1'), point('Users', unique(3, 4), 'web.1'));
    expect(gauges).toEqual([
      {
        name: 'users',
        value: 4,
        measure_time: 1_764_000_000,
        source: 'web.1',
        attributes: { display_min: 0, display_units_long: '' },
      },
    ]);
  });

  it('a sample is its last value', () => {
    expect(prepared(point('memory', last(512, 1), 'web.1', 'MB')).gauges).toEqual([
      {
        name: 'memory',
        value: 512,
        measure_time: 1_764_000_000,
        source: 'web.1',
        attributes: { display_min: 0, display_units_long: 'MB' },
      },
    ]);
  });
});

describe('names and sources', () => {
  it.each([
    ['a/b c', 'a_b_c'],
    ['grün', 'gr_n'],
    ['a@@b', 'a_b'],
    ['日本', '_'],
    ['A.b:c-d_e', 'A.b:c-d_e'],
  ])('%s becomes %s', (name, shown) => {
    expect(prepared(point(name, sum(1), name)).gauges[0]).toMatchObject({ name: shown, source: shown });
  });

  it('are cut at 255 characters, a measurement with its suffixes too', () => {
    const { gauges } = prepared(point('n'.repeat(300), measured(1), 's'.repeat(300)), point('m'.repeat(300), sum(1)));
    expect(gauges.map(({ name }) => name.length)).toEqual([248, 255, 255, 255, 255]);
    expect(gauges[0]!.source).toHaveLength(255);
  });

  it('the reserved source "all" is told apart', () => {
    expect(prepared(point('a', sum(1), 'All')).gauges[0]!.source).toBe('All_');
  });
});

describe('points that are one to Librato', () => {
  it('are merged where they are of one kind and unit', () => {
    const { gauges, collisions } = prepared(
      point('a/b', sum(1)),
      point('A_b', sum(2)),
      point('c', last(5, 2)),
      point('C', last(9, 1)),
      point('d', measured(1, 2)),
      point('D', measured(3)),
    );
    expect(collisions).toBe(0);
    expect(gauges.slice(0, 3)).toMatchObject([
      { name: 'a_b', value: 3 },
      { name: 'c', value: 5 },
      { name: 'd', count: 3, sum: 6, min: 1, max: 3 },
    ]);
    expect(gauges).toHaveLength(6);
  });

  it('of other kinds or units, the first to come stays and the others are counted', () => {
    expect(
      prepared(point('a', sum(1)), point('a', last(2, 1)), point('A', sum(3), '', 'ms'), point('b', sum(4))),
    ).toMatchObject({
      gauges: [
        { name: 'a', value: 1 },
        { name: 'b', value: 4 },
      ],
      collisions: 2,
    });
  });

  it('collide with the quantiles of a measurement, which is left out as a whole', () => {
    const { gauges, collisions } = prepared(point('a.perc95', sum(1)), point('a', measured(1)));
    expect(gauges.map(({ name }) => name)).toEqual(['a.perc95']);
    expect(collisions).toBe(1);
    expect(prepared(point('a', measured(1)), point('a.PERC95', sum(1)))).toMatchObject({ weights: [4], collisions: 1 });
  });

  it('of other sources do not', () => {
    expect(prepared(point('a', sum(1), 'x'), point('a', sum(1), 'y'), point('a', sum(1)))).toMatchObject({
      weights: [1, 1, 1],
      collisions: 0,
    });
  });

  it('stay as they are: a distribution that is merged is not changed', () => {
    const first = measured(1, 2);
    prepared(point('d', first), point('D', measured(3)));
    expect(first.type === 'distribution' && first.distribution.count).toBe(2);
  });

  it('no two gauges that are sent have one name and source, whatever names end in what quantiles are called', () => {
    const name = fc.constantFrom(
      'a',
      'A',
      'a.median',
      'a.MEDIAN',
      'a.median.median',
      'a.perc95',
      'b',
      '.median',
      'median',
    );
    const value = fc.constantFrom(sum(1), last(1, 1), measured(1, 2), unique(1));
    const points = fc.array(fc.tuple(name, value, fc.constantFrom('', 'x')), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(points, (list) => {
        const { gauges, collisions } = prepared(...list.map(([text, of, source]) => point(text, of, source)));
        const keys = gauges.map((gauge) => `${gauge.name} ${gauge.source ?? ''}`.toLowerCase());
        expect(new Set(keys).size).toBe(keys.length);
        expect(collisions).toBeLessThan(list.length);
      }),
      { numRuns: 500 },
    );
  });
});
