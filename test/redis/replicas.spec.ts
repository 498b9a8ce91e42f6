import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { slotOf } from '../../src/store/redis/cluster-layout.js';
import { Keys, partitionOf } from '../../src/store/redis/keys.js';
import type { CommitRequest, TenantId, WindowStore } from '../../src/store/window-store.js';
import { closeStores, openStore, requestAt, STORE_OPTIONS } from './harness.js';
import {
  type RedisCluster,
  type RedisSentinels,
  type RedisServer,
  startCluster,
  startSentinel,
  stopServers,
  until,
} from './servers.js';

/** One of each partition. */
const TENANTS = Array.from({ length: 64 }, (_, i) => (i * 4).toString(16).padStart(2, '0').padEnd(32, '0'));

function requests(nowMs: number): CommitRequest[] {
  return TENANTS.map((tenant) => requestAt(nowMs, { tenant }));
}

/** What became of each request, committed at the same time: its outcome, or the fault. */
function outcomes(store: WindowStore, all: readonly CommitRequest[]): Promise<string[]> {
  return Promise.all(
    all.map((one) =>
      store.commit([one]).then(
        ({ answers }) => answers[0]!.outcome,
        (error: { kind?: string }) => error.kind ?? 'no passing fault',
      ),
    ),
  );
}

/** The store's clock. A busy machine may stop this process for long enough that answers count as late. */
async function nowOf(store: WindowStore): Promise<number> {
  let nowMs = 0;
  await until(async () => (nowMs = await store.now()) > 0);
  return nowMs;
}

async function untilAllDue(store: WindowStore): Promise<void> {
  await until(async () => (await store.dueTenants(100)).length === TENANTS.length);
}

/** Commits until all are stored. A replica that has only just come counts from its first confirmation on. */
async function storeAll(store: WindowStore, all: readonly CommitRequest[]): Promise<void> {
  await until(async () =>
    (await outcomes(store, all)).every((outcome) => outcome === 'stored' || outcome === 'duplicate'),
  );
}

/** Commits again until the store knows all of them; what was lost would be stored anew. */
async function expectKept(store: WindowStore, all: readonly CommitRequest[]): Promise<void> {
  const seen = new Set<string>();
  await until(async () => {
    const now = await outcomes(store, all);
    for (const outcome of now) seen.add(outcome);
    return now.every((outcome) => outcome === 'duplicate');
  });
  expect(seen).not.toContain('stored');
}

/** How often a server was told to WAIT, since its statistics were reset. */
async function waitsOf(server: RedisServer): Promise<number> {
  const stats = await server.ask((redis) => redis.info('commandstats'));
  return Number(/cmdstat_wait:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}

describe('a Cluster', () => {
  let cluster: RedisCluster;
  const slot = (tenant: TenantId): number => slotOf(new Keys('any').due(partitionOf(tenant)));
  /** Whether a tenant is at the nth of the three masters, which share the slots evenly. */
  const isAt = (n: number, tenant: TenantId): boolean => Math.floor((slot(tenant) * 3) / 16_384) === n;

  beforeAll(async () => {
    cluster = await startCluster(3, 1);
  }, 120_000);
  afterEach(async () => {
    for (const replica of cluster.replicas) replica.resume();
    await closeStores();
  });
  afterAll(stopServers);

  it('has a tenant where the store looks for it', async () => {
    const slots = await cluster.masters[0]!.ask((redis) =>
      Promise.all(TENANTS.map((tenant) => redis.cluster('KEYSLOT', new Keys('any').facts(tenant)))),
    );
    expect(TENANTS.map(slot)).toEqual(slots);
  });

  it('a shard whose replica hangs says so within its time, for all that it was given; the others go on', async () => {
    const { store, advance } = await openStore({ url: cluster.url, waitReplicas: 1 }, STORE_OPTIONS);
    const nowMs = await nowOf(store);
    await storeAll(store, requests(nowMs));
    cluster.replicas[0]!.pause();
    const inDoubt = requests(nowMs);
    const expected = TENANTS.map((tenant) => (isAt(0, tenant) ? 'replicas' : 'stored'));
    await until(async () => {
      // They are committed each time: the shards that go on know them, from the second time on.
      const now = (await outcomes(store, inDoubt)).map((outcome) => (outcome === 'duplicate' ? 'stored' : outcome));
      return now.every((outcome, i) => outcome === expected[i]);
    });
    // What only reads is held up no longer than one WAIT takes.
    await until(async () => {
      const [facts] = await Promise.all([
        store.facts(TENANTS.find((tenant) => isAt(0, tenant))!),
        outcomes(store, inDoubt),
      ]);
      return facts !== undefined;
    });
    cluster.replicas[0]!.resume();
    await expectKept(store, inDoubt);
    advance(123_000);
    await until(async () => (await store.claim(TENANTS[0]!, 'c', { leaseMs: 60_000, windowLimit: 1 })) !== undefined);
    await until(() => store.renew(TENANTS[0]!, 'c', 60_000, []));
    await until(() => store.settle(TENANTS[0]!, 'c', { windows: [], facts: {} }));
  }, 90_000);

  it('commits of a shard that come together share one WAIT', async () => {
    const { store } = await openStore({ url: cluster.url, waitReplicas: 1 }, STORE_OPTIONS);
    const nowMs = await nowOf(store);
    await storeAll(store, requests(nowMs));
    for (const master of cluster.masters) await master.ask((redis) => redis.config('RESETSTAT'));
    const all = requests(nowMs);
    await storeAll(store, all);
    const waits = await Promise.all(cluster.masters.map(waitsOf));
    expect(Math.max(...waits)).toBeLessThan(10);
  }, 60_000);

  it('a master that is killed hides its own tenants only; its replica takes over with all that it confirmed', async () => {
    const { store, advance } = await openStore({ url: cluster.url, waitReplicas: 1 }, STORE_OPTIONS);
    const { store: plain } = await openStore({ url: cluster.url }, STORE_OPTIONS);
    const nowMs = await nowOf(store);
    const confirmed = requests(nowMs);
    await storeAll(store, confirmed);
    advance(123_000);
    await cluster.masters[1]!.kill();
    const others = TENANTS.filter((tenant) => !isAt(1, tenant));
    await until(async () => {
      const due = await store.dueTenants(100);
      return others.every((tenant) => due.includes(tenant));
    });
    expect(await nowOf(store)).toBeGreaterThan(nowMs);
    await storeAll(
      plain,
      others.map((tenant) => requestAt(nowMs, { tenant })),
    );
    await storeAll(plain, requests(nowMs));
    await untilAllDue(store);
    // It comes back as a replica, and then there is one to confirm.
    await cluster.masters[1]!.restart();
    await expectKept(store, confirmed);
  }, 90_000);
});

describe('Sentinels', () => {
  let sentinels: RedisSentinels;
  beforeAll(async () => {
    sentinels = await startSentinel(2, 3);
  }, 120_000);
  afterEach(closeStores);
  afterAll(stopServers);

  it('after the master is killed the promoted replica is used, and has all that a replica confirmed', async () => {
    const { store, advance } = await openStore({ url: sentinels.url, waitReplicas: 1 }, STORE_OPTIONS);
    const nowMs = await nowOf(store);
    const confirmed = requests(nowMs);
    await storeAll(store, confirmed);
    await sentinels.master.kill();
    await expectKept(store, confirmed);
    advance(123_000);
    await untilAllDue(store);
  }, 90_000);
});
