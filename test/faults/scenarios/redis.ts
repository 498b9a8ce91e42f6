import { setTimeout as delay } from 'node:timers/promises';
import { moveSlots, ownerOf } from '../slots.js';
import { type RedisServer, until } from '../../redis/servers.js';
import type { Scenario } from '../scenario.js';
import type { World } from '../world.js';

/** Stops a Redis for a while. */
function stopped(seconds: number): Scenario {
  return {
    name: `redis-stopped-${seconds}s`,
    fault: `Redis stopped (SIGSTOP) for ${seconds} s`,
    async run(world, full) {
      for (let i = 0; i < (full ? 2 : 1); i++) {
        await world.moment(0, 1_000);
        world.broken();
        world.storeAway();
        world.redis.first.pause();
        await delay(seconds * 1_000);
        world.redis.first.resume();
        world.healed();
        await world.recovered();
      }
    },
  };
}

/**
 * A master is killed while replicas are behind, so that what it alone has acknowledged is gone; later it comes back, as a
 * replica.
 *
 * @param behind which of its replicas
 */
async function failOver(
  world: World,
  master: RedisServer,
  replicas: readonly RedisServer[],
  behind: readonly RedisServer[],
): Promise<void> {
  await world.moment(0, 1_000);
  // A replica that is only stopped would find what it has missed in its socket: the master has to drop them, too. Those that
  // are not stopped are back at once.
  for (const replica of behind) replica.pause();
  // A settle that waits for replicas while they are dropped is tried again, up to a second later: perhaps too late.
  const droppedAt = performance.now();
  await master.ask((redis) => redis.client('KILL', 'TYPE', 'REPLICA'));
  await until(async () => (await connectedReplicas(master)) === replicas.length - behind.length);
  await delay(1_000);
  world.broken();
  world.storeAway(droppedAt);
  await master.kill();
  for (const replica of behind) replica.resume();
  await until(() => someIsMaster(replicas), 60_000);
  world.healed();
  await world.recovered();
  await master.restart();
  await until(async () => !(await isMaster(master)), 60_000);
  await delay(1_000);
}

async function connectedReplicas(master: RedisServer): Promise<number> {
  const info = await master.ask((redis) => redis.info('replication'));
  return (info.match(/^slave\d+:.*state=online/gm) ?? []).length;
}

const isMaster = async (server: RedisServer): Promise<boolean> =>
  (await server.ask((redis) => redis.info('replication'))).includes('role:master');

async function someIsMaster(servers: readonly RedisServer[]): Promise<boolean> {
  return (await Promise.all(servers.map(isMaster))).includes(true);
}

/** @param behind how many of the master's replicas are behind */
const clusterRun =
  (behind: number): Scenario['run'] =>
  async (world) => {
    const { masters, replicas } = world.redis.cluster!;
    const each = replicas.length / masters.length;
    // One that has tenants.
    const index = await ownerOf((await world.slots())[0]!, masters);
    const own = replicas.slice(index * each, (index + 1) * each);
    return failOver(world, masters[index]!, own, own.slice(0, behind));
  };

const sentinelRun =
  (behind: number): Scenario['run'] =>
  (world) => {
    const { master, replicas } = world.redis.sentinels!;
    return failOver(world, master, replicas, replicas.slice(0, behind));
  };

const slotsRun: Scenario['run'] = async (world, full) => {
  const { masters } = world.redis.cluster!;
  world.broken();
  for (let i = 0; i < (full ? 20 : 5); i++) {
    await moveSlots(masters, await world.slots(), 1);
    await moveSlots(masters, await world.slots(), 2);
  }
  world.healed();
};

const waitForOne = { env: { REDIS_WAIT_REPLICAS: '1' } };

