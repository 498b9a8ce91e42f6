import { describe, expect, it } from '@jest/globals';
import { COUNTERS, type CounterName, labelSets } from './counter-definitions.js';
import { Counters } from './counters.js';
import { createLogger } from './logger.js';
import { OwnMetrics } from './own-metrics.js';

describe('what GET /metrics shows', () => {
  const made = () => {
    const counters = new Counters();
    return { counters, metrics: new OwnMetrics(counters, createLogger('silent', false)) };
  };

  it('has every counter with all its values from the start, so that its first count is seen to be one', async () => {
    const { metrics } = made();
    const { text } = await metrics.show();
    for (const name of Object.keys(COUNTERS) as CounterName[]) {
      for (const { labels } of labelSets(name)) {
        const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
        expect(text).toContain(`l2met_${name}_total{${pairs.join()}} 0\n`);
      }
    }
  });

  it('has counts by their labels, and times', async () => {
    const { counters, metrics } = made();
    counters.add('deliveries', 'otlp.partial', 3);
    counters.took('delivery_duration_seconds', 0.3, 'otlp');
    await metrics.show();
    const { text } = await metrics.show();
    expect(text).toContain('l2met_deliveries_total{destination="otlp",outcome="partial"} 3\n');
    expect(text).toContain('l2met_delivery_duration_seconds_bucket{le="0.25",destination="otlp"} 0\n');
    expect(text).toContain('l2met_delivery_duration_seconds_bucket{le="0.5",destination="otlp"} 1\n');
  });

  it('leaves a gauge out that cannot be read now: 0 would end an alert', async () => {
    const { metrics } = made();
    let away = false;
    metrics.read(() => (away ? Promise.reject(new Error('away')) : Promise.resolve({ oldest_due_seconds: 1_000 })));
    metrics.read(() => Promise.resolve({ in_flight_requests: 7 }));
    expect((await metrics.show()).text).toContain('l2met_oldest_due_seconds 1000\n');
    away = true;
    const { text } = await metrics.show();
    expect(text).not.toContain('l2met_oldest_due_seconds');
    expect(text).toContain('l2met_in_flight_requests 7\n');
  });
});
