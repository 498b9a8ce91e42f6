import { inflateRawSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { outletBench, T0, TestDestination } from '../../test/fixtures/outlet-bench.js';
import { readSummary } from '../model/window-summary.js';
import { TenantDelivery } from './tenant-delivery.js';

const TENANT = 'tenant-1';

let bench: ReturnType<typeof outletBench>;
const deliver = () => new TenantDelivery(bench.tools, TENANT).run();

beforeEach(() => {
  bench = outletBench();
});

/** What is kept: minutes, and in each its series with their sums. */
async function kept(): Promise<[minute: number, series: Record<string, number>][]> {
  const { windows } = await bench.store.recent(TENANT);
  const summaries = await bench.store.readRecent(TENANT, windows);
  return summaries.map((summary, i) => {
    const series = readSummary(inflateRawSync(summary!)).map(({ name, values }) => [name, values[0]!]);
    return [(windows[i]!.startSeconds - T0 / 1000) / 60, Object.fromEntries(series) as Record<string, number>];
  });
}

describe('what is kept of a delivered window to be looked at', () => {
  it('is each of its series', async () => {
    await bench.commit(TENANT, 0, ['a', 'b']);
    await bench.commit(TENANT, 0, ['a']);
    await bench.commit(TENANT, 1, ['c']);
    bench.untilDue(1);
    await deliver();
    expect(await kept()).toEqual([
      [0, { a: 2, b: 1 }],
      [1, { c: 1 }],
    ]);
  });

  it('takes no more memory than its bytes', async () => {
    await bench.commit(TENANT, 0, ['a']);
    bench.untilDue(0);
    await deliver();
    const [summary] = await bench.store.readRecent(TENANT, (await bench.store.recent(TENANT)).windows);
    expect(summary!.buffer.byteLength).toBe(summary!.length);
  });

  it('is the whole, once a line that came late has joined it', async () => {
    await bench.commit(TENANT, 0, ['a']);
    bench.untilDue(0);
    await deliver();
    await bench.commit(TENANT, 0, ['a', 'late']);
    bench.untilDue(2);
    await deliver();
    expect(await kept()).toEqual([[0, { a: 2, late: 1 }]]);
  });

  it('is nothing until the whole window is through', async () => {
    bench.destination.answer = (names) =>
      names.includes('d@0')
        ? { outcome: 'retryable', afterMs: undefined, answered: true, why: '503' }
        : { outcome: 'delivered' };
    await bench.commit(TENANT, 0, ['a', 'b', 'c', 'd']);
    bench.untilDue(0);
    await deliver();
    expect(await kept()).toEqual([]);
    bench.destination.answer = () => ({ outcome: 'delivered' });
    bench.untilDue(5);
    await deliver();
    // Also what an earlier claim has sent.
    expect(await kept()).toEqual([[0, { a: 1, b: 1, c: 1, d: 1 }]]);
  });

  it('is what the destination was given, whatever it made of it', async () => {
    bench.destination.answer = (names) =>
      names.includes('bad@0') ? { outcome: 'rejected', because: 'data', why: '400' } : { outcome: 'delivered' };
    await bench.commit(TENANT, 0, ['good', 'bad']);
    bench.untilDue(0);
    await deliver();
    expect(await kept()).toEqual([[0, { good: 1, bad: 1 }]]);
  });

  it('is nothing of a window that ended longer ago than is shown', async () => {
    await bench.commit(TENANT, 0, ['a']);
    bench.clock.set(T0 + 60_000 + 3_600_000);
    await deliver();
    expect(bench.destination.posts).toHaveLength(1);
    expect(await kept()).toEqual([]);
  });

  it('is nothing where the operator wants none', async () => {
    bench = outletBench({ recentMs: 0 });
    await bench.commit(TENANT, 0, ['a']);
    bench.untilDue(0);
    await deliver();
    expect(bench.destination.posts).toHaveLength(1);
    expect(await kept()).toEqual([]);
  });

  it('is the first delivery of a window that came in two, since the destination adds', async () => {
    const destination = new TestDestination('adds');
    bench = { ...bench, tools: { ...bench.tools, destinations: { of: () => destination } }, destination };
    await bench.commit(TENANT, 0, ['a'], { secondValue: 'adds' });
    bench.untilDue(0);
    const [window] = (await bench.store.claim(TENANT, 'lapses', { leaseMs: 1_000, windowLimit: 1 }))!.windows;
    // The clock steps back: what comes now is for a window that is given out already.
    bench.clock.set(T0 + 60_000);
    await bench.commit(TENANT, 0, ['a', 'b'], { secondValue: 'adds' });
    bench.untilDue(1);
    await deliver();
    bench.untilDue(2);
    await deliver();
    expect(window!.endBatch).toBe(1);
    expect(destination.posts.flat()).toEqual(['a@0', 'a@0', 'b@0']);
    expect(await kept()).toEqual([[0, { a: 1 }]]);
  });
});
