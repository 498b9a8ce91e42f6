import { describe, expect, it } from '@jest/globals';
import type { Bucket } from '../model/bucket.js';
import { Kind } from '../model/kind.js';
import { DroppedSeries } from './dropped-series.js';

function counter(name: string, source = '', unit = ''): Bucket {
  return { kind: Kind.count, name, source, unit, sum: 1, negative: false };
}

function summaryOf(buckets: Iterable<Bucket>) {
  const dropped = new DroppedSeries();
  for (const bucket of buckets) dropped.add(bucket);
  return dropped.summary();
}

describe('series that are dropped', () => {
  it('are counted once, however many batches bring them', () => {
    const buckets = [counter('a'), counter('b'), counter('a'), counter('b')];
    expect(summaryOf(buckets)).toEqual({ count: 2, names: ['a', 'b'] });
  });

  it('are told apart by kind, name, source and unit; a name is shown once', () => {
    const sample: Bucket = { kind: Kind.sample, name: 'a', source: '', unit: '', value: 1, atUs: 1 };
    const buckets = [counter('a'), counter('a', 'web.1'), counter('a', '', 'ms'), sample];
    expect(summaryOf(buckets)).toEqual({ count: 4, names: ['a', 'a source=web.1'] });
  });

  it('are shown as far as they help, and harmless', () => {
    const { names } = summaryOf(Array.from({ length: 30 }, (_, i) => counter(`n${i}\u001b[2J\n`, 's'.repeat(255))));
    expect(names).toHaveLength(20);
    expect(names[19]).toMatch(/^n19\[2J source=s+…$/);
    expect(names[19]).toHaveLength(120);
  });

  it('are counted up to 10,000, and no more is kept of the others', () => {
    function* many() {
      for (let i = 0; i < 20_000; i++) yield counter(`request.${i}`);
    }
    const { count, names } = summaryOf(many());
    expect(count).toBe(10_000);
    expect(names).toHaveLength(20);
  });
});
