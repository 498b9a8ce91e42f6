import http from 'node:http';
import net from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { startLibratoServer } from '../fixtures/librato-server.js';
import { basic, send } from './http.js';
import { startService, until } from './process.js';

describe('SIGTERM', () => {
  it('under load with keep-alive clients: every request is answered, all that was acknowledged is delivered, status 0', async () => {
    const librato = await startLibratoServer();
    const service = await startService({
      DRAIN_MS: '300',
      SHUTDOWN_MS: '10000',
      LIBRATO_URL: librato.url,
      OUTLET_TICK_MS: '50',
    });
    const authorization = basic(service.token('me@example.com:abc'));
    const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
    let acknowledged = 0;
    const broken: string[] = [];
    let stopped = false;
    const client = async (): Promise<void> => {
      while (!stopped) {
        try {
          const { status } = await send(`${service.url}/logs`, {
            body: 'count#n=1\n',
            headers: { authorization },
            agent,
          });
          if (status === 204) acknowledged++;
          else broken.push(`answered ${status}`);
        } catch (error) {
          // Once the listener is closed there is nobody to connect to; a request that was accepted must not end so.
          const { code } = error as NodeJS.ErrnoException;
          if (code === 'ECONNREFUSED') return;
          broken.push(String(code));
        }
      }
    };
    const clients = Promise.all(Array.from({ length: 8 }, client));
    await until(() => acknowledged > 200, 'load runs');
    const startedAt = performance.now();
    const end = service.process.stop();
    await until(
      async () => (await send(`${service.url}/health/ready`, { method: 'GET' })).status === 503,
      'it is not ready',
    );
    expect((await send(`${service.url}/health/live`, { method: 'GET' })).status).toBe(200);
    const { code } = await end;
    stopped = true;
    await clients;
    agent.destroy();
    expect(code).toBe(0);
    expect(broken).toEqual([]);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    const delivered = [...librato.gauges().values()].reduce((sum, gauge) => sum + (gauge.value ?? 0), 0);
    expect(delivered).toBe(acknowledged);
    await librato.close();
  });

  it('ends in time with idle connections, half a request and a destination that hangs', async () => {
    const hanging = net.createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => hanging.once('listening', resolve));
    const { port } = hanging.address() as net.AddressInfo;
    const service = await startService({ SHUTDOWN_MS: '3000', LIBRATO_URL: `http://127.0.0.1:${port}/v1/metrics` });
    const authorization = basic(service.token('me@example.com:abc'));
    const { hostname, port: servicePort } = new URL(service.url);
    const idle = net.connect(Number(servicePort), hostname).on('error', () => undefined);
    const half = net.connect(Number(servicePort), hostname).on('error', () => undefined);
    half.write(
      `POST /logs HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nContent-Length: 100\r\n\r\nmeasure#a`,
    );
    expect(
      (await send(`${service.url}/logs?resolution=1`, { body: 'count#n=1\n', headers: { authorization } })).status,
    ).toBe(204);
    const startedAt = performance.now();
    const { code } = await service.process.stop();
    expect(performance.now() - startedAt).toBeLessThan(3_500);
    expect(code).toBe(0);
    idle.destroy();
    half.destroy();
    hanging.close();
  });

  it('twice ends it at once', async () => {
    const service = await startService({ DRAIN_MS: '20000' });
    service.process.child.kill('SIGTERM');
    await until(() => service.process.events().some(({ event }) => event === 'shutdown'), 'shutdown begins');
    let code: number | null | undefined;
    void service.process.end().then((ended) => (code = ended.code));
    // Two within half a second count as one.
    await until(() => {
      service.process.child.kill('SIGTERM');
      return code !== undefined;
    }, 'it ends');
    expect(code).toBe(1);
  });
});
