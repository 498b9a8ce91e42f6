import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SeededRandom } from '../conformance/window-store/random.js';
import { DISTRIBUTIONS } from '../fixtures/distributions.js';
import { type OtlpServer, startOtlpServer } from '../fixtures/otlp/otlp-server.js';
import { quantileOf } from '../fixtures/otlp/quantile.js';
import { basic, send } from './http.js';
import { startService, until } from './process.js';

describe.each(['protobuf', 'json'] as const)('a drain to an OTLP receiver, %s', (encoding) => {
  let receiver: OtlpServer;

  beforeEach(async () => void (receiver = await startOtlpServer()));
  afterEach(() => receiver.close());

  const FAST = { GRACE_MS: '100', OUTLET_TICK_MS: '20' };

  it('a measure, a count, a sample and a unique arrive with their values, units, times and attributes', async () => {
    const service = await startService(FAST);
    const credentials = `otlp+${receiver.url}?encoding=${encoding}&resource.deployment.environment=prod&header.X-Key=k`;
    const authorization = basic(service.token(credentials));
    const startSeconds = Math.floor(Date.now() / 1000);
    const at = new Date(startSeconds * 1000 + 250).toISOString();
    const lines = [
      ...Array.from({ length: 100 }, (_, i) => `measure#db.latency=${i + 1}ms`),
      'count#orders=2 count#orders=3',
      'sample#memory=512.5MB',
      'unique#visitors=ann unique#visitors=bob unique#visitors=ann',
      'count#balance=-4',
    ];
    const body = lines.map((text) => `<190>1 ${at} host app web.1 - source=eu.1 ${text}`).join('\n');
    const answer = await send(`${service.url}/logs?resolution=1`, { body, headers: { authorization } });
    expect(answer.status).toBe(204);
    await receiver.received(({ name }) => name === 'visitors');
    await service.process.stop();

    expect(receiver.refusals).toEqual([]);
    expect(receiver.exports[0]).toMatchObject({
      type: encoding,
      headers: { 'x-key': 'k', 'content-encoding': 'gzip' },
    });
    const points = new Map(receiver.points().map((point) => [point.name, point]));
    const common = {
      attributes: { source: 'eu.1' },
      resource: { 'service.name': 'l2met', 'deployment.environment': 'prod' },
      startSeconds,
      endSeconds: startSeconds + 1,
    };
    const delta = { temporality: 1, ...common };
    expect(points.get('orders')).toEqual({
      name: 'orders',
      type: 'sum',
      unit: '',
      monotonic: true,
      value: 5,
      ...delta,
    });
    expect(points.get('balance')).toMatchObject({ type: 'sum', monotonic: false, value: -4, ...delta });
    expect(points.get('memory')).toMatchObject({ type: 'gauge', unit: 'MBy', value: 512.5, ...common });
    expect(points.get('visitors')).toMatchObject({ type: 'gauge', unit: '', value: 2, ...common });
    const latency = points.get('db.latency')!;
    expect(latency).toMatchObject({ type: 'exponentialHistogram', unit: 'ms', ...delta });
    expect(latency.histogram).toMatchObject({ count: 100, sum: 5050, min: 1, max: 100 });
    for (const [q, exact] of [
      [0.5, 51],
      [0.95, 96],
      [0.99, 100],
    ] as const) {
      expect(Math.abs(quantileOf(latency.histogram!, q) / exact - 1)).toBeLessThan(0.01);
    }
  });

  it.each([3_000, 20_000])(
    'quantiles of %i log lines are within 1 %% of the exact ones, four distributions',
    async (count) => {
      const service = await startService(FAST);
      const authorization = basic(service.token(`otlp+${receiver.url}?encoding=${encoding}`));
      const random = new SeededRandom(count);
      const drawn = DISTRIBUTIONS.map(([, draw]) => Array.from({ length: count }, () => draw(() => random.fraction())));
      const at = new Date().toISOString();
      const lines = drawn[0]!.map((_, i) => drawn.map((values, d) => `measure#d${d}=${values[i]}`).join(' '));
      // So that all of them come with one window, in one request.
      const body = lines.map((text) => `<190>1 ${at} host app web.1 - ${text}\n`).join('');
      expect((await send(`${service.url}/logs?resolution=1`, { body, headers: { authorization } })).status).toBe(204);
      await receiver.received(({ name }) => name === 'd3');
      await service.process.stop();
      for (const [d, values] of drawn.entries()) {
        const { histogram } = receiver.points().find(({ name }) => name === `d${d}`)!;
        const sorted = Float64Array.from(values).sort();
        expect(histogram!.count).toBe(count);
        for (const q of [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999]) {
          const exact = sorted[Math.floor(count * q)]!;
          expect(Math.abs(quantileOf(histogram!, q) - exact)).toBeLessThanOrEqual(0.01 * Math.abs(exact));
        }
      }
    },
  );

  it('an email:token drain goes there where LIBRATO_URL says so, percentiles too, its e-mail does not', async () => {
    const service = await startService({
      ...FAST,
      LIBRATO_URL: `otlp+${receiver.url}?encoding=${encoding}&percentiles=1`,
    });
    const authorization = basic(service.token('me@example.com:api-token'));
    await send(`${service.url}/logs?resolution=1`, { body: 'measure#a=7s\n', headers: { authorization } });
    await receiver.received(({ name }) => name === 'a.perc99');
    const { stderr } = await service.process.stop();
    expect(receiver.points().map(({ name, value, unit }) => [name, value, unit])).toEqual([
      ['a', undefined, 's'],
      ['a.median', 7, 's'],
      ['a.perc95', 7, 's'],
      ['a.perc99', 7, 's'],
    ]);
    expect(JSON.stringify([receiver.exports, stderr])).not.toMatch(/example\.com|api-token/);
  });

  it('a late line counts in the window that is open, once, or is dropped where late=drop', async () => {
    const service = await startService(FAST);
    const authorization = basic(service.token(`otlp+${receiver.url}?encoding=${encoding}`));
    const late = new Date(Date.now() - 30_000).toISOString();
    const body = `<190>1 ${late} host app web.1 - count#tardy=5\n`;
    const headers = { authorization, accept: 'application/json' };
    const next = await send(`${service.url}/logs?resolution=1`, { body, headers });
    expect(JSON.parse(next.body)).toMatchObject({ measurements: 1, late: 0 });
    const drop = await send(`${service.url}/logs?resolution=1&late=drop`, { body, headers });
    expect(JSON.parse(drop.body)).toMatchObject({ measurements: 0, late: 1 });
    const point = await receiver.received(({ name }) => name === 'tardy');
    expect(point.value).toBe(5);
    expect(Date.now() / 1000 - point.startSeconds).toBeLessThan(25);
    await service.process.stop();
    expect(receiver.points()).toHaveLength(1);
  });

  it('points that the receiver drops of a request that it takes are counted and logged, not sent again', async () => {
    receiver.reject({ rejected: 1, message: 'too old for \u001b[31mus' });
    const service = await startService(FAST);
    const authorization = basic(service.token(`otlp+${receiver.url}?encoding=${encoding}`));
    const at = new Date().toISOString();
    const body = `<190>1 ${at} host app web.1 - count#a=1 count#b=1\n`;
    await send(`${service.url}/logs?resolution=1`, { body, headers: { authorization } });
    const event = await until(
      () => service.process.events().find((one) => one['event'] === 'points-rejected'),
      'it is logged',
    );
    expect(event['why']).toBe('too old for [31mus');
    const counters = (await service.process.stop()) && service.process.events().at(-1)!['counters'];
    expect(counters).toMatchObject({ 'deliveries.otlp.partial': 1, 'points.delivered': 1, 'points.rejected': 1 });
    expect(receiver.exports).toHaveLength(1);
  });
});
