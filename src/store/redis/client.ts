import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';
import type { RedisTarget } from '../redis-url.js';
import { faultOf } from './errors.js';

/** One connection, or one a node of a Cluster. */
export type RedisClient = Redis | Cluster;

/** How TLS is to be spoken, where it is. */
export interface RedisTls {
  /** Certificates of the authorities to trust, PEM; undefined for the system's. */
  readonly ca: string | undefined;
  /** False takes any certificate: for chains that nobody can verify, such as Heroku's. */
  readonly verify: boolean;
}

/** A command that takes longer counts as away, ms: a sender waits for 5 s at most, and has to be told before. */
const COMMAND_MS = 1_000;

/** Reconnecting is tried at least so often, ms, so that Redis is used again within 2 s of its coming back. */
const RECONNECT_MS_MAX = 1_000;

/** A socket that brings nothing for so long, ms, is given up: TCP itself would take minutes after a network was cut. */
const SILENCE_MS = 3_000;

/** How often the layout of a Cluster is read, ms: the only way to learn that a node that hangs has been replaced. */
const LAYOUT_MS = 2_000;

/**
 * Makes the client for a target and begins to connect. What it cannot do at once it rejects: nothing is kept to be sent
 * later, when its sender has long been told that it failed.
 */
export function createClient(target: RedisTarget, tls: RedisTls): RedisClient {
  const tlsOptions = target.tls ? { tls: { rejectUnauthorized: tls.verify, ...(tls.ca && { ca: tls.ca }) } } : {};
  const options = { ...connectionOptions(target), ...tlsOptions };
  switch (target.kind) {
    case 'standalone':
      return new Redis({ ...options, ...target.hosts[0]!, db: target.db, ...onceOnly });
    case 'sentinel':
      return new Redis({
        ...options,
        ...sentinelOptions(target),
        ...(target.tls && { sentinelTLS: tlsOptions.tls, enableTLSForSentinelMode: true }),
        ...onceOnly,
      });
    case 'cluster':
      return new Cluster([...target.hosts], clusterOptions(target, { ...options, ...never }));
  }
}

/**
 * By default, ioredis sends a command that was not answered once more after a reconnect: a commit counted twice when a
 * proxy cut the link after it had passed the command on.
 */
const never: RedisOptions = { autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 };

const onceOnly: RedisOptions = {
  ...never,
  enableOfflineQueue: false,
  retryStrategy: backOffMs,
  // After a failover the old master is a replica that is glad to keep the connection.
  reconnectOnError: (error) => faultOf(error) === 'readonly',
};

function connectionOptions(target: RedisTarget): RedisOptions {
  return {
    ...(target.username !== undefined && { username: target.username }),
    ...(target.password !== undefined && { password: target.password }),
    connectionName: 'l2met',
    // RESP2 is what every version and every proxy speaks, and nothing here needs more.
    protocol: 2,
    commandTimeout: COMMAND_MS,
    connectTimeout: COMMAND_MS,
    socketTimeout: SILENCE_MS,
    disconnectTimeout: COMMAND_MS / 2,
    maxLoadingRetryTime: RECONNECT_MS_MAX / 2,
  };
}

function sentinelOptions(target: RedisTarget): RedisOptions {
  return {
    sentinels: [...target.hosts],
    name: target.master,
    db: target.db,
    ...(target.sentinelUsername !== undefined && { sentinelUsername: target.sentinelUsername }),
    ...(target.sentinelPassword !== undefined && { sentinelPassword: target.sentinelPassword }),
    sentinelCommandTimeout: COMMAND_MS,
    sentinelRetryStrategy: backOffMs,
  };
}

function clusterOptions(target: RedisTarget, redisOptions: RedisOptions): ClusterOptions {
  return {
    redisOptions,
    clusterRetryStrategy: backOffMs,
    // A Cluster that has lost a shard is not ready by its own account; the other shards are to be used all the same.
    enableReadyCheck: false,
    // A node that is gone fails at once, and what was sent to it is not sent to another: see `never`.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    maxRedirections: 5,
    slotsRefreshTimeout: COMMAND_MS,
    slotsRefreshInterval: LAYOUT_MS,
    // Certificates name hosts, not the addresses that they resolve to.
    ...(target.tls && { dnsLookup: (address, callback) => callback(null, address) }),
  };
}

function backOffMs(attempts: number): number {
  return Math.min(RECONNECT_MS_MAX, 25 * 2 ** Math.min(attempts, 10)) * (0.75 + 0.25 * Math.random());
}
