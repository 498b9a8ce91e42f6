import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DEFAULT_WINDOW_POLICY, windowStart } from '../../src/model/window.js';
import type { CommitRequest, TenantId, WindowStore } from '../../src/store/window-store.js';
import { Counters } from '../../src/telemetry/counters.js';
import { closeStores, openStore } from './harness.js';
import { type RedisCluster, type RedisSentinels, startCluster, startSentinel, until, stopServers } from './servers.js';

const OPTIONS = { policy: DEFAULT_WINDOW_POLICY, windowBytesMax: 1e8, tenantBytesMax: 1e8, storeBytesMax: 1e8 };
let serial = 0;

function request(nowMs: number, tenant: TenantId): CommitRequest {
  const startSeconds = windowStart(nowMs, 60);
  return {
    tenant,
    token: 'token',
    secondValue: 'replaces',
    late: 'next',
    idempotencyKey: `key ${serial++}`,
    idempotencyTtlMs: 120_000,
    resolutionSeconds: 60,
    openStartSeconds: startSeconds,
    batches: [{ startSeconds, bytes: Buffer.from('x'), measurements: 1 }],
    facts: {},
  };
}

/** Tenants of all partitions. */
const tenants = Array.from({ length: 64 }, (_, i) => (i * 4).toString(16).padStart(2, '0').padEnd(32, '0'));

/** What became of a commit for each tenant: stored, or the fault. */
async function commitForEach(store: WindowStore, nowMs: number): Promise<Map<TenantId, string>> {
  const outcomes = await Promise.all(
    tenants.map(async (tenant) => {
      const outcome = await store.commit([request(nowMs, tenant)]).then(
        ({ answers }) => answers[0]!.outcome,
        (error: { kind?: string }) => error.kind ?? 'no passing fault',
      );
      return [tenant, outcome] as const;
    }),
  );
  return new Map(outcomes);
}

describe('a Cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startCluster(3, 1);
  }, 120_000);
  afterEach(closeStores);
  afterAll(stopServers);

  it('a commit counts once a replica has it; a shard whose replica hangs answers so, the others go on', async () => {
    const counters = new Counters();
    const { store, advance } = await openStore({ url: cluster.url, waitReplicas: 1, counters }, OPTIONS);
    const nowMs = await store.now();
    const one = request(nowMs, tenants[0]!);
    // A replica that has only just come counts from its first confirmation on.
    await until(async () => (await store.commit([one])).answers.length === 1);
    for (const outcome of (await commitForEach(store, nowMs)).values()) expect(outcome).toBe('stored');
    cluster.replicas[0]!.pause();
    const outcomes = [...(await commitForEach(store, nowMs)).values()];
    expect(outcomes.filter((outcome) => outcome === 'stored').length).toBeGreaterThan(30);
    expect(outcomes.filter((outcome) => outcome !== 'stored').length).toBeGreaterThan(15);
    expect(outcomes).toContain('replicas');
    cluster.replicas[0]!.resume();
    // Once a repeat is a duplicate, replicas have what the first try wrote, too.
    await until(async () => {
      const { answers } = await store.commit([one]);
      return answers[0]!.outcome === 'duplicate';
    });
    advance(123_000);
    await until(async () => (await store.claim(tenants[0]!, 'c', { leaseMs: 60_000, windowLimit: 1 })) !== undefined);
    expect(await store.renew(tenants[0]!, 'c', 60_000, [])).toBe(true);
    expect(await store.settle(tenants[0]!, 'c', { windows: [], facts: {} })).toBe(true);
  }, 60_000);

  it('a master that is killed hides its own tenants only, and its replica takes over', async () => {
    const { store, advance } = await openStore({ url: cluster.url, waitReplicas: 1 }, OPTIONS);
    const { store: plain } = await openStore({ url: cluster.url }, OPTIONS);
    const nowMs = await store.now();
    await until(async () => [...(await commitForEach(store, nowMs)).values()].every((outcome) => outcome === 'stored'));
    advance(123_000);
    await cluster.masters[1]!.kill();
    const during = await store.dueTenants(100);
    expect(during.length).toBeGreaterThanOrEqual(40);
    expect(await store.now()).toBeGreaterThan(nowMs);
    const outcomes = [...(await commitForEach(plain, nowMs)).values()];
    expect(outcomes.filter((outcome) => outcome === 'stored').length).toBeGreaterThanOrEqual(40);
    await until(async () => (await store.dueTenants(100)).length === 64, 20_000);
    await until(
      async () => [...(await commitForEach(plain, nowMs)).values()].every((outcome) => outcome === 'stored'),
      20_000,
    );
  }, 60_000);
});

describe('Sentinels', () => {
  let sentinels: RedisSentinels;
  beforeAll(async () => {
    sentinels = await startSentinel(2, 3);
  }, 120_000);
  afterEach(closeStores);
  afterAll(stopServers);

  it('after the master is killed the promoted replica is used, and has all that a replica confirmed', async () => {
    const { store, advance } = await openStore({ url: sentinels.url, waitReplicas: 1 }, OPTIONS);
    const nowMs = await store.now();
    for (const outcome of (await commitForEach(store, nowMs)).values()) expect(outcome).toBe('stored');
    await sentinels.master.kill();
    await until(
      async () => [...(await commitForEach(store, nowMs)).values()].every((outcome) => outcome === 'stored'),
      40_000,
    );
    advance(123_000);
    expect(await store.dueTenants(100)).toHaveLength(64);
  }, 60_000);
});
