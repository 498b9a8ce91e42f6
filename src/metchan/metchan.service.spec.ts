import { beforeEach, describe, expect, it } from '@jest/globals';
import { DrainTokens } from '../crypto/drain-token.js';
import { generateKey, KeyRing } from '../crypto/key-ring.js';
import { tenantIdOf } from '../model/tenant-id.js';
import { decodeBatch } from '../model/batch-reader.js';
import { Kind } from '../model/kind.js';
import {
  type CommitAnswer,
  type CommitRequest,
  StoreUnavailableError,
  type WindowStore,
} from '../store/window-store.js';
import { Counters } from '../telemetry/counters.js';
import { createLogger } from '../telemetry/logger.js';
import { OwnMetrics } from '../telemetry/own-metrics.js';
import { MetchanService, untilMiddleMs } from './metchan.service.js';

const CREDENTIALS = 'librato+https://me:tok@host/v1/metrics';
const NOW = 1_764_072_030_000;

describe('metchan', () => {
  let commits: CommitRequest[];
  let answers: (CommitAnswer | Error)[];
  let counters: Counters;
  let metrics: OwnMetrics;
  let metchan: MetchanService;
  const tokens = new DrainTokens(KeyRing.parse(generateKey()));

  beforeEach(() => {
    commits = [];
    answers = [];
    counters = new Counters();
    const logger = createLogger('silent', false);
    metrics = new OwnMetrics(counters, logger);
    const store: Pick<WindowStore, 'now' | 'commit'> = {
      now: () => Promise.resolve(NOW),
      commit: ([request]) => {
        commits.push(request!);
        const answer = answers.shift() ?? { outcome: 'stored', late: 0, future: 0 };
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve({ nowMs: NOW, answers: [answer] });
      },
    };
    const options = { credentials: CREDENTIALS, prefix: 'shop', source: 'host-1' };
    metchan = new MetchanService(options, store as WindowStore, tokens, metrics, logger);
  });

  function sums(request: CommitRequest): Record<string, number> {
    const buckets = decodeBatch(request.batches[0]!.bytes);
    return Object.fromEntries(
      buckets.flatMap((bucket) => (bucket.kind === Kind.count ? [[bucket.name, bucket.sum]] : [])),
    );
  }

  it('flushes in the middle of each window', () => {
    expect([0, 29_999, 30_000, 59_999, 60_000].map(untilMiddleMs)).toEqual([30_000, 1, 60_000, 30_001, 30_000]);
    expect(untilMiddleMs(undefined)).toBe(60_000);
  });

  it('sends how long things took: how often, and in all', async () => {
    counters.took('commit_duration_seconds', 0.25);
    counters.took('commit_duration_seconds', 0.5);
    counters.took('delivery_duration_seconds', 1, 'otlp');
    await metchan.flush();
    counters.took('commit_duration_seconds', 0.125);
    await metchan.flush();
    expect(commits.map(sums)).toEqual([
      {
        'shop.canary': 1,
        'shop.commit_duration_seconds.count': 2,
        'shop.commit_duration_seconds.sum': 0.75,
        'shop.delivery_duration_seconds.otlp.count': 1,
        'shop.delivery_duration_seconds.otlp.sum': 1,
      },
      { 'shop.canary': 1, 'shop.commit_duration_seconds.count': 1, 'shop.commit_duration_seconds.sum': 0.125 },
    ]);
  });

  it('sends by how much each counter has grown, and the canary', async () => {
    counters.add('requests', '2xx', 3);
    await metchan.flush();
    counters.add('requests', '2xx', 2);
    counters.add('deliveries', 'otlp.delivered');
    await metchan.flush();
    await metchan.flush();
    expect(commits.map(sums)).toEqual([
      { 'shop.canary': 1, 'shop.requests.2xx': 3 },
      { 'shop.canary': 1, 'shop.requests.2xx': 2, 'shop.deliveries.otlp.delivered': 1 },
      { 'shop.canary': 1 },
    ]);
    expect(new Set(commits.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(3);
  });

  it('is a tenant like any other', async () => {
    await metchan.flush();
    const [request] = commits;
    expect(request).toMatchObject({
      tenant: tenantIdOf(CREDENTIALS),
      secondValue: 'replaces',
      resolutionSeconds: 60,
      openStartSeconds: NOW / 1000 - 30,
    });
    expect(tokens.open(request!.token)).toEqual({ ok: true, credentials: CREDENTIALS });
    expect(request!.batches[0]!.startSeconds).toBe(NOW / 1000 - 30);
  });

  it.each([
    ['the store is away', new StoreUnavailableError('away')],
    ['the window has just closed', { outcome: 'again' } as const],
    ['it is over a cap', { outcome: 'refused', reason: 'tenant-bytes' } as const],
  ])('sends the same again under the same key where %s, and what came since with the next', async (_why, answer) => {
    answers.push(answer);
    counters.add('requests', '2xx', 3);
    await metchan.flush();
    counters.add('requests', '2xx', 4);
    await metchan.flush();
    await metchan.flush();
    expect(commits.map(sums).map((of) => of['shop.requests.2xx'])).toEqual([3, 3, 4]);
    expect(commits[1]!.idempotencyKey).toBe(commits[0]!.idempotencyKey);
    expect(commits[2]!.idempotencyKey).not.toBe(commits[0]!.idempotencyKey);
  });

  it('takes a repeat that the store knows as sent', async () => {
    answers.push(new StoreUnavailableError('the answer was lost'), { outcome: 'duplicate' });
    counters.add('requests', '2xx', 3);
    await metchan.flush();
    await metchan.flush();
    await metchan.flush();
    expect(commits.map(sums).map((of) => of['shop.requests.2xx'])).toEqual([3, 3, undefined]);
  });

  it('sends gauges as samples, by the values of their label', async () => {
    metrics.read(() =>
      Promise.resolve({ in_flight_requests: 7, tenants_held: { retry: 1, pause: 2, abort: 0, key: 0 } }),
    );
    metrics.read(() => Promise.reject(new Error('the store is away')));
    await metchan.flush();
    const samples = decodeBatch(commits[0]!.batches[0]!.bytes).filter(({ kind }) => kind === Kind.sample);
    expect(samples.map((bucket) => [bucket.name, bucket.kind === Kind.sample && bucket.value])).toEqual([
      ['shop.in_flight_requests', 7],
      ['shop.tenants_held.retry', 1],
      ['shop.tenants_held.pause', 2],
      ['shop.tenants_held.abort', 0],
      ['shop.tenants_held.key', 0],
      ['shop.nodejs_eventloop_lag_p99_seconds', expect.any(Number)],
      ['shop.process_resident_memory_bytes', expect.any(Number)],
    ]);
  });
});
