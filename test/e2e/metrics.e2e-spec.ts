import { spawnSync } from 'node:child_process';
import net from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type OtlpServer, startOtlpServer } from '../fixtures/otlp/otlp-server.js';
import { type ScriptedServer, startScriptedServer } from '../fixtures/scripted-server.js';
import { basic, frames, send } from './http.js';
import { readMetrics } from './metrics.js';
import { startService, until } from './process.js';

const line = (text: string, at = new Date()): string => `<190>1 ${at.toISOString()} host app web.1 - ${text}`;

describe("l2met's own numbers", () => {
  let destination: ScriptedServer;
  let receiver: OtlpServer;

  beforeEach(async () => {
    destination = await startScriptedServer();
    receiver = await startOtlpServer();
  });
  afterEach(async () => {
    await destination.close();
    await receiver.close();
  });

  const FAST = { GRACE_MS: '100', OUTLET_TICK_MS: '20' };

  it('add up exactly with what was sent, rejected, dropped, repeated and put off', async () => {
    // It falters twice, then refuses one series for good.
    let posts = 0;
    destination.answer((response, body) => {
      const status = ++posts <= 2 ? 503 : body.includes('"bad"') ? 400 : 200;
      response.writeHead(status, status === 503 ? { 'retry-after': '0' } : {}).end();
    });
    const service = await startService(FAST);
    const authorization = basic(service.token(`librato+${destination.url.replace('//', '//me:tok@')}`));
    const post = (body: Buffer | string, headers: Record<string, string> = {}) =>
      send(`${service.url}/logs?resolution=1`, { body, headers: { authorization, ...headers } });
    const logplex = { 'content-type': 'application/logplex-1', 'logplex-frame-id': 'F1', 'logplex-msg-count': '3' };

    const body = frames([
      line('measure#a=1ms measure#a=2ms count#b=3 count#bad=1'),
      line('sample#c=7 unique#u=x unique#u=y measure#d=abc count#=1'),
    ]);
    const damaged = Buffer.concat([body, Buffer.from('12 <190 nothing')]);
    expect((await post(damaged, logplex)).status).toBe(204);
    expect((await post(damaged, logplex)).status).toBe(204);
    expect((await post(line('count#late=1', new Date(Date.now() - 3_600_000)))).status).toBe(204);
    expect((await post(line('count#future=1', new Date(Date.now() + 3_600_000)))).status).toBe(204);
    expect((await post('x', { authorization: basic('nonsense') })).status).toBe(401);
    expect((await post('1 x', { 'content-type': 'application/logplex-1' })).status).toBe(400);

    const reading = await until(async () => {
      const now = await readMetrics(service.url);
      return now.all('l2met_windows_total')['delivered'] === 1 && now;
    }, 'the window is delivered');
    expect(reading.all('l2met_requests_total')).toEqual({ '2xx': 4, '401': 1, '400': 1 });
    expect(reading.all('l2met_commits_total')).toMatchObject({ stored: 3, duplicate: 1 });
    expect(reading.all('l2met_messages_total')).toEqual({ read: 6 });
    expect(reading.all('l2met_measurements_total')).toEqual({ count: 6, measure: 4, sample: 2, unique: 4 });
    expect(reading.all('l2met_measurements_duplicate_total')).toEqual({ repeat: 7 });
    expect(reading.all('l2met_measurements_dropped_total')).toEqual({ late: 1, future: 1 });
    expect(reading.all('l2met_measurements_rejected_total')).toEqual({ 'value-malformed': 2, 'name-empty': 2 });
    // The damage of F1, twice, and that of the request of which nothing could be read.
    expect(reading.all('l2met_frames_rejected_total')).toEqual({ header: 3 });
    expect(reading.all('l2met_message_count_mismatch_total')).toEqual({ drain: 2 });
    // a with its three percentiles, b, c, u, and bad alone in the end.
    expect(reading.all('l2met_points_total')).toEqual({ delivered: 4, rejected: 1 });
    const deliveries = reading.all('l2met_deliveries_total');
    expect(deliveries['retryable']).toBe(2);
    expect(Object.values(deliveries).reduce((sum, count) => sum + count, 0)).toBe(destination.bodies.length);
    expect(reading.of('l2met_deliveries_total{destination="librato",outcome="retryable"}')).toBe(2);
    expect(reading.all('l2met_windows_total')['later']).toBe(2);
    expect(reading.of('l2met_commit_duration_seconds_count')).toBe(4);
    expect(reading.of('l2met_delivery_duration_seconds_count{destination="librato"}')).toBe(destination.bodies.length);
    expect(reading.of('l2met_delivery_lag_seconds_count')).toBe(1);
    expect(reading.of('l2met_in_flight_requests')).toBe(0);
    expect(reading.of('l2met_in_flight_bytes')).toBe(0);
    expect(reading.of('l2met_tenants_due')).toBe(0);
    expect(reading.text).not.toMatch(/me:tok|"bad"|web\.1/);
    await service.process.stop();
  });

  it('show what waits, since when and why', async () => {
    destination.answer((response) => response.writeHead(401).end());
    const service = await startService(FAST);
    const authorization = basic(service.token(`librato+${destination.url.replace('//', '//me:tok@')}`));
    await send(`${service.url}/logs?resolution=1`, { body: line('count#a=1'), headers: { authorization } });
    const reading = await until(async () => {
      const now = await readMetrics(service.url);
      return now.of('l2met_tenants_held{kind="pause"}') === 1 && now;
    }, 'the tenant is paused');
    expect(reading.all('l2met_tenants_held')).toEqual({ pause: 1 });
    await until(async () => (await readMetrics(service.url)).of('l2met_oldest_held_seconds')! > 0.5, 'it grows old');
    await service.process.stop();
  });

  it('know a sender that hangs up from a fault of ours', async () => {
    const service = await startService(FAST);
    const { hostname, port } = new URL(service.url);
    const head = `POST /logs HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic(service.token('console:'))}\r\nContent-Length: 100\r\n\r\n`;
    const socket = net.connect(Number(port), hostname, () => socket.write(`${head}count#a=1`));
    await until(async () => (await readMetrics(service.url)).of('l2met_in_flight_bytes')! > 0, 'its bytes are in');
    socket.destroy();
    await until(
      async () => (await readMetrics(service.url)).all('l2met_requests_total')['aborted'] === 1,
      'it is counted',
    );
    expect((await readMetrics(service.url)).all('l2met_requests_total')).toEqual({ aborted: 1 });
    expect((await service.process.stop()).stderr).not.toContain('a fault of ours');
  });

  it('count what late lines bring back', async () => {
    const service = await startService(FAST);
    const authorization = basic(service.token(`librato+${destination.url.replace('//', '//me:tok@')}`));
    const body = line('count#a=1');
    const post = () => send(`${service.url}/logs?resolution=1`, { body, headers: { authorization } });
    const delivered = async (count: number) =>
      (await readMetrics(service.url)).all('l2met_windows_total')['delivered'] === count;
    await post();
    await until(() => delivered(1), 'the window is delivered');
    expect((await readMetrics(service.url)).all('l2met_redeliveries_total')).toEqual({});
    await post();
    await until(() => delivered(2), 'it is delivered again');
    expect((await readMetrics(service.url)).all('l2met_redeliveries_total')).toEqual({ late: 1 });
    await service.process.stop();
  });

  // Where it is not installed, the report says that this was left out; the gate has it.
  const whereThere = spawnSync('promtool', ['--version']).error && !process.env['CI'] ? it.skip : it;
  whereThere('are what Prometheus takes, names included', async () => {
    const service = await startService(FAST);
    const { text } = await readMetrics(service.url);
    await service.process.stop();
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: text,
      encoding: 'utf8',
    });
    expect([status, `${stdout}${stderr}`]).toEqual([0, '']);
  });

  it('go where METCHAN_URL says, through the same store and outlets, with a canary', async () => {
    const service = await startService({
      ...FAST,
      METCHAN_URL: `otlp+${receiver.url}?resource.service.name=own`,
      APP_NAME: 'shop.l2met',
    });
    const authorization = basic(service.token('console:'));
    await send(`${service.url}/logs`, { body: line('count#a=1'), headers: { authorization } });
    // At shutdown the last numbers leave with the process's own windows.
    await service.process.stop();
    const points = receiver.points();
    const values = Object.fromEntries(points.map(({ name, value }) => [name, value]));
    expect(receiver.refusals).toEqual([]);
    expect(values).toMatchObject({
      'shop.l2met.canary': 1,
      'shop.l2met.requests.2xx': 1,
      'shop.l2met.measurements.count': 1,
      'shop.l2met.in_flight_requests': 0,
      'shop.l2met.nodejs_eventloop_lag_p99_seconds': expect.any(Number),
    });
    expect(points[0]).toMatchObject({
      resource: { 'service.name': 'own' },
      attributes: { source: expect.any(String) },
    });
  });
});
