import { describe, expect, it } from '@jest/globals';
import { DEFAULT_WINDOW_POLICY, windowStart } from '../../src/model/window.js';
import { ALICE, LEASE_MS, onStageOf } from '../conformance/window-store/stage.js';
import { openStore, REDIS_TRAITS, redisStores, suiteServer } from './harness.js';

const server = suiteServer();

const onStage = onStageOf(
  redisStores(() => server().url),
  REDIS_TRAITS,
);

/** Which kinds of keys there are, by the letter after the partition. */
async function kinds(): Promise<string[]> {
  const keys = await server().ask((redis) => redis.keys('*'));
  return [...new Set(keys.map((key) => /\}:([a-z]+)/.exec(key)![1]!))].sort();
}

describe('purging a tenant, in Redis', () => {
  it(
    'leaves no list behind, nor anything else but facts and idempotency keys',
    onStage(async (s) => {
      for (const start of [0, 60]) for (const text of ['one', 'two']) await s.put(start, text);
      expect(await kinds()).toEqual(['due', 'f', 'i', 'q', 's', 'w']);
      await s.store.purge(ALICE);
      expect(await kinds()).toEqual(['f', 'i']);
    }),
  );

  it(
    'leaves a window that came after it had looked, list and all, and drops what came to those that it saw',
    onStage(async (s) => {
      await s.put(0, 'one');
      const { ask } = reachInto(s.store);
      let between = async (): Promise<void> => {
        between = () => Promise.resolve();
        await s.put(60, 'later');
        await s.put(0, 'two');
      };
      reachInto(s.store).ask = async (call) => {
        const state = await ask.call(reachInto(s.store), call);
        await between();
        return state;
      };
      expect(await s.store.purge(ALICE)).toEqual({ windows: 1, batches: 2, bytes: 6 });
      reachInto(s.store).ask = ask;
      expect(await s.store.facts(ALICE)).toMatchObject({ windowsWaiting: 1, batchesWaiting: 1 });
      await s.at(123_000);
      expect(await s.deliver('c1')).toEqual([[60, 'later']]);
    }),
  );

  it(
    'leaves a window that has been delivered since it had looked',
    onStage(async (s) => {
      await s.put(0, 'one');
      await s.at(63_000);
      const { ask } = reachInto(s.store);
      let delivered: unknown;
      reachInto(s.store).ask = async (call) => {
        const state = await ask.call(reachInto(s.store), call);
        reachInto(s.store).ask = ask;
        delivered = await s.deliver('c1');
        return state;
      };
      expect(await s.store.purge(ALICE)).toEqual({ windows: 0, batches: 0, bytes: 0 });
      expect(delivered).toEqual([[0, 'one']]);
      expect(await s.store.read(ALICE, s.window(0), 0, 9)).toHaveLength(1);
    }),
  );

  it('takes a tenant with thousands of windows, a few thousand at once', async () => {
    const policy = { ...DEFAULT_WINDOW_POLICY, lateDeadlineMs: 5 * 3_600_000 };
    const caps = { windowBytesMax: 1e9, tenantBytesMax: 1e9, storeBytesMax: 1e9 };
    const { store } = await openStore({ url: server().url }, { policy, ...caps });
    const start = windowStart(await store.now(), 1);
    const windows = 11_000;
    for (let from = 0; from < windows; from += 1_000) {
      const batches = Array.from({ length: 1_000 }, (_, i) => {
        return { startSeconds: start - from - i, bytes: Buffer.from('x'), measurements: 1 };
      });
      const { answers } = await store.commit([
        {
          tenant: ALICE,
          token: 'token',
          secondValue: 'replaces',
          late: 'next',
          idempotencyKey: `key ${from}`,
          idempotencyTtlMs: 60_000,
          resolutionSeconds: 1,
          openStartSeconds: start,
          batches,
          facts: {},
        },
      ]);
      expect(answers).toEqual([{ outcome: 'stored', late: 0, future: 0 }]);
    }
    expect(await store.claim(ALICE, 'c1', { leaseMs: LEASE_MS, windowLimit: 60 })).toMatchObject({ expiredWindows: 0 });
    expect(await store.purge(ALICE)).toEqual({ windows, batches: windows, bytes: windows });
    expect(await store.renew(ALICE, 'c1', LEASE_MS, [])).toBe(false);
    // What is left of the tenant is its hold.
    expect(await kinds()).toEqual(['due', 'f', 'i', 's']);
  }, 60_000);
});

/** The store's link to Redis: what comes between its two calls cannot be made to come from outside. */
function reachInto(store: unknown): { ask: (call: unknown) => Promise<unknown> } {
  return (store as { redis: { ask: (call: unknown) => Promise<unknown> } }).redis;
}
