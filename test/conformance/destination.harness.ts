import { ManualClock } from '../../src/model/clock.js';
import { Distribution } from '../../src/model/distribution.js';
import type { MetricPoint, PointValue } from '../../src/model/metric-point.js';
import type { Destination } from '../../src/outlet/destination.js';
import { Lease } from '../../src/outlet/lease.js';
import { type Failure, Poster } from '../../src/outlet/poster.js';
import { atOnce } from '../fixtures/at-once.js';
import { requestsOf, WindowWork } from '../../src/outlet/window-work.js';
import { Counters } from '../../src/telemetry/counters.js';

/** Time of the clock that destinations are given, for a Retry-After that is a date. */
export const NOW = Date.UTC(2026, 10, 24, 12, 0, 30);

const WINDOW = { resolutionSeconds: 60, startSeconds: NOW / 1000 - 90 };

/** Long enough for a local answer on a busy machine where one comes. */
const TIMEOUT_MS = 5_000;

/** Points of each kind, and one named `bad`. */
export function somePoints(): MetricPoint[] {
  const distribution = new Distribution();
  for (let i = 1; i <= 100; i++) distribution.add(i);
  const point = (name: string, value: PointValue): MetricPoint => ({
    name,
    source: 'web.1',
    unit: 'ms',
    window: WINDOW,
    value,
  });
  return [
    point('a', { type: 'sum', sum: 3, monotonic: true }),
    point('b', { type: 'last', last: 0.5, atUs: 1 }),
    point('c', { type: 'distribution', distribution }),
    point('bad', { type: 'sum', sum: 1, monotonic: true }),
    point('d', { type: 'sum', sum: -3, monotonic: false }),
  ];
}

/** What became of some points. */
export interface Sent {
  readonly delivered: number;
  readonly rejected: number;
  readonly failure: Failure | undefined;
  /** Whether a request may still arrive. */
  readonly mayArrive: boolean;
}

/** Sends points as the outlet does, in one claim. */
export async function send(
  destination: Destination,
  points: readonly MetricPoint[],
  requestTimeoutMs = TIMEOUT_MS,
): Promise<Sent> {
  const clock = new ManualClock(NOW);
  const store = { renew: () => Promise.resolve(true) };
  const lease = new Lease(store, clock, 60_000, 'tenant', 'claim', clock.monotonic());
  const window = { ...WINDOW, firstBatch: 0, endBatch: 1, bytes: 1, pointsSettled: 0, firstDueAt: NOW };
  const work = new WindowWork(window, atOnce(destination.prepare(points)), { count: 0, names: [] });
  const options = { requestTimeoutMs, parallelPosts: 4 };
  const poster = new Poster(destination, lease, () => [work.progress()], options, clock, new Counters());
  await poster.sendAll(requestsOf([work], destination.requestWeightMax), false);
  const { delivered, rejected } = work;
  return { delivered, rejected, failure: poster.failure, mayArrive: poster.mayArriveUntil > 0 };
}
