import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { generateKey, KeyRing } from '../../src/crypto/key-ring.js';
import { type LibratoServer, startLibratoServer } from '../fixtures/librato-server.js';
import { passTime } from '../redis/pass-time.js';
import { type RedisServer, startStandalone, stopServers } from '../redis/servers.js';
import { FrameSender } from './frame-sender.js';
import { basic, send } from './http.js';
import { type RunningService, startService, until } from './process.js';
import { storedGauges } from './stored-gauges.js';

const OLD = generateKey();
const NEW = generateKey();

type Role = '--receiver' | '--outlet';

describe('key rotation', () => {
  let redis: RedisServer;
  let librato: LibratoServer;
  beforeEach(async () => {
    redis = await startStandalone();
    librato = await startLibratoServer();
  });
  afterEach(() => librato.close());
  afterAll(stopServers);

  function start(role: Role, secrets: string): Promise<RunningService> {
    const env = { REDIS_URL: redis.url, LIBRATO_URL: librato.url, GRACE_MS: '300', OUTLET_TICK_MS: '50' };
    return startService({ ...env, SECRETS: secrets }, [role]);
  }

  /** The sum of what an account has been given. */
  function delivered(user: string): number {
    return [...storedGauges(librato, user).values()].reduce((sum, gauge) => sum + (gauge.value ?? 0), 0);
  }

  async function health({ url }: RunningService): Promise<{ status: number; body: string }> {
    return send(`${url}/health`, { method: 'GET' });
  }

  it('in three steps, one process after the other and under traffic, loses nothing and counts nothing twice', async () => {
    const fleet = await Promise.all(
      (['--receiver', '--receiver', '--outlet', '--outlet'] as const).map(async (role) => ({
        role,
        service: await start(role, OLD),
      })),
    );
    const receivers = () => fleet.filter(({ role }) => role === '--receiver').map(({ service }) => service.url);
    const left: string[] = [];
    const restartAll = async (secrets: string): Promise<void> => {
      for (const member of fleet) {
        const { code, stderr } = await member.service.process.stop();
        expect(code).toBe(0);
        if (stderr.includes('windows-left')) left.push(stderr);
        member.service = await start(member.role, secrets);
      }
    };
    const sign = async (user: string): Promise<string> => {
      const { status, body } = await send(`${receivers()[0]!}/sign`, {
        body: `${user}:token`,
        headers: { authorization: basic(OLD) },
      });
      expect(status).toBe(200);
      return body;
    };
    /** Each step gets a drain more; those there are keep their tokens. */
    const senders: { user: string; sender: FrameSender }[] = [];
    const addDrain = async (user: string): Promise<string> => {
      const token = await sign(user);
      senders.push({ user, sender: new FrameSender(token, receivers) });
      return token;
    };
    await addDrain('first@example.com');
    await until(() => delivered('first@example.com') > 0, 'traffic runs');
    await restartAll(`${OLD}:${NEW}`);
    await addDrain('second@example.com');
    await restartAll(`${NEW}:${OLD}`);
    // The same account as the first drain's, whose token is of the old key.
    const token = await addDrain('first@example.com');
    expect(KeyRing.parse(NEW).decrypt(token).ok).toBe(true);
    await until(() => senders[2]!.sender.acknowledged > 50, 'all three send');
    await Promise.all(senders.map(({ sender }) => sender.stop()));
    const acknowledged = (user: string): number =>
      senders.filter((one) => one.user === user).reduce((sum, { sender }) => sum + sender.acknowledged, 0);
    const users = ['first@example.com', 'second@example.com'];
    await until(
      () => users.every((user) => delivered(user) >= acknowledged(user)),
      'all is delivered',
      () => users.map((user) => `${delivered(user)} of ${acknowledged(user)}`).join(),
    );
    expect(senders.flatMap(({ sender }) => sender.refusals)).toEqual([]);
    for (const { service } of fleet) {
      expect((await health(service)).status).toBe(200);
      const { code, stderr } = await service.process.stop();
      expect(code).toBe(0);
      if (stderr.includes('windows-left')) left.push(stderr);
    }
    expect(left).toEqual([]);
    expect(users.map(delivered)).toEqual(users.map(acknowledged));
  }, 90_000);

  it('an outlet that lacks a key leaves windows for later and says so; with the key they are delivered', async () => {
    const receiver = await start('--receiver', OLD);
    const hasty = await start('--outlet', NEW);
    const sender = new FrameSender(receiver.token('me@example.com:token'), () => [receiver.url]);
    const unhealthy = await until(
      async () => {
        const answer = await health(hasty);
        return answer.status === 503 && (JSON.parse(answer.body) as unknown);
      },
      'its health shows it',
      () => hasty.process.stderr,
    );
    expect(unhealthy).toMatchObject({ error: { outlet: { status: 'down', undecryptableTenants: 1 } } });
    await sender.stop();
    expect((await receiver.process.stop()).code).toBe(0);
    expect((await hasty.process.stop()).code).toBe(0);
    const { counters } = hasty.process.events().find(({ event }) => event === 'stopped')!;
    expect(counters).toMatchObject({ 'windows.unknown-key': expect.any(Number) });
    expect(librato.requests).toEqual([]);
    // They would come again after half a minute.
    await passTime(redis, 60_000);
    const outlet = await start('--outlet', `${NEW}:${OLD}`);
    await until(
      () => delivered('me@example.com') >= sender.acknowledged,
      'all is delivered',
      () => outlet.process.stderr,
    );
    expect((await health(outlet)).status).toBe(200);
    expect((await outlet.process.stop()).code).toBe(0);
    expect(delivered('me@example.com')).toBe(sender.acknowledged);
    expect(sender.refusals).toEqual([]);
  }, 60_000);
});
