import { describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { DEFAULT_WINDOW_POLICY } from '../model/window.js';
import { createLogger } from '../telemetry/logger.js';
import { TelemetryModule } from '../telemetry/telemetry.module.js';
import { MemoryWindowStore } from './memory/memory-window-store.js';
import { parseRedisUrl } from './redis-url.js';
import { RedisWindowStore } from './redis/redis-window-store.js';
import { StoreHealth } from './store.health.js';
import { type StoreKind, StoreModule } from './store.module.js';
import { STORE_OPTIONS } from './store.options.js';
import { StoreUnavailableError, WINDOW_STORE, type WindowStore } from './window-store.js';

const options = { policy: DEFAULT_WINDOW_POLICY, windowBytesMax: 1, tenantBytesMax: 2, storeBytesMax: 3 };

function moduleWith(kind: StoreKind) {
  const telemetry = TelemetryModule.forRoot(createLogger('silent', false));
  return Test.createTestingModule({ imports: [telemetry, StoreModule.forRoot(kind, options)] }).compile();
}

describe('StoreModule', () => {
  it('gives the embedded store, one for all, and its options', async () => {
    const module = await moduleWith({ kind: 'memory' });
    const store = module.get<unknown>(WINDOW_STORE, { strict: false });
    expect(store).toBeInstanceOf(MemoryWindowStore);
    expect(module.get(WINDOW_STORE, { strict: false })).toBe(store);
    expect(module.get(STORE_OPTIONS, { strict: false })).toBe(options);
    await module.close();
  });

  it('gives the Redis store, by Redis’ own clock, even while Redis is away', async () => {
    const target = parseRedisUrl('redis://:hunter2@127.0.0.1:1')!;
    const access = { target, tlsCaFile: undefined, tlsVerify: true, waitReplicas: 0 };
    const module = await moduleWith({ kind: 'redis', prefix: 'l2met', ...access });
    const store = module.get<WindowStore>(WINDOW_STORE, { strict: false });
    expect(store).toBeInstanceOf(RedisWindowStore);
    // Tests move it; nothing else may.
    expect((store as RedisWindowStore).clockOffsetMs).toBe(0);
    await expect(store.now()).rejects.toThrow(StoreUnavailableError);
    const health = await module.get(StoreHealth, { strict: false }).check();
    expect(health).toEqual({ up: false, details: { durable: true, message: 'Redis cannot be reached' } });
    await store.close();
    await module.close();
  });
});
