import { afterAll, describe, expect, it } from '@jest/globals';
import { generateKey } from '../../src/crypto/key-ring.js';
import { startLibratoServer } from '../fixtures/librato-server.js';
import { type RedisServer, startStandalone, stopServers } from '../redis/servers.js';
import { FrameSender } from './frame-sender.js';
import { basic, send } from './http.js';
import { type RunningService, startService, until } from './process.js';

/** Two roles in processes of their own, with Redis between. */
function fleet(redis: RedisServer, libratoUrl: string) {
  const env = {
    SECRETS: generateKey(),
    REDIS_URL: redis.url,
    LIBRATO_URL: libratoUrl,
    GRACE_MS: '300',
    OUTLET_TICK_MS: '50',
  };
  const lease = { OUTLET_TIMEOUT_MS: '500', LEASE_MS: '6000' };
  return {
    receiver: () => startService(env, ['--receiver']),
    outlet: () => startService({ ...env, ...lease }, ['--outlet']),
  };
}

describe('receiver and outlet with Redis between them', () => {
  afterAll(stopServers);

  it('lose nothing that was acknowledged when both are killed and started anew', async () => {
    const redis = await startStandalone();
    const librato = await startLibratoServer();
    const start = fleet(redis, librato.url);
    let receiver: RunningService = await start.receiver();
    let outlet = await start.outlet();
    let acknowledged = 0;
    const post = async (): Promise<void> => {
      const headers = { authorization: basic(receiver.token('me@example.com:t')) };
      const answer = await send(`${receiver.url}/logs?resolution=1`, { body: 'count#n=1\n', headers }).catch(
        () => undefined,
      );
      if (answer?.status === 204) acknowledged++;
    };
    const delivered = (): number => [...librato.gauges().values()].reduce((sum, gauge) => sum + (gauge.value ?? 0), 0);
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 50; i++) await post();
      await until(
        () => delivered() > 0,
        'something is delivered',
        () => outlet.process.stderr,
      );
      for (let i = 0; i < 50; i++) await post();
      await Promise.all([receiver.process.stop('SIGKILL'), outlet.process.stop('SIGKILL')]);
      receiver = await start.receiver();
      outlet = await start.outlet();
    }
    await until(
      () => delivered() === acknowledged,
      'all is delivered, once',
      () => `${delivered()} of ${acknowledged}`,
    );
    expect(acknowledged).toBe(200);
    expect((await outlet.process.stop()).code).toBe(0);
    expect((await receiver.process.stop()).code).toBe(0);
    await librato.close();
    await redis.stop();
  });

  it('say so while Redis is away, and go on once it is back', async () => {
    const redis = await startStandalone({ aof: 'always' });
    const librato = await startLibratoServer();
    const start = fleet(redis, librato.url);
    const receiver = await start.receiver();
    const headers = { authorization: basic(receiver.token('me@example.com:t')) };
    const post = () => send(`${receiver.url}/logs?resolution=1`, { body: 'count#n=1\n', headers });
    const ready = async (): Promise<number> => (await send(`${receiver.url}/health/ready`, { method: 'GET' })).status;
    expect([(await post()).status, await ready()]).toEqual([204, 200]);
    await redis.kill();
    await until(async () => (await ready()) === 503, 'it is not ready');
    expect((await send(`${receiver.url}/health/live`, { method: 'GET' })).status).toBe(200);
    const refused = await post();
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
    await redis.restart();
    await until(async () => (await ready()) === 200, 'it is ready again');
    expect((await post()).status).toBe(204);
    const outlet = await start.outlet();
    const delivered = (): number => [...librato.gauges().values()].reduce((sum, gauge) => sum + (gauge.value ?? 0), 0);
    await until(
      () => delivered() === 2,
      'both are delivered',
      () => outlet.process.stderr,
    );
    await outlet.process.stop();
    await receiver.process.stop();
    await librato.close();
    await redis.stop();
  });

  it('deliver all that was acknowledged, once, when they and Redis are killed together and started anew', async () => {
    const redis = await startStandalone({ aof: 'always' });
    const librato = await startLibratoServer();
    const start = fleet(redis, librato.url);
    let receiver = await start.receiver();
    let outlet = await start.outlet();
    const sender = new FrameSender(receiver.token('me@example.com:t'), () => [receiver.url]);
    const delivered = (): number => [...librato.gauges().values()].reduce((sum, gauge) => sum + (gauge.value ?? 0), 0);
    await until(
      () => delivered() > 0,
      'something is delivered',
      () => outlet.process.stderr,
    );
    // From now on windows pile up, those that are put off among them.
    let refused = 0;
    librato.respond((_request, response) => {
      refused++;
      response.writeHead(503).end();
      return true;
    });
    const before = sender.acknowledged;
    await until(() => refused > 0 && sender.acknowledged > before + 50, 'windows wait');
    await Promise.all([redis.kill(), receiver.process.stop('SIGKILL'), outlet.process.stop('SIGKILL')]);
    librato.respond(undefined);
    await redis.restart();
    receiver = await start.receiver();
    outlet = await start.outlet();
    await sender.stop();
    await until(
      () => delivered() >= sender.acknowledged,
      'all is delivered',
      () => `${delivered()} of ${sender.acknowledged}\n${outlet.process.stderr}`,
    );
    expect((await outlet.process.stop()).code).toBe(0);
    expect((await receiver.process.stop()).code).toBe(0);
    expect(sender.refusals).toEqual([]);
    expect(delivered()).toBe(sender.acknowledged);
    await librato.close();
    await redis.stop();
  }, 60_000);
});
