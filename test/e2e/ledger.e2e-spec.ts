import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { generateKey } from '../../src/crypto/key-ring.js';
import { tenantIdOf } from '../../src/model/tenant-id.js';
import { type LibratoServer, startLibratoServer } from '../fixtures/librato-server.js';
import { LinkCutter } from '../redis/link-cutter.js';
import { type RedisServer, startStandalone, stopServers } from '../redis/servers.js';
import { basic, frames, send } from './http.js';
import { readMetrics } from './metrics.js';
import { type RunningService, startService, until } from './process.js';

const line = (text: string, at = new Date()): string => `<190>1 ${at.toISOString()} host app web.1 - ${text}`;

const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((total, n) => total + n, 0);

/** Metrics of their own names. */
const counts = (names: number): string => Array.from({ length: names }, (_, i) => `count#n${i}=1`).join(' ');

describe("receiver's and outlet's own numbers, with Redis between them", () => {
  let redis: RedisServer;
  let link: LinkCutter;
  let librato: LibratoServer;
  let receiver: RunningService;
  let env: NodeJS.ProcessEnv;

  beforeEach(async () => {
    redis = await startStandalone({ aof: 'always' });
    link = await LinkCutter.open(redis.port);
    librato = await startLibratoServer();
    const shared = { SECRETS: generateKey(), LIBRATO_URL: librato.url, GRACE_MS: '100', OUTLET_TICK_MS: '20' };
    env = { ...shared, REDIS_URL: redis.url, SERIES_LIMIT: '8' };
    const caps = { WINDOW_BYTES: '1024', PATIENCE_MS: '1000' };
    receiver = await startService({ ...env, ...caps, REDIS_URL: `redis://127.0.0.1:${link.port}` }, ['--receiver']);
  });
  afterEach(async () => {
    await librato.close();
    await link.close();
    await redis.stop();
  });
  afterAll(stopServers);

  /** The status, and what it says of the measurements. */
  async function post(tenant: string, lines: readonly string[], frameId?: string): Promise<[number, number?]> {
    const { status, body } = await send(`${receiver.url}/logs?resolution=1`, {
      body: frames(lines),
      headers: {
        authorization: basic(receiver.token(`${tenant}@example.com:t`)),
        accept: 'application/json',
        'content-type': 'application/logplex-1',
        ...(frameId !== undefined && { 'logplex-frame-id': frameId }),
      },
    });
    return status === 200 ? [200, (JSON.parse(body) as { measurements: number }).measurements] : [status];
  }

  it('tell of each measurement what became of it, whatever faults there were', async () => {
    // Stored, though its answer is lost: the receiver asks again, and is no sender that repeats itself.
    link.cutAfter(/evalsha/i);
    expect(await post('alice', [line('count#a=1 count#b=1'), line('count#a=1 count#b=1')], 'F1')).toEqual([200, 4]);
    expect(link.waits).toBe(false);
    expect(await post('alice', [line('count#a=1 count#b=1'), line('count#a=1 count#b=1')], 'F1')).toEqual([200, 0]);
    // Over a cap of its own, too late, too early, too many, alike, refused by the destination, gone from the store.
    expect(await post('alice', [line(counts(200))])).toEqual([429]);
    const far = [
      line('count#a=1', new Date(Date.now() - 3_600_000)),
      line('count#a=1', new Date(Date.now() + 3_600_000)),
    ];
    expect(await post('alice', far)).toEqual([200, 0]);
    expect(await post('many', [line(counts(11))])).toEqual([200, 11]);
    expect(await post('alike', [line('count#x=1 sample#x=1')])).toEqual([200, 2]);
    expect(await post('refused', [line('count#good=1 count#bad=1 count#fine=1')])).toEqual([200, 3]);
    expect(await post('gone', [line('count#gone=1')])).toEqual([200, 1]);
    await redis.ask(async (client) => client.del(await client.keys(`*w:${tenantIdOf('gone@example.com:t')}:*`)));
    // Redis is away.
    await redis.kill();
    expect(await post('alice', [line('count#a=1 count#b=1')])).toEqual([503]);
    await redis.restart();

    librato.respond((request, response, index) => {
      const status = index === 0 ? 503 : index === 1 ? 429 : request.body.includes('"bad"') ? 400 : 0;
      if (status === 0) return false;
      response.writeHead(status, { 'retry-after': '0' }).end();
      return true;
    });
    // Settled, though the answer is lost: the outlet asks again, and has lost no claim.
    const outletLink = await LinkCutter.open(redis.port);
    outletLink.cutAfter(/windowsDelivered/);
    const outlet = await startService({ ...env, REDIS_URL: `redis://127.0.0.1:${outletLink.port}` }, ['--outlet']);
    const delivered = await until(async () => {
      const now = await readMetrics(outlet.url);
      const { delivered = 0, expired = 0 } = now.all('l2met_windows_total');
      return delivered + expired >= 5 && now.of('l2met_windows_due') === 0 && now;
    }, 'all windows are through');
    const received = await readMetrics(receiver.url);

    expect(received.all('l2met_requests_total')).toEqual({ '2xx': 7, '429': 1, '503': 1 });
    expect(received.all('l2met_measurements_total')).toEqual({
      count: 4 + 4 + 200 + 2 + 11 + 1 + 3 + 1 + 2,
      sample: 1,
    });
    expect(received.all('l2met_measurements_duplicate_total')).toEqual({ repeat: 4 });
    expect(received.all('l2met_measurements_dropped_total')).toEqual({ late: 1, future: 1, refused: 200, unsure: 2 });
    const commits = received.all('l2met_commits_total');
    expect(commits).toMatchObject({ stored: 6, duplicate: 1, refused: 1 });
    expect(received.of('l2met_commit_duration_seconds_count')).toBe(sum(commits));
    expect(commits['unavailable']).toBeGreaterThanOrEqual(2);
    expect(received.of('l2met_redis_errors_total{kind="connection"}')).toBeGreaterThanOrEqual(1);

    expect(delivered.all('l2met_windows_total')).toMatchObject({ delivered: 4, expired: 1 });
    // a, b; 8 of 11; x; good and fine.
    expect(delivered.all('l2met_points_total')).toEqual({
      delivered: 2 + 8 + 1 + 2,
      rejected: 1,
      collision: 1,
      'series-limit': 3,
    });
    const deliveries = delivered.all('l2met_deliveries_total');
    expect(deliveries['retryable']).toBe(2);
    expect(sum(deliveries)).toBe(librato.requests.length);
    expect(sum(deliveries) - deliveries['delivered']! - 2).toBe(deliveries['rejected']);
    expect(delivered.of('l2met_delivery_duration_seconds_count{destination="librato"}')).toBe(sum(deliveries));

    // What was read is what arrived and what is counted as gone.
    const arrived = [...librato.gauges().values()].reduce((total, { value }) => total + (value ?? 0), 0);
    expect(arrived).toBe(4 + 8 + 1 + 2);
    const read = sum(received.all('l2met_measurements_total'));
    const dropped = sum(received.all('l2met_measurements_dropped_total'));
    const { rejected, collision, 'series-limit': over } = delivered.all('l2met_points_total');
    expect(read).toBe(arrived + dropped + 4 + rejected! + collision! + over! + 1);
    expect(outletLink.waits).toBe(false);
    expect(delivered.all('l2met_claims_total')['lost']).toBeUndefined();
    await outlet.process.stop();
    await outletLink.close();
    await receiver.process.stop();
  });
});
