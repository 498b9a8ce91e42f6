import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { closeStores, REDIS_TRAITS, redisStores } from '../redis/harness.js';
import { type RedisCluster, startCluster, stopServers } from '../redis/servers.js';
import { windowStoreConformance } from './window-store.conformance.js';
import { windowStoreSchedules } from './window-store/schedules.js';

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startCluster(3);
}, 60_000);
afterEach(closeStores);
afterAll(stopServers);

const stores = redisStores(() => cluster.url);
windowStoreConformance('RedisWindowStore on a Cluster', stores, REDIS_TRAITS);
windowStoreSchedules('RedisWindowStore on a Cluster', stores, Number(process.env['SCHEDULE_RUNS'] ?? 20));
