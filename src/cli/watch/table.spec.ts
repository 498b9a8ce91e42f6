import { describe, expect, it } from '@jest/globals';
import type { ListedSeries, QueriedSeries } from './drain-series.js';
import { sparkLine } from './spark-line.js';
import { tableLines } from './table.js';

const latency: ListedSeries = {
  id: '1',
  kind: 'measure',
  name: 'db.latency',
  source: 'web.1',
  unit: 'ms',
  resolution: 60,
  lastTime: 240,
  latest: { count: 6, sum: 412, min: 3, max: 250, mean: 68.6666, median: 41.1234567, p95: 250, p99: 250 },
};
const points = { ...latency, times: [60, 180, 240], median: [1, 41, 21] } as unknown as QueriedSeries;
const orders: ListedSeries = {
  ...latency,
  id: '2',
  kind: 'count',
  name: 'orders',
  source: '',
  unit: '',
  latest: { sum: 12 },
};

describe('a spark line', () => {
  it.each([
    [[0, 1, 2, 3, 4, 5, 6, 7], 8, '▁▂▃▄▅▆▇█'],
    [[5, 5], 2, '▅▅'],
    [[-1e126, 1e126], 2, '▁█'],
    [[], 3, '   '],
  ])('of %j', (values, width, line) => expect(sparkLine(new Map(values.entries()), width)).toBe(line));

  it('leaves out windows without a value, and those that do not fit', () => {
    expect(
      sparkLine(
        new Map([
          [-1, 1000],
          [0, 1],
          [2, 2],
          [3, 1000],
        ]),
        3,
      ),
    ).toBe('▁ █');
  });
});

describe('the table of watch', () => {
  const rows = [
    { series: latency, points, endSeconds: 240 },
    { series: orders, endSeconds: 240 },
  ];

  it('shows what matters of each kind', () => {
    expect(tableLines(rows, 84)).toEqual([
      'name        source  kind     unit  latest',
      'db.latency  web.1   measure  ms    median 41.1235  p95 250  p99 250  count 6    ▁ █▅',
      'orders              count          sum 12',
    ]);
  });

  it.each([20, 60, 79, 200])('fits into %d columns', (width) => {
    const wide = rows.map((row) => ({
      ...row,
      series: { ...row.series, name: 'n'.repeat(100), source: 's'.repeat(90) },
    }));
    for (const line of tableLines(wide, width)) expect(line.length).toBeLessThanOrEqual(width);
  });

  it('strips what a terminal would obey', () => {
    const [, row] = tableLines([{ ...rows[1]!, series: { ...orders, name: 'a\u001b[2Jb\u202ec' } }], 80) as [
      string,
      string,
    ];
    expect(row).toMatch(/^a\[2Jbc /);
  });
});
