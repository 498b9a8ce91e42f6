import { describe, expect, it } from '@jest/globals';
import { Cardinality } from '../../model/cardinality.js';
import { Distribution } from '../../model/distribution.js';
import type { MetricPoint } from '../../model/metric-point.js';
import { windowTable } from './console-table.js';

const window = { resolutionSeconds: 60, startSeconds: Date.UTC(2026, 10, 24, 12, 3) / 1000 };

function latency(): Distribution {
  const distribution = new Distribution();
  for (let i = 1; i <= 1000; i++) distribution.add(i / 3);
  return distribution;
}

const POINTS: MetricPoint[] = [
  { name: 'logins', source: '', unit: '', window, value: { type: 'sum', sum: 12, monotonic: true } },
  { name: 'db.latency', source: 'web.1', unit: 'ms', window, value: { type: 'distribution', distribution: latency() } },
  { name: 'memory', source: 'web.1', unit: 'MB', window, value: { type: 'last', last: 512.25, atUs: 1 } },
];

describe('a window on the console', () => {
  it('is a table for eyes', async () => {
    expect(await windowTable(POINTS)).toBe(`
2026-11-24 12:03:00–12:04:00 UTC, 60 s, 3 metrics
name        source  kind     unit  count     sum       min      max  median  p95      p99    last
db.latency  web.1   measure  ms     1000  166833  0.333333  333.333     167  317  330.333
logins              count                     12
memory      web.1   sample   MB                                                            512.25
`);
  });

  it('shows how many different strings a set has', async () => {
    const cardinality = new Cardinality();
    for (const hash of [1, 2, 3, 2]) cardinality.add(hash);
    expect(await windowTable([{ ...POINTS[0]!, name: 'users', value: { type: 'cardinality', cardinality } }])).toBe(`
2026-11-24 12:03:00–12:04:00 UTC, 60 s, 1 metric
name   kind    unique
users  unique       3
`);
  });

  it('leaves out columns that nothing is in', async () => {
    expect(await windowTable([POINTS[0]!])).toBe(`
2026-11-24 12:03:00–12:04:00 UTC, 60 s, 1 metric
name    kind   sum
logins  count   12
`);
  });

  it.each([
    ['an escape sequence', 'a\u001b[2Jb', 'a[2Jb'],
    ['a line break', 'a\nb', 'ab'],
    ['a bidi override', 'a\u202eb', 'ab'],
    ['a C1 control', 'a\u009bb', 'ab'],
    ['a line separator', 'a\u2028b', 'ab'],
    ['a zero-width space', 'a\u200bb', 'ab'],
  ])('strips %s', async (_title, name, shown) => {
    const table = await windowTable([{ ...POINTS[0]!, name }]);
    expect(table).toContain(`${shown}  `);
    expect(table).not.toContain(name);
  });

  it('cuts what would break the table', async () => {
    const table = await windowTable([{ ...POINTS[0]!, name: 'n'.repeat(255) }]);
    expect(table).toContain(`${'n'.repeat(59)}…  count`);
  });

  it('may have any number of rows, and lets others have their turn meanwhile', async () => {
    let turns = 0;
    const count = (): void => void turns++;
    const timer = setInterval(count, 1);
    const table = await windowTable(Array.from({ length: 150_000 }, (_, i) => ({ ...POINTS[0]!, name: `n${i}` })));
    clearInterval(timer);
    expect(table.split('\n')).toHaveLength(150_004);
    expect(turns).toBeGreaterThan(20);
  });
});
