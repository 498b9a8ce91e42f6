import type { Redis } from 'ioredis';
import { LinkCutter } from '../redis/link-cutter.js';
import {
  type RedisCluster,
  type RedisSentinels,
  type RedisServer,
  startCluster,
  startSentinel,
  startStandalone,
} from '../redis/servers.js';

/** How Redis is set up for a run. */
export type RedisSetup =
  | { readonly kind: 'standalone'; readonly aof?: 'always'; readonly link?: true }
  | { readonly kind: 'cluster'; readonly replicasEach: number }
  | { readonly kind: 'sentinel'; readonly replicas: number };

/** The redis-servers of a run. */
export interface RedisSet {
  readonly url: string;
  readonly servers: readonly RedisServer[];
  /** The single one; of several, the first master. */
  readonly first: RedisServer;
  readonly cluster?: RedisCluster;
  readonly sentinels?: RedisSentinels;
  readonly link?: LinkCutter;
}

export async function startRedis(setup: RedisSetup): Promise<RedisSet> {
  switch (setup.kind) {
    case 'standalone': {
      const server = await startStandalone(setup.aof && { aof: setup.aof });
      if (!setup.link) return { url: server.url, servers: [server], first: server };
      const link = await LinkCutter.open(server.port);
      return { url: `redis://127.0.0.1:${link.port}`, servers: [server], first: server, link };
    }
    case 'cluster': {
      const cluster = await startCluster(3, setup.replicasEach);
      const servers = [...cluster.masters, ...cluster.replicas];
      return { url: cluster.url, servers, first: servers[0]!, cluster };
    }
    case 'sentinel': {
      const sentinels = await startSentinel(setup.replicas, 3);
      return {
        url: sentinels.url,
        servers: [sentinels.master, ...sentinels.replicas],
        first: sentinels.master,
        sentinels,
      };
    }
  }
}

/** What the store has still to do. */
export interface Backlog {
  /** Windows with something undelivered. */
  readonly windows: number;
  /** Claims that have not ended. */
  readonly claims: number;
  /** What these windows are to be delivered with. */
  readonly tokens: readonly string[];
}

/** Reads what is left; undefined if a master does not answer. */
export async function backlogOf({ servers, cluster }: RedisSet, nowMs: number): Promise<Backlog | undefined> {
  const running = servers.filter((server) => server.isRunning);
  const parts = await Promise.all(running.map((server) => backlogOfOne(server, nowMs).catch(() => undefined)));
  const ofMasters = parts.filter((part) => part !== undefined && part !== 'replica');
  if (ofMasters.length < (cluster?.masters.length ?? 1)) return undefined;
  return {
    windows: ofMasters.reduce((sum, { windows }) => sum + windows, 0),
    claims: ofMasters.reduce((sum, { claims }) => sum + claims, 0),
    tokens: ofMasters.flatMap(({ tokens }) => tokens),
  };
}

function backlogOfOne(server: RedisServer, nowMs: number): Promise<Backlog | 'replica'> {
  return server.ask(async (redis: Redis) => {
    if (!(await redis.info('replication')).includes('role:master')) return 'replica';
    const states = (await redis.keys('l2met:{*}:s:*')).map((key) => redis.hgetall(key));
    let windows = 0;
    let claims = 0;
    const tokens: string[] = [];
    for (const state of await Promise.all(states)) {
      if (Number(state['claimUntil'] ?? 0) > nowMs) claims++;
      const waiting = Object.entries(state).filter(
        ([name, value]) => /^\d+:\d+$/.test(name) && (JSON.parse(value) as number[])[1] !== 1,
      );
      windows += waiting.length;
      if (waiting.length > 0) tokens.push(state['token']!);
    }
    return { windows, claims, tokens };
  });
}
