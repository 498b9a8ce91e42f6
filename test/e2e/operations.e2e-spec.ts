import http from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { generateKey } from '../../src/crypto/key-ring.js';
import { basic, send } from './http.js';
import { L2met, startService, until } from './process.js';

describe('operating it', () => {
  it('health names every part, and probes have addresses of their own', async () => {
    const service = await startService();
    const get = async (path: string) => {
      const { status, body } = await send(`${service.url}${path}`, { method: 'GET' });
      return { status, body: JSON.parse(body) as unknown };
    };
    expect(await get('/health')).toMatchObject({
      status: 200,
      body: { status: 'ok', details: { store: { status: 'up', durable: false }, outlet: { status: 'up' } } },
    });
    expect(await get('/health/live')).toMatchObject({ status: 200 });
    expect(await get('/health/ready')).toMatchObject({ status: 200, body: { details: { store: { status: 'up' } } } });
    await service.process.stop();
  });

  it('a connection past its age is closed with its next answer', async () => {
    const service = await startService({ CONNECTION_AGE_MS: '1000' });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const ask = () => send(`${service.url}/health/live`, { method: 'GET', agent });
    expect((await ask()).headers.connection).toBe('keep-alive');
    await until(async () => (await ask()).headers.connection === 'close', 'the connection is told to close');
    expect((await ask()).headers.connection).toBe('keep-alive');
    agent.destroy();
    await service.process.stop();
  });

  it('signing can be switched off, or asks for a secret of its own', async () => {
    const off = await startService({ SIGN: 'off' });
    const refused = await send(`${off.url}/sign`, { body: 'console:', headers: { authorization: basic(off.secret) } });
    expect([refused.status, refused.body]).toEqual([404, expect.stringMatching(/signs nothing over HTTP/)]);
    await off.process.stop();

    const signSecret = 'a-secret-of-its-own';
    const own = await startService({ SIGN_SECRET: signSecret });
    const sign = (secret: string) =>
      send(`${own.url}/sign`, { body: 'console:', headers: { authorization: basic(secret) } });
    expect((await sign(own.secret)).status).toBe(401);
    const { status, body } = await sign(signSecret);
    expect(status).toBe(200);
    expect(
      (await send(`${own.url}/logs`, { body: 'count#a=1\n', headers: { authorization: basic(body) } })).status,
    ).toBe(204);
    await own.process.stop();
  });

  it('logs are JSON in a pipe, or lines for eyes where that is asked for', async () => {
    const json = await startService();
    expect(
      (await json.process.stop()).stderr
        .trim()
        .split('\n')
        .every((line) => line.startsWith('{"level":')),
    ).toBe(true);
    const pretty = L2met.run(['serve', '--port', '0', '--log-format', 'pretty'], {
      SECRETS: generateKey(),
      DRAIN_MS: '0',
    });
    await until(
      () => pretty.stderr.includes('listening on'),
      'it listens',
      () => pretty.stderr,
    );
    expect((await pretty.stop()).stderr).toMatch(/INFO.*listening on http:\/\/localhost:\d+ as receiver, outlet/);
  });

  it('a window over the limit of series loses those that came last, and its drain says which', async () => {
    const service = await startService({ SERIES_LIMIT: '2', GRACE_MS: '100', OUTLET_TICK_MS: '20' });
    const authorization = basic(service.token('console:'));
    const at = new Date(Date.now() - 5_000).toISOString();
    const line = (text: string) => `<190>1 ${at} host app web.1 - ${text}\n`;
    const body = line('count#a=1 count#b=1') + line('source=web.1 count#c=1') + line('count#a=1');
    expect((await send(`${service.url}/logs?resolution=1`, { body, headers: { authorization } })).status).toBe(204);
    const describe = (accept: string) =>
      send(`${service.url}/logs`, { method: 'GET', headers: { authorization, accept } });
    const described = await until(
      async () => {
        const found = JSON.parse((await describe('application/json')).body) as { counts: Record<string, number> };
        return found.counts['windowsDelivered'] === 1 && found;
      },
      'the window is delivered',
      () => service.process.stderr,
    );
    expect(described).toMatchObject({
      counts: { pointsDelivered: 2, seriesOverLimit: 1 },
      seriesOverLimit: ['c source=web.1'],
    });
    expect((await describe('text/html')).body).toMatch(/^dropped series +c source=web\.1$/m);
    const { stdout } = await service.process.stop();
    expect(stdout).toMatch(/^a +count +2$/m);
    expect(service.process.events().at(-1)).toMatchObject({ counters: { 'points.series-limit': 1 } });
  });

  it('tables go on being delivered when whoever read them has gone away', async () => {
    const service = await startService({ GRACE_MS: '100', OUTLET_TICK_MS: '20' });
    service.process.child.stdout!.destroy();
    const authorization = basic(service.token('console:'));
    const delivered = async (): Promise<number> => {
      const { body } = await send(`${service.url}/logs`, { method: 'GET', headers: { authorization } });
      return (JSON.parse(body) as { counts: { windowsDelivered?: number } }).counts.windowsDelivered ?? 0;
    };
    for (let window = 1; window <= 3; window++) {
      const at = new Date(Date.now() - window * 5000).toISOString();
      const line = `<190>1 ${at} host app web.1 - count#a=1\n`;
      expect((await send(`${service.url}/logs?resolution=1`, { body: line, headers: { authorization } })).status).toBe(
        204,
      );
    }
    const settled = async (): Promise<boolean> =>
      (await delivered()) >= 1 || service.process.events().some(({ event }) => event === 'delivery-put-off');
    await until(settled, 'the windows were tried', () => service.process.stderr);
    expect((await send(`${service.url}/health/live`, { method: 'GET' })).status).toBe(200);
    expect((await service.process.stop()).code).toBe(0);
  });
});
