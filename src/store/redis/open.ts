import { readFileSync } from 'node:fs';
import type { Clock } from '../../model/clock.js';
import type { Counters } from '../../telemetry/counters.js';
import type { Logger } from '../../telemetry/logger.js';
import type { RedisTarget } from '../redis-url.js';
import { createClient } from './client.js';
import { RedisConnection } from './connection.js';
import { Outages } from './outages.js';
import { type RedisStoreOptions, RedisWindowStore } from './redis-window-store.js';

/** Start-up waits so long for Redis, ms; then it goes on without, and is not ready. */
const OPEN_MS = 2_000;

/** Where Redis is, and how to speak with it. */
export interface RedisAccess {
  readonly target: RedisTarget;
  /** File of certificates to trust, PEM; undefined for the system's. */
  readonly tlsCaFile: string | undefined;
  readonly tlsVerify: boolean;
  /** Replicas that must have a write before it is answered. */
  readonly waitReplicas: number;
}

/** Where a store counts, logs and looks at the time. */
export interface Telemetry {
  readonly counters: Counters;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Opens the store. A Redis that is away is no error: it may come back. */
export async function openRedisStore(
  access: RedisAccess,
  options: RedisStoreOptions,
  { counters, logger, clock }: Telemetry,
): Promise<RedisWindowStore> {
  const ca = access.tlsCaFile === undefined ? undefined : readFileSync(access.tlsCaFile, 'utf8');
  const client = createClient(access.target, { ca, verify: access.tlsVerify });
  const connection = new RedisConnection(client, new Outages(counters, logger, clock), access.waitReplicas);
  await connection.opened(OPEN_MS);
  return new RedisWindowStore(options, connection);
}
