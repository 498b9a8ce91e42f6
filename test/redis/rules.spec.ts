import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { ALICE, delivered, later, LEASE_MS, onStageOf } from '../conformance/window-store/stage.js';
import { REDIS_TRAITS, redisStores, suiteServer } from './harness.js';
import { until } from './servers.js';

const AGE_MS = 6 * 3_600_000;
const stored = { outcome: 'stored', late: 0, future: 0 };
const adds = { secondValue: 'adds' } as const;

const server = suiteServer();

const onStage = onStageOf(
  redisStores(() => server().url),
  REDIS_TRAITS,
);

/** Keys of a kind: the letter after the partition. */
function keysOf(kind: string): Promise<string[]> {
  return server().ask((redis) => redis.keys(`*:{*}:${kind}*`));
}

/** The rules that a model check of the design found necessary, each as far as the store has to keep it. */
describe('the eleven rules, on Redis', () => {
  it(
    'rule 1: a lease ends no earlier than one counted from before the claim was sent',
    onStage(async (s) => {
      await s.put(0, 'x');
      await s.at(63_000);
      const sentAt = await s.store.now();
      await s.claim('c1');
      await s.pass(sentAt + LEASE_MS - 50 - (await s.store.now()));
      expect(await s.claim('c2')).toBeUndefined();
      const renewedAt = await s.store.now();
      expect(await s.store.renew(ALICE, 'c1', LEASE_MS, [])).toBe(true);
      await s.pass(renewedAt + LEASE_MS - 50 - (await s.store.now()));
      expect(await s.claim('c2')).toBeUndefined();
    }),
  );

  it(
    'rule 2: renew and settle check the token alone, never the time',
    onStage(async (s) => {
      await s.put(0, 'x');
      await s.at(63_000);
      const claim = (await s.claim('late'))!;
      await s.at(63_000 + 5 * LEASE_MS);
      expect(await s.isDue()).toBe(true);
      expect(await s.store.renew(ALICE, 'late', LEASE_MS, [])).toBe(true);
      await s.at(63_000 + 9 * LEASE_MS);
      expect(await s.settle('late', claim.windows.map(delivered))).toBe(true);
    }),
  );

  it(
    'rule 3: a repeat or a delayed copy of claim, renew or settle does no harm',
    onStage(async (s) => {
      await s.put(0, 'x');
      await s.put(60, 'y');
      await s.at(123_000);
      const claim = (await s.claim('c1', { windowLimit: 1 }))!;
      expect(await s.claim('c1', { windowLimit: 1 })).toEqual(claim);
      const progress = (pointsSettled: number) => [{ ...s.window(0), endBatch: 1, pointsSettled }];
      for (const points of [300, 600, 300]) await s.store.renew(ALICE, 'c1', LEASE_MS, progress(points));
      expect((await s.claim('c1'))!.windows).toMatchObject([{ pointsSettled: 600 }]);
      expect(await s.settle('c1', claim.windows.map(delivered))).toBe(true);
      // Its answer may have been lost; whatever it says, nothing changes.
      expect(await s.settle('c1', [{ outcome: 'expired', ...s.window(60) }])).toBe(true);
      expect(await s.store.renew(ALICE, 'c1', LEASE_MS, progress(900))).toBe(false);
      expect(await s.claim('c1')).toBeUndefined();
      expect(await s.take('c2')).toEqual([[60, 'y']]);
    }),
  );

  it(
    'rule 4: a tenant is held until a POST that may still arrive cannot any more',
    onStage(async (s) => {
      await s.put(0, 'x');
      await s.at(63_000);
      const claim = (await s.claim('c1'))!;
      const hold = { kind: 'abort', why: 'no answer', failures: 1, forMs: 20_000 } as const;
      await s.settle('c1', [later(claim.windows[0]!, 0)], hold);
      await s.put(0, 'y');
      await s.justBefore(83_000);
      expect(await s.claim('c2')).toBeUndefined();
      await s.at(83_000);
      expect(await s.take('c2')).toEqual([[0, 'x', 'y']]);
    }),
  );

  it(
    'rule 5: late is the very instant at which retirement begins; a window that may be retired is never made again',
    onStage(async (s) => {
      await s.put(0, 'x');
      await s.at(63_000);
      await s.deliver('c1');
      await s.justBefore(360_000);
      expect(await s.isDue()).toBe(false);
      await s.at(360_000);
      expect(await s.claim('c2')).toBeUndefined();
      expect(await s.put(0, 'y')).toEqual({ outcome: 'stored', late: 1, future: 0 });
      expect(await keysOf('q')).toEqual([]);
      expect(await keysOf('s')).toEqual([]);
    }),
  );

  it(
    'rule 6: "again" stores nothing at all, and is the answer if the open window has not begun',
    onStage(async (s) => {
      await s.at(65_000);
      const batches = [s.batch(60, 'now'), s.batch(0, 'late')];
      for (const openStartSeconds of [0, 120]) {
        const answer = await s.commit(s.request(batches, { ...adds, openStartSeconds, facts: { messages: 2 } }));
        expect(answer).toEqual({ outcome: 'again' });
      }
      expect(await server().ask((redis) => redis.keys('*'))).toEqual([]);
    }),
  );

  it(
    'rule 7: each commit overwrites the tenant’s token',
    onStage(async (s) => {
      await s.put(0, 'x', { token: 'sealed with a key that is gone' });
      await s.put(60, 'y', { token: 'the new one' });
      await s.at(63_000);
      expect((await s.claim())!.token).toBe('the new one');
    }),
  );

  it(
    'rule 8: what expires is counted in the step that drops it, though its answer is lost',
    onStage(async (s) => {
      await s.put(0, 'x');
      await s.at(63_000 + AGE_MS + 1);
      await s.put(6 * 3600, 'y');
      await s.claim('nobody hears the answer');
      expect((await s.store.facts(ALICE))!.counts.windowsExpired).toBe(1);
      await s.at(AGE_MS + 63_000 + 60_000);
      await s.claim('c2');
      await s.settle('c2', [{ outcome: 'expired', ...s.window(6 * 3600) }]);
      expect((await s.store.facts(ALICE))!.counts.windowsExpired).toBe(2);
    }),
  );

  it(
    'rule 9: a window left for later lets those behind it be delivered',
    onStage(async (s) => {
      for (const start of [0, 60]) await s.put(start, String(start));
      await s.at(123_000);
      const first = (await s.claim('c1', { windowLimit: 1 }))!;
      await s.settle('c1', [later(first.windows[0]!, 30_000)]);
      const [queue] = await keysOf('q');
      const order = await server().ask((redis) => redis.zrange(queue!, '0', '-1'));
      expect(order.map((name) => Number(name.split(':')[0]) - s.window(0).startSeconds)).toEqual([60, 0]);
      expect(await s.deliver('c2')).toEqual([[60, '60']]);
    }),
  );

  it(
    'rule 10: the first claim fixes the batches of a window where the destination adds',
    onStage(async (s) => {
      await s.put(0, 'one', adds);
      await s.at(63_000);
      await s.claim('dead');
      await s.at(50_000); // the clock was set back
      await s.put(0, 'two', adds);
      await s.at(63_000 + LEASE_MS);
      expect(await s.deliver('c2')).toEqual([[0, 'one']]);
      expect(await s.deliver('c3')).toEqual([[0, 'two']]);
    }),
  );

  it(
    'rule 10: a new window’s commit deletes a list left over',
    onStage(async (s) => {
      await s.put(0, 'old');
      await s.at(63_000 + AGE_MS + 1);
      expect(await s.claim('c1')).toMatchObject({ windows: [], expiredWindows: 1 });
      expect(await keysOf('w')).toHaveLength(1); // claim touches no list
      await s.at(50_000);
      expect(await s.put(0, 'new')).toEqual(stored);
      await s.at(63_000);
      expect(await s.take('c2')).toEqual([[0, 'new']]);
    }),
  );

  it('rule 11: what no outlet looks at in all that time is gone, and the tenant begins anew', async () => {
    const expiries = { stateTtlMs: 300, deliveredTtlMs: 100, factsTtlMs: 300 };
    const brief = onStageOf(
      redisStores(() => server().url, { expiries }),
      REDIS_TRAITS,
    );
    await brief(async (s) => {
      await s.put(0, 'x', { idempotencyTtlMs: 200 });
      await until(async () => (await server().ask((redis) => redis.dbsize())) === 0, 5_000);
      await s.at(63_000);
      expect(await s.isDue()).toBe(false);
      expect(await s.store.facts(ALICE)).toBeUndefined();
      await s.put(0, 'y');
      await delay(1);
      expect(await s.take()).toEqual([[0, 'y']]);
    })();
  });
});
