import { describe, expect, it } from '@jest/globals';
import { StoreHealth } from '../../src/store/store.health.js';
import { StoreUnavailableError, type WindowStore } from '../../src/store/window-store.js';
import { Counters } from '../../src/telemetry/counters.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { openStore, requestAt, STORE_OPTIONS, suiteServer } from './harness.js';
import { LinkCutter } from './link-cutter.js';
import { startStandalone, until } from './servers.js';

const MiB = 1 << 20;
const stored = { outcome: 'stored', late: 0, future: 0 };

/** What a log got. */
function recordingLogger() {
  const lines: { event: string; kind: string }[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as (typeof lines)[number]);
  return { logger: createLogger('info', false, { write }), lines };
}

async function outcomeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'done',
    (error: unknown) =>
      error instanceof StoreUnavailableError ? ((error as { kind?: string }).kind ?? 'away') : String(error),
  );
}

/** How long until a store's health is so, ms. */
async function msUntilUp(store: WindowStore, up: boolean): Promise<number> {
  const health = new StoreHealth(store);
  const startedAt = performance.now();
  await until(async () => (await health.check()).up === up, 10_000);
  return performance.now() - startedAt;
}

describe('one Redis and its faults', () => {
  const server = suiteServer();

  it('a link that is cut behind a commit does not make it count twice', async () => {
    const link = await LinkCutter.open(server().port);
    const { store } = await openStore({ url: `redis://127.0.0.1:${link.port}` }, STORE_OPTIONS);
    const one = requestAt(await store.now());
    await store.commit([requestAt(await store.now(), { tenant: 'b'.repeat(32) })]); // knows the script from now on
    link.cutAfter(/evalsha/i);
    const startedAt = performance.now();
    expect(await outcomeOf(store.commit([one]))).toBe('connection');
    expect(performance.now() - startedAt).toBeLessThan(900);
    expect(link.waits).toBe(false);
    await msUntilUp(store, true);
    // It was done, nothing was sent again, and the retry is known by its key.
    expect((await store.facts(one.tenant))!.counts).toEqual({ requests: 1 });
    expect((await store.commit([one])).answers).toEqual([{ outcome: 'duplicate' }]);
    const window = { resolutionSeconds: 60, startSeconds: one.openStartSeconds };
    expect(await store.read(one.tenant, window, 0, 9)).toHaveLength(1);
    await link.close();
  });

  it('what is wrong with one tenant, or one request, harms no other that goes along', async () => {
    const { store } = await openStore({ url: server().url }, STORE_OPTIONS);
    const nowMs = await store.now();
    const [one, other, third] = ['1', '2', '3'].map((digit) => {
      return requestAt(nowMs, { tenant: digit.repeat(32), nonce: `n-${digit}` });
    });
    await store.commit([other!]);
    await server().ask(async (redis) => {
      const [state] = await redis.keys(`*:s:${other!.tenant}`);
      await redis.set(state!, 'of another type');
    });
    const outcomes = await Promise.allSettled(
      [one!, { ...other!, idempotencyKey: 'another' }, third!].map((request) => store.commit([request])),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const window = { resolutionSeconds: 60, startSeconds: one!.openStartSeconds };
    for (const { tenant } of [one!, third!]) expect(await store.read(tenant, window, 0, 9)).toHaveLength(1);
  });

  it('a request with thousands of late windows is stored whole, and so is what goes along with it', async () => {
    const policy = { ...STORE_OPTIONS.policy, lateDeadlineMs: 3 * 3_600_000 };
    const { store } = await openStore({ url: server().url }, { ...STORE_OPTIONS, policy });
    const nowMs = await store.now();
    const adds = { tenant: '5'.repeat(32), secondValue: 'adds', resolutionSeconds: 1 } as const;
    const openStartSeconds = Math.floor(nowMs / 1000);
    const one = { measurements: 1, bytes: Buffer.from('one') };
    // All of them go to the list of the open window: more than Lua hands over at once.
    const late = Array.from({ length: 8_200 }, (_, i) => ({ ...one, startSeconds: openStartSeconds - 10 - i }));
    const requests = [late, [{ ...one, startSeconds: openStartSeconds }]].map((batches, i) =>
      requestAt(nowMs, { ...adds, openStartSeconds, batches, idempotencyKey: `late-${i}` }),
    );
    const outcomes = await Promise.all(requests.map((request) => store.commit([request])));
    expect(outcomes.map(({ answers }) => answers)).toEqual([[stored], [stored]]);
    const window = { resolutionSeconds: 1, startSeconds: openStartSeconds };
    expect(await store.read(adds.tenant, window, 0, 9_999)).toHaveLength(8_201);
    expect(await store.facts(adds.tenant)).toMatchObject({ windowsWaiting: 1 });
  });

  it('a tenant that was lost from the due set is there again with its next request', async () => {
    const { store } = await openStore({ url: server().url }, STORE_OPTIONS);
    const nowMs = await store.now();
    const tenant = '6'.repeat(32);
    await store.commit([requestAt(nowMs, { tenant })]);
    const before = await server().ask(async (redis) => {
      const [due] = await redis.keys('*:due');
      const score = await redis.zscore(due!, tenant);
      expect(await redis.zrem(due!, tenant)).toBe(1);
      return { due: due!, score };
    });
    await store.commit([requestAt(nowMs, { tenant, idempotencyKey: 'next' })]);
    expect(await server().ask((redis) => redis.zscore(before.due, tenant))).toBe(before.score);
    expect(await server().ask((redis) => redis.pttl(before.due))).toBeGreaterThan(0);
  });

  it('a Redis that has forgotten the scripts is told them again', async () => {
    const counters = new Counters();
    const { logger, lines } = recordingLogger();
    const { store } = await openStore({ url: server().url, counters, logger }, STORE_OPTIONS);
    await store.commit([requestAt(await store.now())]);
    const before = counters.get('redis_errors', 'noscript');
    await server().ask((redis) => redis.script('FLUSH'));
    expect((await store.commit([requestAt(await store.now())])).answers).toEqual([stored]);
    expect((await store.commit([requestAt(await store.now())])).answers).toEqual([stored]);
    expect(counters.get('redis_errors', 'noscript')).toBe(before + 1);
    expect(lines).toEqual([]);
  });

  it('a batch of 1,000 tenants goes to all partitions and comes back due', async () => {
    const { store, advance } = await openStore({ url: server().url }, STORE_OPTIONS);
    const nowMs = await store.now();
    const tenants = Array.from(
      { length: 1_000 },
      (_, i) => `${((i * 7) % 256).toString(16).padStart(2, '0')}${String(i).padStart(30, '0')}`,
    );
    const { answers } = await store.commit(tenants.map((tenant) => requestAt(nowMs, { tenant })));
    expect(answers).toEqual(tenants.map(() => stored));
    expect(await server().ask((redis) => redis.keys('*:due'))).toHaveLength(64);
    advance(123_000);
    expect((await store.dueTenants(2_000)).sort()).toEqual([...tenants].sort());
    expect(await store.dueTenants(10)).toHaveLength(10);
  });

  it('commits that come while one is in flight go together, each with its own answer', async () => {
    const { store } = await openStore({ url: server().url }, { ...STORE_OPTIONS, windowBytesMax: 10_000 });
    const nowMs = await store.now();
    await store.commit([requestAt(nowMs)]);
    await server().ask((redis) => redis.config('RESETSTAT'));
    const requests = Array.from({ length: 100 }, (_, i) => requestAt(nowMs, {}, Buffer.alloc(i === 50 ? 20_000 : 1)));
    const answers = await Promise.all(requests.map((one) => store.commit([one]).then((all) => all.answers[0]!)));
    answers.forEach((answer, i) => {
      expect(answer).toEqual(i === 50 ? { outcome: 'refused', reason: 'window-bytes' } : stored);
    });
    const calls = /cmdstat_evalsha:calls=(\d+)/.exec(await server().ask((redis) => redis.info('commandstats')))![1];
    expect(Number(calls)).toBeLessThan(5);
  });

  it('a Redis that is killed is away within 2 s, and back within 2 s of its return', async () => {
    const own = await startStandalone({ aof: 'always' });
    const counters = new Counters();
    const { logger, lines } = recordingLogger();
    const { store } = await openStore({ url: own.url, counters, logger }, STORE_OPTIONS);
    const one = requestAt(await store.now());
    await store.commit([one]);
    await own.kill();
    expect(await msUntilUp(store, false)).toBeLessThan(2_000);
    for (let i = 0; i < 20; i++)
      expect(await outcomeOf(store.commit([requestAt(one.openStartSeconds * 1000)]))).toBe('connection');
    await own.restart();
    expect(await msUntilUp(store, true)).toBeLessThan(2_000);
    expect((await store.commit([one])).answers).toEqual([{ outcome: 'duplicate' }]);
    expect(counters.get('redis_errors', 'connection')).toBeGreaterThanOrEqual(20);
    await until(async () => {
      await store.now();
      return lines.length === 2;
    }, 10_000);
    expect(lines.map(({ event, kind }) => [event, kind])).toEqual([
      ['redis-fault', 'connection'],
      ['redis-fault-over', 'connection'],
    ]);
  }, 30_000);

  it('a Redis that is not there is logged with what the socket said', async () => {
    const own = await startStandalone();
    await own.kill();
    const { logger, lines } = recordingLogger();
    await openStore({ url: own.url, logger }, STORE_OPTIONS);
    await until(() => lines.length > 0);
    expect(lines[0]).toMatchObject({ event: 'redis-fault', kind: 'connection', code: 'ECONNREFUSED' });
  });

  it('a Redis that hangs is away within 2 s, and back within 2 s', async () => {
    const own = await startStandalone();
    const { store } = await openStore({ url: own.url }, STORE_OPTIONS);
    await store.commit([requestAt(await store.now())]);
    own.pause();
    expect(await msUntilUp(store, false)).toBeLessThan(2_000);
    expect(['timeout', 'connection']).toContain(await outcomeOf(store.commit([requestAt(0)])));
    // Longer than a socket that brings nothing is kept.
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    own.resume();
    expect(await msUntilUp(store, true)).toBeLessThan(2_000);
  }, 30_000);

  it('a full Redis refuses a commit before its first write; claim, renew and settle go on and make room', async () => {
    const own = await startStandalone({ maxmemory: 6 * MiB });
    const counters = new Counters();
    const recent = { ms: 3_600_000, tenantBytesMax: 4 * MiB };
    const { store, advance } = await openStore({ url: own.url, counters }, { ...STORE_OPTIONS, recent });
    const nowMs = await store.now();
    const adds = { secondValue: 'adds' } as const;
    let acknowledged = 0;
    // Its own arguments count for a large commit: small ones have to be refused, too.
    for (const size of [200_000, 1_000]) {
      const fill = () => store.commit([requestAt(nowMs, adds, Buffer.alloc(size, 1))]).then(() => acknowledged++);
      let outcome = 'done';
      while (outcome === 'done' && acknowledged < 10_000) outcome = await outcomeOf(fill());
      expect(outcome).toBe('oom');
    }
    // What it uses besides data goes up and down by itself.
    await own.ask((redis) => redis.config('SET', 'maxmemory', 6 * MiB - 500_000));
    const everything = () =>
      own.ask(async (redis) => [await redis.dbsize(), await redis.hgetall((await redis.keys('*:f:*'))[0]!)]);
    const before = await everything();
    // Not even what takes no room: a new tenant's, or a repeat.
    for (const tenant of ['a', 'b', 'c']) {
      expect(await outcomeOf(store.commit([requestAt(nowMs, { ...adds, tenant: tenant.repeat(32) })]))).toBe('oom');
    }
    expect(await everything()).toEqual(before);
    expect(counters.get('redis_errors', 'oom')).toBe(5);
    advance(123_000);
    const [tenant] = await store.dueTenants(10);
    const claim = (await store.claim(tenant!, 'claim', { leaseMs: 60_000, windowLimit: 10 }))!;
    expect(claim.windows[0]!.endBatch).toBe(acknowledged);
    expect(
      await store.renew(
        tenant!,
        'claim',
        60_000,
        claim.windows.map((window) => ({ ...window, pointsSettled: 1 })),
      ),
    ).toBe(true);
    const summary = Buffer.from('to be looked at');
    const windows = claim.windows.map((window) => ({ outcome: 'delivered' as const, ...window, summary }));
    expect(await store.settle(tenant!, 'claim', { windows, facts: { windowsDelivered: 1 } })).toBe(true);
    // There was no room to keep it; now there is.
    expect((await store.recent(tenant!)).windows).toEqual([]);
    expect((await store.commit([requestAt(nowMs + 123_000, adds)])).answers).toEqual([stored]);
    advance(120_000);
    const next = (await store.claim(tenant!, 'next', { leaseMs: 60_000, windowLimit: 10 }))!;
    const nextWindows = next.windows.map((window) => ({ outcome: 'delivered' as const, ...window, summary }));
    await store.settle(tenant!, 'next', { windows: nextWindows, facts: {} });
    expect((await store.recent(tenant!)).windows).toHaveLength(1);
  }, 30_000);

  it('a full Redis lets a tenant be purged, which makes room', async () => {
    const own = await startStandalone({ maxmemory: 6 * MiB });
    const { store } = await openStore({ url: own.url }, STORE_OPTIONS);
    const nowMs = await store.now();
    let outcome = 'done';
    let acknowledged = 0;
    const fill = () => store.commit([requestAt(nowMs, {}, Buffer.alloc(200_000, 1))]).then(() => acknowledged++);
    while (outcome === 'done') outcome = await outcomeOf(fill());
    expect(outcome).toBe('oom');
    expect(await store.purge('a'.repeat(32))).toEqual({
      windows: 1,
      batches: acknowledged,
      bytes: acknowledged * 200_000,
    });
    // Redis gives the memory of large lists back a moment later.
    await until(async () => (await outcomeOf(fill())) === 'done', 5_000);
  }, 30_000);

  it('a Redis whose data are of another kind is no passing fault, and its error shows no token', async () => {
    const { store, prefix } = await openStore({ url: server().url }, STORE_OPTIONS);
    const one = requestAt(await store.now());
    await server().ask((redis) => redis.set(`${prefix}:{42}:s:${one.tenant}`, 'a string'));
    const error = await store.commit([one]).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(StoreUnavailableError);
    const lines: string[] = [];
    createLogger('info', false, { write: (line) => void lines.push(line) }).error({ err: error });
    expect(lines.join()).toContain('WRONGTYPE');
    expect(lines.join()).not.toContain('no log may show');
  });

  it('a password that is wrong is a passing fault, and shown nowhere', async () => {
    const own = await startStandalone();
    await own.ask((redis) => redis.config('SET', 'requirepass', 'right'));
    const { logger, lines } = recordingLogger();
    const { store } = await openStore({ url: `redis://:hunter2@127.0.0.1:${own.port}`, logger }, STORE_OPTIONS);
    expect(['auth', 'connection']).toContain(await outcomeOf(store.now()));
    expect(lines.map(({ kind }) => kind)).toContain('auth');
    expect(JSON.stringify(lines)).not.toContain('hunter2');
    const { store: other } = await openStore({ url: `redis://:right@127.0.0.1:${own.port}` }, STORE_OPTIONS);
    expect(await outcomeOf(other.now())).toBe('done');
  });
});
