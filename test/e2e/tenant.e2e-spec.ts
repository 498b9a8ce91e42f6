import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateKey } from '../../src/crypto/key-ring.js';
import { type RedisServer, startStandalone, stopServers } from '../redis/servers.js';
import { basic, send } from './http.js';
import { L2met, MAIN, type RunningService, startService, until } from './process.js';
import { HAS_TERMINAL } from './terminal.js';

const UNKNOWN = 'f'.repeat(32);

describe('a stuck tenant', () => {
  let redis: RedisServer;
  let receiver: RunningService;
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    redis = await startStandalone();
    env = { REDIS_URL: redis.url, REDIS_PREFIX: 'stuck' };
    receiver = await startService({ ...env, SECRETS: generateKey(), GRACE_MS: '100' }, ['--receiver']);
  }, 60_000);
  afterAll(async () => {
    await receiver.process.stop();
    await stopServers();
  });

  /** Posts a line for a window that is over and one for one that is open, and says whose tenant that is. */
  async function post(name: string): Promise<string> {
    const headers = { authorization: basic(receiver.token(`${name}@example.com:api-token`)) };
    const line = (atMs: number) => `<190>1 ${new Date(atMs).toISOString()} host app web.1 - count#n=1\n`;
    const body = line(Date.now() - 120_000) + line(Date.now());
    expect((await send(`${receiver.url}/logs`, { body, headers })).status).toBe(204);
    const { body: described } = await send(`${receiver.url}/logs`, { method: 'GET', headers });
    return (JSON.parse(described) as { tenant: string }).tenant;
  }

  const run = (...args: string[]) => L2met.run(['tenant', ...args], env).end();
  const inspect = async (tenant: string) =>
    JSON.parse((await run('inspect', tenant)).stdout) as Record<string, unknown>;

  it('is inspected and purged, and nothing is left of what waited', async () => {
    const tenant = await post('gone');
    expect(await inspect(tenant)).toMatchObject({
      tenant,
      windowsWaiting: 2,
      batchesWaiting: 2,
      claimedUntilAt: null,
      hold: null,
      counts: { requests: 1 },
    });

    const unasked = await run('purge', tenant);
    expect([unasked.code, unasked.stdout, unasked.stderr]).toEqual([1, '', expect.stringMatching(/--yes\n$/)]);
    expect(await inspect(tenant)).toMatchObject({ windowsWaiting: 2 });

    const purged = await run('purge', tenant.toUpperCase(), '--yes');
    expect([purged.code, purged.stderr]).toEqual([0, '']);
    expect(JSON.parse(purged.stdout)).toMatchObject({ tenant, windows: 2, batches: 2 });
    expect(await inspect(tenant)).toMatchObject({
      windowsWaiting: 0,
      counts: { windowsPurged: 2 },
      wayOut: ['Nothing waits for this tenant.'],
    });
    const keys = await redis.ask((client) => client.keys(`stuck:*${tenant}*`));
    expect(keys.map((key) => /\}:([a-z]+)/.exec(key)![1])).toEqual(['f']);
  });

  it('shows that the outlet has no key for it', async () => {
    const tenant = await post('rotated');
    const outlet = await startService({ ...env, SECRETS: generateKey(), OUTLET_TICK_MS: '50' }, ['--outlet']);
    const report = await until(async () => {
      const found = await inspect(tenant);
      return found['hold'] !== null && found;
    }, 'the outlet met its token');
    expect(report).toMatchObject({
      hold: { kind: 'key', why: 'no key in SECRETS opens its drain token' },
      wayOut: [expect.stringMatching(/Add the key/)],
    });
    await outlet.process.stop();
  });

  it('that is not known is said to be, and an id that is none is not shown', async () => {
    for (const action of [['inspect'], ['purge', '--yes']]) {
      const [verb, ...flags] = action as [string, ...string[]];
      const unknown = await run(verb, UNKNOWN, ...flags);
      expect([unknown.code, unknown.stdout, unknown.stderr]).toEqual([
        1,
        '',
        expect.stringContaining(`nothing is known of tenant ${UNKNOWN}`),
      ]);
      const secret = 'gAAAAABqJx-a-drain-token';
      const token = await run(verb, secret, ...flags);
      expect([token.code, token.stderr]).toEqual([1, expect.stringMatching(/32 hex digits.*GET \/logs/)]);
      expect(token.stderr).not.toContain(secret);
    }
  });

  it('needs the store of the service, and says which settings are wrong', async () => {
    const alone = await L2met.run(['tenant', 'inspect', UNKNOWN]).end();
    expect([alone.code, alone.stderr]).toEqual([1, expect.stringMatching(/^REDIS_URL is not set.*embedded store/)]);
    const asArgument = await run('inspect', UNKNOWN, '--redis-url', 'redis://:hunter2@h');
    expect([asArgument.code, asArgument.stderr]).toEqual([1, expect.stringMatching(/^--redis-url is not taken/)]);
    expect(asArgument.stderr).not.toContain('hunter2');
    const away = await L2met.run(['tenant', 'inspect', UNKNOWN], { REDIS_URL: 'redis://127.0.0.1:1' }).end();
    expect([away.code, away.stderr]).toEqual([1, 'the store cannot be asked: Redis cannot be reached\n']);
  });

  it('says how it is called', async () => {
    const mistaken = await run('prune', UNKNOWN);
    expect([mistaken.code, mistaken.stderr]).toEqual([1, expect.stringMatching(/tenant inspect ID or .*purge ID/)]);
    expect((await run('inspect', UNKNOWN, '--yes')).stderr).toMatch(/^--yes is not known/);
  });

  (HAS_TERMINAL ? describe : describe.skip)('on a terminal', () => {
    it('is shown for eyes', async () => {
      const tenant = await post('shown');
      const { said } = await onTerminal(['tenant', 'inspect', tenant], '', env);
      expect(said).toMatch(/^waiting +2 windows \(2 batches, \d+ bytes\)\r?$/m);
      expect(said).toMatch(/^! /m);
    });

    it.each([
      ['no\n', 'another word'],
      ['\u0003', 'Ctrl-C'],
      ['\u0004', 'Ctrl-D'],
    ])('is not purged without a yes: %j', async (typed) => {
      const tenant = await post('kept');
      const { said, code } = await onTerminal(['tenant', 'purge', tenant], typed, env);
      expect(said).toMatch(/Drop 2 windows \(2 batches, \d+ bytes\) of tenant \w+ for good\? yes or no: /);
      expect([code, said]).toEqual([1, expect.stringContaining('nothing was dropped')]);
      expect(await inspect(tenant)).toMatchObject({ windowsWaiting: 2 });
      await run('purge', tenant, '--yes');
    });

    it('is purged after a yes', async () => {
      const tenant = await post('asked');
      const { said, code } = await onTerminal(['tenant', 'purge', tenant], 'yes\n', env);
      expect([code, said]).toEqual([0, expect.stringMatching(/dropped 2 windows \(2 batches, \d+ bytes\)/)]);
      expect(await inspect(tenant)).toMatchObject({ windowsWaiting: 0 });
    });
  });
});

/** Runs a command on a terminal of its own, and types once it asks. */
async function onTerminal(
  args: readonly string[],
  typed: string,
  env: NodeJS.ProcessEnv,
): Promise<{ said: string; code: number | null }> {
  const command = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null'], { env: { PATH: process.env['PATH'], ...env } });
  let said = '';
  let done = typed === '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (done || !said.includes('yes or no: ')) return;
    done = true;
    child.stdin.write(typed);
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { said, code };
}
