import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { delivered, later, LEASE_MS, onStageOf, Stage } from '../conformance/window-store/stage.js';
import { REDIS_TRAITS, redisStores, suiteServer } from './harness.js';
import { until } from './servers.js';

const HOUR_MS = 3_600_000;

/** A life is set again once a 32nd of it is over, and so much longer than it must be. */
const STATE_MS = (9 * HOUR_MS * 32) / 31;
const FACTS_MS = (HOUR_MS * 32) / 31;

const server = suiteServer();

/** Time to live of each key, by the letter of its kind. */
async function lives(): Promise<Record<string, number>> {
  return server().ask(async (redis) => {
    const all: Record<string, number> = {};
    for (const key of await redis.keys('*')) all[/\}:([a-z]+)/.exec(key)![1]!] = await redis.pttl(key);
    return all;
  });
}

describe('expiries', () => {
  const onStage = onStageOf(
    redisStores(() => server().url),
    REDIS_TRAITS,
  );
  // After each test, whatever it called.
  afterEach(async () => {
    for (const ttl of Object.values(await lives())) expect(ttl).toBeGreaterThan(0);
  });

  const aboutMs = (ms: number) => ({ asymmetricMatch: (ttl: unknown) => Math.abs(Number(ttl) - ms) < 2_000 });

  it(
    'a commit gives every key its life',
    onStage(async (s) => {
      await s.put(0, 'x', { facts: { messages: 1 } });
      const state = aboutMs(STATE_MS);
      expect(await lives()).toEqual({
        due: state,
        q: state,
        s: state,
        w: state,
        f: aboutMs(FACTS_MS),
        i: aboutMs(120_000),
      });
    }),
  );

  it(
    'every kind of call leaves no key without one, and sets it again',
    onStage(async (s) => {
      const steps: (() => Promise<unknown>)[] = [
        () => s.put(0, 'x'),
        () => s.commit(s.request([s.batch(900, 'future')])),
        () => s.put(0, 'x', { idempotencyKey: 'key-1' }),
        () => s.at(63_000),
        () => s.claim('c1'),
        () => s.claim('c1'),
        () => s.store.renew('a'.repeat(32), 'c1', LEASE_MS, [{ ...s.window(0), endBatch: 1, pointsSettled: 1 }]),
        () =>
          s.settle('c1', [later({ ...s.window(0), endBatch: 1 }, 0)], {
            kind: 'retry',
            why: '',
            failures: 1,
            forMs: 1,
          }),
        () => s.pass(10),
        () => s.deliver('c2'),
        () => s.settle('c2', []),
        () => s.store.renew('a'.repeat(32), 'c2', LEASE_MS, []),
        () => s.put(60, 'x'),
        () => s.at(183_000),
        () => s.claim('c3'),
        () => s.store.purge('a'.repeat(32)),
      ];
      for (const step of steps) {
        await step();
        await server().ask(async (redis) => {
          for (const key of await redis.keys('*')) {
            const ttl = await redis.pttl(key);
            if (ttl <= 0) throw new Error(`${key} has no expiry after ${step.toString()}`);
          }
        });
      }
    }),
  );

  it(
    'what is kept to be looked at lives as long as it can be, from the last delivery on',
    onStage(
      async (s) => {
        for (const minute of [0, 1]) {
          await s.put(60 * minute, 'x', { openStartSeconds: 60 * minute });
          await s.at((minute + 1) * 60_000 + 3_000);
          const { windows } = (await s.claim(`c${minute}`))!;
          const summary = Buffer.from('summary');
          await s.settle(
            `c${minute}`,
            windows.map((window) => ({ ...window, outcome: 'delivered', summary })),
          );
          expect(await lives()).toMatchObject({ r: aboutMs(600_000) });
          await server().ask(async (redis) => redis.pexpire((await redis.keys('*:r:*'))[0]!, 60_000));
        }
      },
      { recent: { ms: 600_000, tenantBytesMax: 10_000 } },
    ),
  );

  it(
    'use sets the life of a tenant again',
    onStage(async (s) => {
      await s.put(0, 'x');
      const shorten = () =>
        server().ask(async (redis) => {
          for (const key of await redis.keys('*')) await redis.pexpire(key, 60_000);
        });
      await s.at(63_000);
      const state = aboutMs(STATE_MS);
      for (const use of [() => s.claim('c1'), () => s.store.renew('a'.repeat(32), 'c1', LEASE_MS, [])]) {
        await shorten();
        await use();
        expect(await lives()).toMatchObject({ due: state, q: state, s: state });
      }
      await s.at(183_000);
      await shorten();
      await s.put(180, 'y');
      expect(await lives()).toMatchObject({ due: state, q: state, s: state, f: aboutMs(FACTS_MS) });
    }),
  );

  it(
    'a long window sets its life again, once a part of it is over',
    onStage(async (s) => {
      const put = () => s.put(0, 'x', { resolutionSeconds: 3600 });
      await put();
      const state = aboutMs(STATE_MS);
      const shorten = () =>
        server().ask(async (redis) => {
          for (const key of await redis.keys('*')) await redis.pexpire(key, 60_000);
        });
      await shorten();
      await s.at(HOUR_MS / 4);
      await put();
      expect(await lives()).toMatchObject({ due: aboutMs(60_000), s: aboutMs(60_000), w: aboutMs(60_000) });
      await s.at(HOUR_MS / 2);
      await put();
      expect(await lives()).toMatchObject({ due: state, q: state, s: state, w: state, f: aboutMs(FACTS_MS) });
    }),
  );

  it(
    'a delivered window lives until its late deadline and a minute; data that comes wakes it, for its whole life',
    onStage(async (s) => {
      await s.put(0, 'x');
      await s.at(63_000);
      await s.deliver('c1');
      expect(await lives()).toMatchObject({ w: aboutMs(360_000 - 63_000 + 60_000) });
      await s.put(0, 'y');
      expect(await lives()).toMatchObject({ w: aboutMs(STATE_MS) });
      await s.at(123_000);
      const claim = (await s.claim('c2'))!;
      await s.put(0, 'z');
      await s.settle('c2', claim.windows.map(delivered));
      expect(await lives()).toMatchObject({ w: aboutMs(STATE_MS) });
    }),
  );

  it(
    'where the destination adds, a delivered window is gone at once, and the tenant with it',
    onStage(async (s) => {
      await s.put(0, 'x', { secondValue: 'adds' });
      await s.at(63_000);
      await s.deliver('c1');
      expect(Object.keys(await lives()).sort()).toEqual(['f', 'i']);
    }),
  );

  it('an outlet that finds fewer batches than it was told sees it by their number', async () => {
    const stage = await Stage.open(
      redisStores(() => server().url),
      REDIS_TRAITS,
    );
    await stage.put(0, 'one');
    await stage.at(63_000);
    const claim = (await stage.claim())!;
    await server().ask(async (redis) => redis.del(...(await redis.keys('*:w:*'))));
    expect(await stage.texts(claim)).toEqual([[0]]);
    await stage.put(0, 'two');
    expect(await stage.store.read('a'.repeat(32), stage.window(0), 0, 2)).toHaveLength(1);
    expect((await stage.claim())!.windows).toMatchObject([{ endBatch: 2 }]);
    await stage.close();
  });

  it('in real time, with short lives, nothing is left of anything', async () => {
    const expiries = { stateTtlMs: 400, deliveredTtlMs: 100, factsTtlMs: 300 };
    const brief = onStageOf(
      redisStores(() => server().url, { expiries }),
      REDIS_TRAITS,
    );
    await brief(async (s) => {
      const request = s.request([s.batch(0, 'x')], { idempotencyTtlMs: 250 });
      await s.commit(request);
      await delay(150);
      expect(await s.commit(request)).toEqual({ outcome: 'duplicate' });
      await until(async () => !('i' in (await lives())), 5_000);
      expect(await s.commit(request)).toEqual({ outcome: 'stored', late: 0, future: 0 });
      await s.at(63_000);
      await s.deliver('c1');
      await until(async () => (await server().ask((redis) => redis.dbsize())) <= 1, 5_000);
      // What is left is the delivered list, whose deadline is minutes away by the clock that was moved.
      expect(Object.keys(await lives())).toEqual(['w']);
    })();
  });
});
