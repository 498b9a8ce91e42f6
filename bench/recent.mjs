/**
 * bench:recent: what it costs Redis and an outlet to keep what was delivered for an hour: the same windows are delivered with and
 * without, by turns. The outlet's side is what counts: claim, read, renew and settle; commits are the same in both.
 *
 *     npm run bench:recent [-- --rounds N] [--quick] [--dist DIST]
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import { cpuOfProcess, startRedis, stopServers } from './lib/processes.mjs';
import { byTurnsAsync, claim, median, ratios, report, ROUNDS } from './lib/rounds.mjs';

const { values: settings } = parseArgs({
  options: {
    dist: { type: 'string', default: resolve(import.meta.dirname, '../dist') },
    rounds: { type: 'string', default: String(ROUNDS) },
    // A tenth of the tenants: to see that it runs, not what it says.
    quick: { type: 'boolean', default: false },
  },
});

const TENANTS = settings.quick ? 10 : 60;

/** Windows of each tenant, delivered one after another, and the requests that made each. */
const WINDOWS = 5;

/** Series and requests of a window: a small app, one with some dynos, one with many. */
const SHAPES = [
  { series: 10, requests: 10 },
  { series: 50, requests: 60 },
  { series: 500, requests: 120 },
];

/** Redis' CPU for the outlet's side may be so many times what it is without. */
const RATIO_MAX = 1.1;

const of = (path) => import(pathToFileURL(resolve(settings.dist, path)));
const { encodeBatch } = await of('model/window-batch.js');
const { Distribution } = await of('model/distribution.js');
const { Kind } = await of('model/kind.js');
const { systemClock } = await of('model/clock.js');
const { DEFAULT_WINDOW_POLICY } = await of('model/window.js');
const { openRedisStore } = await of('store/redis/open.js');
const { parseRedisUrl } = await of('store/redis-url.js');
const { Counters } = await of('telemetry/counters.js');
const { createLogger } = await of('telemetry/logger.js');
const { TenantDelivery } = await of('outlet/tenant-delivery.js');
const { LibratoDestination } = await of('outlet/destinations/librato.js');
const { DEFAULT_OUTLET_OPTIONS } = await of('outlet/outlet.options.js');
const { MemoryBudget } = await of('outlet/memory-budget.js');
const { HostShares } = await of('outlet/host-shares.js');
const { Turns } = await of('outlet/turns.js');

const redis = await startRedis();
const claims = [];
for (const shape of SHAPES) {
  const without = await openDelivery(0);
  const kept = await openDelivery(3_600_000);
  const costs = await byTurnsAsync(
    { without: () => round(without, shape), kept: () => round(kept, shape) },
    Number(settings.rounds),
  );
  await Promise.all([without.store.close(), kept.store.close()]);
  const of = (side, what) => costs[side].map((cost) => cost[what]);
  const name = `${shape.series} series from ${shape.requests} requests`;
  const ratio = (what) => ratios(of('kept', what), of('without', what));
  claims.push(
    claim(`recent.${shape.series}.redis`, `${name}: Redis, × without`, ratio('redis'), 'lower', RATIO_MAX),
    claim(`recent.${shape.series}.outlet`, `${name}: the outlet, × without`, ratio('outlet'), 'lower'),
    claim(`recent.${shape.series}.us`, `${name}: Redis without, µs a window`, of('without', 'redis'), 'lower'),
    claim(`recent.${shape.series}.bytes`, `${name}: bytes kept a series`, of('kept', 'bytes'), 'lower'),
  );
}
await stopServers();
report('recent', claims);

