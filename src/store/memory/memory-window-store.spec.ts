import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../model/clock.js';
import { DEFAULT_WINDOW_POLICY, windowStart } from '../../model/window.js';
import type { CommitRequest, TenantId } from '../window-store.js';
import { MemoryWindowStore } from './memory-window-store.js';
import { BATCH_OVERHEAD_BYTES } from './placement.js';

const HOUR_MS = 3_600_000;
const START_AT = 500_000 * HOUR_MS;
const KEY_BYTES = 320;

describe('MemoryWindowStore', () => {
  let clock: ManualClock;
  let store: MemoryWindowStore;
  let serial = 0;

  beforeEach(() => {
    clock = new ManualClock(START_AT);
    const policy = DEFAULT_WINDOW_POLICY;
    store = new MemoryWindowStore({ policy, windowBytesMax: 1e6, tenantBytesMax: 1e6, storeBytesMax: 1e9 }, clock);
  });

  function request(tenant: TenantId, bytes: Uint8Array, secondValue: 'adds' | 'replaces' = 'replaces'): CommitRequest {
    const startSeconds = windowStart(clock.now(), 60);
    return {
      tenant,
      token: 'token',
      secondValue,
      late: 'next',
      idempotencyKey: `key ${serial++}`,
      idempotencyTtlMs: 120_000,
      resolutionSeconds: 60,
      openStartSeconds: startSeconds,
      batches: [{ startSeconds, bytes, measurements: 1 }],
      facts: { requests: 1 },
    };
  }

  async function deliverAll(): Promise<void> {
    for (const tenant of await store.dueTenants(100_000)) {
      const claim = await store.claim(tenant, `claim ${serial}`, { leaseMs: 60_000, windowLimit: 100 });
      const windows = (claim?.windows ?? []).map((window) => ({ outcome: 'delivered' as const, ...window }));
      await store.settle(tenant, `claim ${serial++}`, { windows, facts: {} });
    }
  }

  it('says that its data ends with the process', () => {
    expect(store.durable).toBe(false);
  });

  it('counts a batch by its bytes and a fixed overhead, and a key by what it takes', async () => {
    await store.commit([request('a', new Uint8Array(100)), request('b', new Uint8Array(0))]);
    expect(store.usage).toEqual({
      tenants: 2,
      idempotencyKeys: 2,
      facts: 2,
      bytes: 100 + 2 * BATCH_OVERHEAD_BYTES + 2 * KEY_BYTES,
    });
  });

  it('keeps nothing of a tenant once everything is delivered, retired and an hour old', async () => {
    for (let i = 0; i < 500; i++) {
      await store.commit([request(`tenant ${i}`, new Uint8Array(10), i % 2 ? 'adds' : 'replaces')]);
    }
    clock.advance(63_000);
    await deliverAll();
    expect(store.usage).toMatchObject({ tenants: 250, facts: 500 });
    clock.advance(300_000);
    await deliverAll();
    expect(store.usage).toEqual({ tenants: 0, idempotencyKeys: 0, facts: 500, bytes: 0 });
    clock.advance(HOUR_MS);
    await store.dueTenants(1);
    expect(store.usage).toEqual({ tenants: 0, idempotencyKeys: 0, facts: 0, bytes: 0 });
  });

  it('keeps nothing of tenants whose windows expire or whose hold ends with nothing left', async () => {
    await store.commit([request('expires', new Uint8Array(10)), request('held', new Uint8Array(10), 'adds')]);
    clock.advance(63_000);
    const claim = (await store.claim('held', 'c', { leaseMs: 60_000, windowLimit: 1 }))!;
    const hold = { kind: 'retry', why: '503', failures: 1, forMs: 900_000 } as const;
    const windows = claim.windows.map((window) => ({ outcome: 'delivered' as const, ...window }));
    await store.settle('held', 'c', { windows, facts: {}, hold });
    expect(store.usage.tenants).toBe(2);
    clock.advance(DEFAULT_WINDOW_POLICY.deliveryAgeMs + 1);
    await deliverAll();
    expect(store.usage).toMatchObject({ tenants: 0, bytes: 0 });
  });

  it('holds as much after a day of steady traffic as after ten minutes', async () => {
    const sizes: number[] = [];
    for (let minute = 0; minute < 1440; minute++) {
      for (let i = 0; i < 20; i++) {
        await store.commit([request(`tenant ${(minute + i) % 50}`, new Uint8Array(50), i % 2 ? 'adds' : 'replaces')]);
      }
      clock.advance(60_000);
      await deliverAll();
      if (minute % 50 === 49) sizes.push(store.usage.bytes + store.usage.tenants + store.usage.facts);
    }
    expect(Math.max(...sizes)).toBeLessThanOrEqual(sizes[1]! * 1.2);
  });

  it('does not keep a large buffer for a small batch that lies in it', async () => {
    const large = new Uint8Array(1 << 20);
    const batch = request('a', large.subarray(5, 10));
    await store.commit([batch]);
    const window = { resolutionSeconds: 60, startSeconds: batch.openStartSeconds };
    const [read] = await store.read('a', window, 0, 1);
    expect(read!.buffer.byteLength).toBe(5);
  });

  it('finds what is due among 10,000 tenants in well under a tick of the outlet', async () => {
    for (let i = 0; i < 10_000; i++) await store.commit([request(`tenant ${i}`, new Uint8Array(1))]);
    const started = performance.now();
    for (let i = 0; i < 100; i++) expect(await store.dueTenants(256)).toEqual([]);
    clock.advance(63_000);
    for (let i = 0; i < 100; i++) expect(await store.dueTenants(256)).toHaveLength(256);
    expect((performance.now() - started) / 200).toBeLessThan(10);
  });
});
