import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { closeStores, REDIS_TRAITS, redisStores } from '../redis/harness.js';
import { type RedisServer, startStandalone, stopServers } from '../redis/servers.js';
import { windowStoreConformance } from './window-store.conformance.js';
import { windowStoreSchedules } from './window-store/schedules.js';

let server: RedisServer;
beforeAll(async () => {
  server = await startStandalone();
}, 60_000);
afterEach(closeStores);
afterAll(stopServers);

const stores = redisStores(() => server.url);
windowStoreConformance('RedisWindowStore', stores, REDIS_TRAITS);
windowStoreSchedules('RedisWindowStore', stores, Number(process.env['SCHEDULE_RUNS'] ?? 50));
