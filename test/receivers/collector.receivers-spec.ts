import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { basic, send } from '../e2e/http.js';
import { L2met, type RunningService, startService, until } from '../e2e/process.js';
import { quantileOf } from '../fixtures/otlp/quantile.js';
import { type Collector, startCollector } from './collector.js';

const WAIT_MS = 60_000;

describe.each(['protobuf', 'json'] as const)('an OpenTelemetry Collector, %s', (encoding) => {
  let collector: Collector;
  let service: RunningService;
  let credentials: string;

  beforeAll(async () => {
    collector = await startCollector();
    service = await startService({ GRACE_MS: '200', OUTLET_TICK_MS: '50' });
    credentials = `otlp+${collector.url}?encoding=${encoding}&resource.deployment.environment=test`;
  }, WAIT_MS);
  afterAll(async () => {
    await service?.process.stop();
    await collector?.stop();
  }, WAIT_MS);

  const post = (body: string) =>
    send(`${service.url}/logs?resolution=1`, { body, headers: { authorization: basic(service.token(credentials)) } });
  const arrived = (name: string) =>
    until(
      () => collector.points().find((point) => point.name === name),
      `${name} arrives`,
      () => collector.log + service.process.stderr,
      WAIT_MS,
    );

  it(
    'takes a point of every kind, as it was meant',
    async () => {
      const lines = Array.from({ length: 200 }, (_, i) => `source=eu.1 measure#latency=${i + 1}ms`);
      await post(
        [...lines, 'source=eu.1 count#orders=5 sample#memory=12.5MB unique#users=a unique#users=b'].join('\n'),
      );
      const latency = await arrived('latency');
      const common = {
        attributes: { source: 'eu.1' },
        resource: { 'service.name': 'l2met', 'deployment.environment': 'test' },
      };
      expect(latency).toMatchObject({ type: 'exponentialHistogram', temporality: 1, unit: 'ms', ...common });
      expect(latency.histogram).toMatchObject({ count: 200, sum: 20_100, min: 1, max: 200 });
      expect(Math.abs(quantileOf(latency.histogram!, 0.95) / 191 - 1)).toBeLessThan(0.01);
      expect(latency.endSeconds - latency.startSeconds).toBe(1);
      expect(await arrived('orders')).toMatchObject({
        type: 'sum',
        monotonic: true,
        temporality: 1,
        value: 5,
        ...common,
      });
      expect(await arrived('memory')).toMatchObject({ type: 'gauge', unit: 'MBy', value: 12.5, ...common });
      expect(await arrived('users')).toMatchObject({ type: 'gauge', value: 2, ...common });
    },
    WAIT_MS,
  );

  it(
    'adds a counter up over ten windows, made cumulative',
    async () => {
      let sent = 0;
      const windows = () => collector.points().filter(({ name }) => name === 'steps');
      await until(
        async () => {
          await post(`count#steps=${++sent}`);
          return windows().length >= 10;
        },
        'ten windows arrive',
        () => collector.log,
        WAIT_MS,
      );
      const total = (sent * (sent + 1)) / 2;
      const sum = () => windows().reduce((all, { value }) => all + value!, 0);
      await until(
        () => sum() === total,
        'all of it arrives',
        () => `${sum()} of ${total}`,
        WAIT_MS,
      );
      await until(
        async () => (await collector.scraped(/^steps_total\{/)) === total,
        'a scrape shows the total',
        () => collector.log,
        WAIT_MS,
      );
    },
    2 * WAIT_MS,
  );

  it(
    'is where l2met check ends',
    async () => {
      const drain = service.url.replace('://', `://${service.token(credentials).replace(/=+$/, '')}@`);
      const { code, stdout, stderr } = await L2met.run(['check'], {}, `${drain}/logs?resolution=1\n`).end();
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/delivered to otlp at 127\.0\.0\.1:\d+\n$/);
      expect(await arrived('l2met.check.sample')).toMatchObject({ value: 1 });
    },
    WAIT_MS,
  );

  it(
    'refuses nothing, and l2met retried nothing',
    async () => {
      const { body } = await send(`${service.url}/metrics`, { method: 'GET' });
      const outcomes = [...body.matchAll(/^l2met_deliveries_total\{destination="otlp",outcome="(\w+)"\} (\d+)$/gm)];
      expect(outcomes.filter(([, , count]) => count !== '0').map(([, outcome]) => outcome)).toEqual(['delivered']);
    },
    WAIT_MS,
  );
});