export const redisScenarios: readonly Scenario[] = [
  {
    name: 'redis-killed',
    fault: 'redis-server kill -9 with appendfsync always, 5 times, and back after 2 s',
    short: true,
    setup: { redis: { kind: 'standalone', aof: 'always' } },
    async run(world, full) {
      for (let i = 0; i < (full ? 5 : 2); i++) {
        await world.moment(0, 1_000);
        world.broken();
        world.storeAway();
        await world.redis.first.kill();
        await delay(2_000);
        await world.redis.first.restart();
        world.healed();
        await world.recovered();
      }
    },
  },
  stopped(3),
  stopped(10),
  {
    name: 'link-cut',
    fault: 'link to Redis cut in the middle of commands and of answers, 60 times',
    short: true,
    setup: { redis: { kind: 'standalone', link: true } },
    async run(world, full) {
      const times = full ? 60 : 20;
      world.broken();
      for (let i = 0; i < times; i++) {
        world.redis.link!.cutWithin(i % 2 === 0 ? 'to' : 'from');
        await world.moment(50, 400);
      }
      world.healed();
    },
  },
  {
    name: 'redis-full',
    fault: 'Redis full (maxmemory, noeviction): 503, outlets drain it, traffic goes on',
    short: true,
    // What is delivered and the idempotency keys have to go before there is room again.
    setup: (resolutionSeconds) => ({
      lines: [1, 20],
      ...(resolutionSeconds < 60 && { env: { LATE_DEADLINE_MS: '20000', IDEMPOTENCY_MS: '20000' } }),
    }),
    async run(world) {
      const { first } = world.redis;
      await Promise.all(world.outlets.map((outlet) => outlet.stop()));
      await first.ask(async (redis) => {
        const used = /used_memory:(\d+)/.exec(await redis.info('memory'))![1];
        await redis.config('SET', 'maxmemory', Number(used) + 200_000);
      });
      world.broken();
      const refusedBefore = world.sender.answers.get('503') ?? 0;
      await until(() => (world.sender.answers.get('503') ?? 0) > refusedBefore + 50, 60_000);
      await Promise.all(world.outlets.map((outlet) => outlet.start()));
      world.healed();
      // Keys expire in real time, which is not moved.
      if (world.setup.resolutionSeconds >= 60) await first.ask((redis) => redis.config('SET', 'maxmemory', 50_000_000));
    },
  },
  {
    name: 'cluster-failover',
    fault: 'Cluster: a master killed while its replica is 1 s behind, the replica promoted; WAIT off',
    setup: { redis: { kind: 'cluster', replicasEach: 1 } },
    loses: true,
    run: clusterRun(1),
  },
  {
    name: 'cluster-failover-wait',
    fault: 'Cluster: a master killed while one of its two replicas is 1 s behind; REDIS_WAIT_REPLICAS=1',
    short: true,
    setup: { redis: { kind: 'cluster', replicasEach: 2 }, ...waitForOne },
    run: clusterRun(1),
  },
  {
    name: 'sentinel-failover',
    fault: 'Sentinel: the master killed while both replicas are 1 s behind, one promoted; WAIT off',
    setup: { redis: { kind: 'sentinel', replicas: 2 } },
    loses: true,
    run: sentinelRun(2),
  },
  {
    name: 'sentinel-failover-wait',
    fault: 'Sentinel: the master killed while one of two replicas is 1 s behind; REDIS_WAIT_REPLICAS=1',
    short: true,
    setup: { redis: { kind: 'sentinel', replicas: 2 }, ...waitForOne },
    run: sentinelRun(1),
  },
  {
    name: 'slots-moved',
    fault: 'Cluster: slots of all tenants moved to another master and back',
    short: true,
    setup: { redis: { kind: 'cluster', replicasEach: 0 } },
    run: slotsRun,
  },
  {
    name: 'slots-moved-wait',
    fault: 'Cluster: the same with replicas and REDIS_WAIT_REPLICAS=1',
    setup: { redis: { kind: 'cluster', replicasEach: 1 }, ...waitForOne },
    run: slotsRun,
  },
];