/** A store, and what a delivery needs around it, with a destination without a network. */
async function openDelivery(recentMs) {
  const counters = new Counters();
  const logger = createLogger('error', false);
  const options = {
    policy: DEFAULT_WINDOW_POLICY,
    windowBytesMax: 1e9,
    tenantBytesMax: 1e9,
    storeBytesMax: 1e9,
    ...(recentMs > 0 && { recent: { ms: recentMs, tenantBytesMax: 4 * 2 ** 20 } }),
    prefix: `recent-${recentMs}`,
    clockOffsetMs: 0,
  };
  const access = { target: parseRedisUrl(redis.url), tlsCaFile: undefined, tlsVerify: true, waitReplicas: 0 };
  const store = await openRedisStore(access, options, { counters, logger, clock: systemClock });
  const clock = { now: () => systemClock.now() + options.clockOffsetMs, monotonic: systemClock.monotonic };
  const http = { post: () => Promise.resolve({ type: 'answer', status: 200, body: new Uint8Array() }) };
  const target = { kind: 'librato', url: new URL('http://127.0.0.1/v1/metrics'), user: 'u', password: 'p' };
  const destination = new LibratoDestination(target, true, { http, clock });
  const tools = {
    store,
    destinations: { of: () => destination },
    options: { ...DEFAULT_OUTLET_OPTIONS, recentMs },
    memory: new MemoryBudget(1e9),
    hosts: new HostShares(1_000),
    turns: new Turns(systemClock),
    clock,
    counters,
    logger,
    random: Math.random,
  };
  return { store, tools, options };
}

/** Commits and delivers some windows of each tenant. @returns CPU of Redis and of the outlet, µs a window, and bytes kept a series */
async function round({ store, tools, options }, shape) {
  await redis.flush();
  let [redisUs, outletUs] = [0, 0];
  const tenants = Array.from({ length: TENANTS }, (_, i) => (i * 7919 + 17).toString(16).padStart(32, '0'));
  for (let window = 0; window < WINDOWS; window++) {
    const startSeconds = Math.floor((await store.now()) / 60_000) * 60;
    await Promise.all(tenants.map((tenant) => commit(store, tenant, startSeconds, shape)));
    options.clockOffsetMs += 63_000 + 60_000;
    const redisBefore = cpuOfProcess(redis.pid);
    const before = process.cpuUsage();
    await Promise.all(tenants.map((tenant) => new TenantDelivery(tools, tenant).run()));
    const { user, system } = process.cpuUsage(before);
    outletUs += user + system;
    redisUs += cpuOfProcess(redis.pid) - redisBefore;
  }
  const { windows } = await store.recent(tenants[0]);
  const bytes = windows.reduce((sum, window) => sum + window.bytes, 0) / shape.series / Math.max(1, windows.length);
  return { redis: redisUs / TENANTS / WINDOWS, outlet: outletUs / TENANTS / WINDOWS, bytes };
}

async function commit(store, tenant, startSeconds, { series, requests }) {
  for (let request = 0; request < requests; request++) {
    const buckets = Array.from({ length: Math.ceil(series / 10) }, (_, i) =>
      bucketOf((i * requests + request) % series, 3),
    );
    const { answers } = await store.commit([
      {
        tenant,
        token: tenant,
        secondValue: 'replaces',
        late: 'next',
        idempotencyKey: `${tenant}:${startSeconds}:${request}`,
        idempotencyTtlMs: 30_000,
        resolutionSeconds: 60,
        openStartSeconds: startSeconds,
        batches: [{ startSeconds, bytes: encodeBatch(buckets), measurements: buckets.length }],
        facts: {},
      },
    ]);
    if (answers[0].outcome !== 'stored') throw new Error(`not stored: ${JSON.stringify(answers[0])}`);
  }
}

/** Three measurements of four, one counter. */
function bucketOf(series, values) {
  const identity = { name: `shop.step${series >> 3}.duration`, source: `web.${series % 8}`, unit: 'ms' };
  if (series % 4 === 3) return { kind: Kind.count, ...identity, sum: values, negative: false };
  const distribution = new Distribution();
  for (let i = 0; i < values; i++) distribution.add(Math.round(Math.random() * 1e5) / 100);
  return { kind: Kind.measure, ...identity, distribution };
}
