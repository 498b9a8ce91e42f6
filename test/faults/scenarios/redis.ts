import { setTimeout as delay } from 'node:timers/promises';
import { moveSlots } from '../slots.js';
import { type RedisServer, until } from '../../redis/servers.js';
import type { Scenario } from '../scenario.js';
import type { World } from '../world.js';

/** What a delivery came to may be unknown to Redis when it goes away: then it is sent again. */
const oncePerTenant = (times: number) => (world: World) => world.tenants.length * times;

/** Stops a Redis for a while. */
function stopped(seconds: number): Scenario {
  return {
    name: `redis-stopped-${seconds}s`,
    fault: `Redis stopped (SIGSTOP) for ${seconds} s`,
    repeatsMax: oncePerTenant(2),
    async run(world, full) {
      for (let i = 0; i < (full ? 2 : 1); i++) {
        await world.moment(0, 1_000);
        world.broken();
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
 * A master is killed while its replicas are behind, so that what it alone has acknowledged is gone; later it comes back, as a
 * replica.
 */
async function failOver(world: World, master: RedisServer, replicas: readonly RedisServer[]): Promise<void> {
  await world.moment(0, 1_000);
  for (const replica of replicas) {
    // A replica that is only stopped would find what it has missed in its socket.
    await replica.ask((redis) => redis.client('KILL', 'TYPE', 'MASTER'));
    replica.pause();
  }
  await delay(500);
  world.broken();
  await master.kill();
  for (const replica of replicas) replica.resume();
  await until(() => someIsMaster(replicas), 60_000);
  world.healed();
  await world.recovered();
  await master.restart();
  await until(async () => !(await isMaster(master)), 60_000);
  await delay(1_000);
}

const isMaster = async (server: RedisServer): Promise<boolean> =>
  (await server.ask((redis) => redis.info('replication'))).includes('role:master');

async function someIsMaster(servers: readonly RedisServer[]): Promise<boolean> {
  return (await Promise.all(servers.map(isMaster))).includes(true);
}

const clusterRun: Scenario['run'] = (world) => {
  const { masters, replicas } = world.redis.cluster!;
  const each = replicas.length / masters.length;
  return failOver(world, masters[0]!, replicas.slice(0, each));
};

const sentinelRun: Scenario['run'] = (world) => {
  const { master, replicas } = world.redis.sentinels!;
  return failOver(world, master, replicas);
};

const waitForOne = { env: { REDIS_WAIT_REPLICAS: '1' } };

export const redisScenarios: readonly Scenario[] = [
  {
    name: 'redis-killed',
    fault: 'redis-server kill -9 with appendfsync always, 5 times, and back after 2 s',
    short: true,
    setup: { redis: { kind: 'standalone', aof: 'always' } },
    repeatsMax: oncePerTenant(5),
    async run(world, full) {
      for (let i = 0; i < (full ? 5 : 2); i++) {
        await world.moment(0, 1_000);
        world.broken();
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
    repeatsMax: oncePerTenant(60),
    async run(world, full) {
      const times = full ? 60 : 20;
      world.broken();
      for (let i = 0; i < times; i++) {
        world.redis.link!.cut(i % 2 === 0 ? 'to' : 'from');
        await world.moment(50, 400);
      }
      world.healed();
    },
  },
  {
    name: 'redis-full',
    fault: 'Redis full (maxmemory, noeviction): 503, outlets drain it, traffic goes on',
    short: true,
    setup: { redis: { kind: 'standalone', maxmemory: 6_000_000 }, lines: [1, 20] },
    async run(world) {
      // Without outlets it fills up.
      await Promise.all(world.outlets.map((outlet) => outlet.stop()));
      await world.redis.first.ask(async (redis) => {
        const used = /used_memory:(\d+)/.exec(await redis.info('memory'))![1];
        await redis.config('SET', 'maxmemory', Number(used) + 200_000);
      });
      world.broken();
      const refusedBefore = world.sender.answers.get('503') ?? 0;
      await until(() => (world.sender.answers.get('503') ?? 0) > refusedBefore + 50, 60_000);
      await Promise.all(world.outlets.map((outlet) => outlet.start()));
      await until(() => world.destination.lastTakenAt > performance.now() - 1_000, 60_000);
      await world.redis.first.ask((redis) => redis.config('SET', 'maxmemory', 50_000_000));
      world.healed();
    },
  },
  {
    name: 'cluster-failover',
    fault: 'Cluster: a master killed while its replica is 0.5 s behind, the replica promoted; WAIT off',
    setup: { redis: { kind: 'cluster', replicasEach: 1 } },
    mayLose: true,
    repeatsMax: oncePerTenant(1),
    run: clusterRun,
  },
  {
    name: 'cluster-failover-wait',
    fault: 'Cluster: the same with two replicas and REDIS_WAIT_REPLICAS=1',
    short: true,
    setup: { redis: { kind: 'cluster', replicasEach: 2 }, ...waitForOne },
    repeatsMax: oncePerTenant(1),
    run: clusterRun,
  },
  {
    name: 'sentinel-failover',
    fault: 'Sentinel: the master killed while its replicas are 0.5 s behind, one promoted; WAIT off',
    setup: { redis: { kind: 'sentinel', replicas: 2 } },
    mayLose: true,
    repeatsMax: oncePerTenant(1),
    run: sentinelRun,
  },
  {
    name: 'sentinel-failover-wait',
    fault: 'Sentinel: the same with REDIS_WAIT_REPLICAS=1',
    short: true,
    setup: { redis: { kind: 'sentinel', replicas: 2 }, ...waitForOne },
    repeatsMax: oncePerTenant(1),
    run: sentinelRun,
  },
  {
    name: 'slots-moved',
    fault: 'Cluster: slots of all tenants moved to another master and back',
    short: true,
    setup: { redis: { kind: 'cluster', replicasEach: 0 } },
    async run(world, full) {
      const { masters } = world.redis.cluster!;
      world.broken();
      for (let i = 0; i < (full ? 3 : 1); i++) {
        await moveSlots(masters, await world.slots(), 1);
        await moveSlots(masters, await world.slots(), 2);
      }
      world.healed();
    },
  },
];
