import { describe, expect, it } from '@jest/globals';
import { RecentBook } from './recent-book.js';

const T0 = 1_800_000_000_000;
const MINUTE_MS = 60_000;
const SUMMARY = new Uint8Array(1_000);

const windowAt = (minute: number) => ({ resolutionSeconds: 60, startSeconds: T0 / 1000 + 60 * minute });

describe('what was delivered lately, of all tenants', () => {
  it('takes no more than all may: the tenant goes that was delivered for longest ago', () => {
    const book = new RecentBook({ ms: 3_600_000, tenantBytesMax: 100_000 }, 10_000);
    for (let tenant = 0; tenant < 20; tenant++) book.keep(`tenant ${tenant}`, windowAt(0), SUMMARY, T0 + MINUTE_MS);
    expect(book.bytes).toBeLessThanOrEqual(10_000);
    expect(book.windows('tenant 0', T0 + MINUTE_MS)).toEqual([]);
    expect(book.windows('tenant 19', T0 + MINUTE_MS)).toHaveLength(1);
    // One that is delivered for again is not the oldest any more.
    book.keep('tenant 13', windowAt(1), SUMMARY, T0 + 2 * MINUTE_MS);
    book.keep('another', windowAt(1), SUMMARY, T0 + 2 * MINUTE_MS);
    expect(book.windows('tenant 13', T0 + 2 * MINUTE_MS).length).toBeGreaterThan(0);
  });

  it('gives the memory of tenants back of which nothing is left to be seen', () => {
    const book = new RecentBook({ ms: 10 * MINUTE_MS, tenantBytesMax: 100_000 }, 1e6);
    book.keep('old', windowAt(0), SUMMARY, T0 + MINUTE_MS);
    book.keep('new', windowAt(5), SUMMARY, T0 + 6 * MINUTE_MS);
    book.sweep(T0 + 11 * MINUTE_MS);
    expect(book.windows('new', T0 + 11 * MINUTE_MS)).toHaveLength(1);
    const both = book.bytes;
    book.sweep(T0 + 16 * MINUTE_MS);
    expect([both > 0, book.bytes]).toEqual([true, 0]);
  });

  it('replaces a window without counting it twice', () => {
    const book = new RecentBook({ ms: 3_600_000, tenantBytesMax: 100_000 }, 1e6);
    book.keep('tenant', windowAt(0), SUMMARY, T0 + MINUTE_MS);
    const once = book.bytes;
    for (let i = 0; i < 10; i++) book.keep('tenant', windowAt(0), SUMMARY, T0 + 2 * MINUTE_MS);
    expect(book.bytes).toBe(once);
  });
});
