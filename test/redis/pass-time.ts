import type { RedisServer } from './servers.js';

/**
 * Makes so much time pass for the tenants of a service: what waits until some time is due so much sooner. For waits that
 * no setting shortens, while nobody uses the store.
 */
export function passTime(server: RedisServer, ms: number): Promise<void> {
  return server.ask(async (redis) => {
    for (const key of await redis.keys('l2met:{*}:*')) {
      const kind = key.split(':')[2];
      if (kind === 'due' || kind === 'q') {
        for (const member of await redis.zrange(key, '0', '-1')) await redis.zincrby(key, -ms, member);
      } else if (kind === 's' && (await redis.hexists(key, 'holdUntil'))) {
        await redis.hincrby(key, 'holdUntil', -ms);
      }
    }
  });
}
