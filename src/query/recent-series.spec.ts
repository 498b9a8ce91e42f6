import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { SummaryWriter } from '../model/window-summary.js';
import { type RecentWindow, StoreUnavailableError, type WindowStore } from '../store/window-store.js';
import { CACHE_BYTES, RecentSeries } from './recent-series.js';

/** What a store has kept of tenants, and how it was asked. */
class Kept {
  readonly asked: number[] = [];
  isAway = false;
  private readonly summaries = new Map<string, Map<RecentWindow, Uint8Array>>();
  private deliveries = 0;

  /** Keeps a window in place of an earlier delivery. @param names of its counts, by their sums */
  keep(tenant: string, startSeconds: number, names: Record<string, number>): void {
    const writer = new SummaryWriter();
    const window = { resolutionSeconds: 60, startSeconds };
    for (const [name, sum] of Object.entries(names)) {
      writer.add({ name, source: '', unit: '', window, value: { type: 'sum', sum, monotonic: true } });
    }
    this.keepBytes(tenant, startSeconds, deflateRawSync(writer.finish()));
  }

  keepBytes(tenant: string, startSeconds: number, summary: Uint8Array): void {
    this.drop(tenant, startSeconds);
    const kept = this.summaries.get(tenant) ?? new Map<RecentWindow, Uint8Array>();
    this.summaries.set(tenant, kept);
    kept.set({ resolutionSeconds: 60, startSeconds, deliveredAt: ++this.deliveries, bytes: summary.length }, summary);
  }

  drop(tenant: string, startSeconds: number): void {
    const kept = this.summaries.get(tenant);
    for (const window of kept?.keys() ?? []) if (window.startSeconds === startSeconds) kept!.delete(window);
  }

  readonly store = {
    recent: (tenant: string) =>
      this.isAway
        ? Promise.reject(new StoreUnavailableError('away'))
        : Promise.resolve({ nowMs: 1_000, windows: [...(this.summaries.get(tenant)?.keys() ?? [])] }),
    readRecent: (tenant: string, windows: readonly RecentWindow[]) => {
      this.asked.push(windows.length);
      return Promise.resolve(windows.map((window) => this.summaries.get(tenant)?.get(window)));
    },
  } as unknown as WindowStore;
}

async function shown(recent: RecentSeries, tenant = 't') {
  const { series, windows } = await recent.of(tenant);
  return {
    names: series.map(({ name }) => name),
    windows: windows.map(({ startSeconds, series, values }) => [
      startSeconds,
      Object.fromEntries(series.map(({ name }, i) => [name, values[i]])),
    ]),
  };
}

describe('the recent series of a tenant', () => {
  it('are read once, and then only what is new, replaced or gone', async () => {
    const kept = new Kept();
    const recent = new RecentSeries(kept.store);
    kept.keep('t', 60, { b: 1, a: 2 });
    kept.keep('t', 120, { b: 3 });
    const first = {
      names: ['a', 'b'],
      windows: [
        [60, { b: 1, a: 2 }],
        [120, { b: 3 }],
      ],
    };
    expect(await shown(recent)).toEqual(first);
    expect(await shown(recent)).toEqual(first);
    kept.keep('t', 120, { b: 4, c: 5 });
    expect(await shown(recent)).toEqual({
      names: ['a', 'b', 'c'],
      windows: [
        [60, { b: 1, a: 2 }],
        [120, { b: 4, c: 5 }],
      ],
    });
    kept.drop('t', 60);
    expect(await shown(recent)).toEqual({ names: ['b', 'c'], windows: [[120, { b: 4, c: 5 }]] });
    expect(kept.asked).toEqual([2, 1]);
    expect((await recent.of('t')).nowMs).toBe(1_000);
  });

  it('are the same objects in all windows, and stay as they were given out', async () => {
    const kept = new Kept();
    const recent = new RecentSeries(kept.store);
    kept.keep('t', 60, { a: 1 });
    const before = await recent.of('t');
    kept.drop('t', 60);
    kept.keep('t', 120, { a: 2 });
    kept.keep('t', 180, { a: 3 });
    const { windows } = await recent.of('t');
    expect(windows[0]!.series[0]).toBe(windows[1]!.series[0]);
    expect([before.windows.length, before.series.length, before.windows[0]!.values[0]]).toEqual([1, 1, 1]);
  });

  it('are read once for all who ask at once', async () => {
    const kept = new Kept();
    const recent = new RecentSeries(kept.store);
    kept.keep('t', 60, { a: 1 });
    const answers = await Promise.all(Array.from({ length: 5 }, () => recent.of('t')));
    expect(kept.asked).toEqual([1]);
    expect(new Set(answers).size).toBe(1);
  });

  it('leave out what cannot be read, without asking for it again', async () => {
    const kept = new Kept();
    const recent = new RecentSeries(kept.store);
    kept.keep('t', 60, { a: 1 });
    kept.keepBytes('t', 120, Buffer.from('no deflate'));
    kept.keepBytes('t', 180, deflateRawSync(Buffer.from([9, 9, 9])));
    // A bomb.
    kept.keepBytes('t', 240, deflateRawSync(Buffer.alloc(CACHE_BYTES + 1)));
    const expected = {
      names: ['a'],
      windows: [
        [60, { a: 1 }],
        [120, {}],
        [180, {}],
        [240, {}],
      ],
    };
    expect(await shown(recent)).toEqual(expected);
    expect(await shown(recent)).toEqual(expected);
    expect(kept.asked).toEqual([4]);
  });

  it('reject while the store is away, and are there once it is back', async () => {
    const kept = new Kept();
    const recent = new RecentSeries(kept.store);
    kept.keep('t', 60, { a: 1 });
    await recent.of('t');
    kept.isAway = true;
    await expect(recent.of('t')).rejects.toThrow(StoreUnavailableError);
    kept.isAway = false;
    expect((await shown(recent)).names).toEqual(['a']);
    expect(kept.asked).toEqual([1]);
  });

  it('of the tenant that was asked for the longest ago go, where there is no room for all', async () => {
    const kept = new Kept();
    // Room for two windows of 100 counts with their series, and a little more.
    const recent = new RecentSeries(kept.store, 70_000);
    const names = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`n${i}`, i]));
    for (const tenant of ['a', 'b', 'c']) kept.keep(tenant, 60, names);
    for (const tenant of ['a', 'b', 'a', 'c', 'a', 'b']) await recent.of(tenant);
    // a, b, c, and b once more.
    expect(kept.asked).toHaveLength(4);
  });

  it('of one tenant are only the latest, where there is no room for all, and the earlier ones are not asked for again', async () => {
    const kept = new Kept();
    const recent = new RecentSeries(kept.store, 10_000);
    const names = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`n${i}`, i]));
    for (let i = 1; i <= 40; i++) kept.keep('t', i * 60, names);
    const { windows } = await recent.of('t');
    expect(windows.length).toBeGreaterThan(5);
    expect(windows.length).toBeLessThan(20);
    expect(windows.at(-1)!.startSeconds).toBe(2_400);
    kept.keep('t', 2_460, names);
    expect((await recent.of('t')).windows.at(-1)!.startSeconds).toBe(2_460);
    expect(kept.asked).toEqual([40, 1]);
  });
});
