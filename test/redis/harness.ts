import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { systemClock } from '../../src/model/clock.js';
import { DEFAULT_WINDOW_POLICY, windowStart } from '../../src/model/window.js';
import { parseRedisUrl } from '../../src/store/redis-url.js';
import { openRedisStore } from '../../src/store/redis/open.js';
import type { RedisStoreOptions, RedisWindowStore } from '../../src/store/redis/redis-window-store.js';
import { Counters } from '../../src/telemetry/counters.js';
import { createLogger, type Logger } from '../../src/telemetry/logger.js';
import type { StoreOptions } from '../../src/store/store.options.js';
import type { CommitRequest } from '../../src/store/window-store.js';
import type { StoreFactory, StoreTraits } from '../conformance/window-store/stage.js';
import { type RedisServer, startStandalone, stopServers } from './servers.js';

/** Redis' clock runs on during a test, by as long as it takes; its keys expire by real time, whatever the tests add to it. */
export const REDIS_TRAITS: StoreTraits = { slackMs: 900, expiryFollowsClock: false };

/** What a test may choose. */
export interface OpenOptions {
  readonly url: string;
  readonly waitReplicas?: number;
  /** Of certificates to trust; without, the system's. */
  readonly tlsCaFile?: string;
  readonly tlsVerify?: boolean;
  readonly counters?: Counters;
  readonly logger?: Logger;
}

/** Caps that no test meets by accident. */
export const STORE_OPTIONS: StoreOptions = {
  policy: DEFAULT_WINDOW_POLICY,
  windowBytesMax: 1e8,
  tenantBytesMax: 1e8,
  storeBytesMax: 1e9,
};

/** A request with one batch for the window of a minute that is open at a time, under a key of its own. */
export function requestAt(
  nowMs: number,
  changes: Partial<CommitRequest> = {},
  bytes: Uint8Array = Buffer.from('x'),
): CommitRequest {
  const startSeconds = windowStart(nowMs, 60);
  return {
    tenant: 'a'.repeat(32),
    token: 'a token that no log may show',
    secondValue: 'replaces',
    late: 'next',
    idempotencyKey: `key ${++serial}`,
    idempotencyTtlMs: 120_000,
    resolutionSeconds: 60,
    openStartSeconds: startSeconds,
    batches: [{ startSeconds, bytes, measurements: 1 }],
    facts: { requests: 1 },
    ...changes,
  };
}

/** A server for all tests of a suite, empty before each of them. */
export function suiteServer(): () => RedisServer {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startStandalone();
  }, 60_000);
  beforeEach(() => server.ask((redis) => redis.flushall()));
  afterEach(closeStores);
  afterAll(stopServers);
  return () => server;
}

let serial = 0;
const open = new Set<RedisWindowStore>();

/** Closes what a test has left open, as one that fails does: a client would keep the process for ever. */
export async function closeStores(): Promise<void> {
  await Promise.all([...open].map((store) => store.close()));
  open.clear();
}

/** A store on a server, under a prefix of its own, whose clock can be moved. */
export async function openStore(
  {
    url,
    waitReplicas = 0,
    tlsCaFile,
    tlsVerify = true,
    counters = new Counters(),
    logger = createLogger('silent', false),
  }: OpenOptions,
  options: StoreOptions & Partial<RedisStoreOptions>,
): Promise<{ store: RedisWindowStore; prefix: string; advance: (ms: number) => void }> {
  const prefix = `test-${process.pid}-${++serial}`;
  const clocked = { ...options, prefix, clockOffsetMs: 0 } satisfies RedisStoreOptions;
  const access = { target: parseRedisUrl(url)!, tlsCaFile, tlsVerify, waitReplicas };
  const store = await openRedisStore(access, clocked, { counters, logger, clock: systemClock });
  open.add(store);
  return { store, prefix, advance: (ms) => void (clocked.clockOffsetMs += ms) };
}

/** Stores for the suite, on a server that is started by then. */
export function redisStores(url: () => string, extra: Partial<RedisStoreOptions> = {}): StoreFactory {
  return async (options) => {
    const { store, advance } = await openStore({ url: url() }, { ...options, ...extra });
    return { store, advance: (ms) => Promise.resolve(advance(ms)), close: () => store.close() };
  };
}
