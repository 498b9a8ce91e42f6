import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Clock, ManualClock, systemClock } from '../model/clock.js';
import { DEFAULT_WINDOW_POLICY, windowStart } from '../model/window.js';
import { DrainParser } from '../parsing/drain-parser.js';
import { MemoryWindowStore } from '../store/memory/memory-window-store.js';
import type { StoreOptions } from '../store/store.options.js';
import { type CommitAnswers, type CommitRequest, StoreUnavailableError } from '../store/window-store.js';
import { Counters } from '../telemetry/counters.js';
import { createLogger } from '../telemetry/logger.js';
import type { Drain } from '../access/authenticator.js';
import { DrainOptionsReader } from './drain-options.js';
import { type DrainRequest, DrainService } from './drain.service.js';
import type { IngestOptions } from './ingest.options.js';
import { StoreClock } from './store-clock.js';

/** Any instant will do, but one that is no full minute. */
const BODY = Buffer.from('measure#a=1ms count#b=2\n');
const START_AT = Date.UTC(2026, 2, 1, 11, 17, 23, 456);
const PATIENCE_MS = 1_000;
const HOUR_MS = 3_600_000;

const DRAIN: Drain = {
  tenant: '0123456789abcdef0123456789abcdef',
  token: 'token',
  destination: { target: { kind: 'console' }, byOperator: false },
  secondValue: 'replaces',
};

/** What a store does with the n-th try of a commit; `store` stores it. */
type Behaviour = (nth: number, store: () => Promise<CommitAnswers>) => Promise<CommitAnswers>;

/** An embedded store that falters as it is told. */
class FalteringStore extends MemoryWindowStore {
  readonly tries: CommitRequest[] = [];
  behaviour: Behaviour = (_nth, store) => store();

  override commit(requests: readonly CommitRequest[]): Promise<CommitAnswers> {
    this.tries.push(...requests);
    return this.behaviour(this.tries.length, () => super.commit(requests));
  }
}

const away = () => Promise.reject(new StoreUnavailableError('away'));

/** Fails `times` tries, then stores. */
const awayFor =
  (times: number): Behaviour =>
  (nth, store) =>
    nth <= times ? away() : store();

describe('the way of a drain request', () => {
  let clock: ManualClock;
  let store: FalteringStore;
  let storeClock: StoreClock;
  let counters: Counters;
  let service: DrainService;
  let logged: string;

  /** @param clocks a clock for the receiver and one for the store, where they are not to be the same */
  function start(
    overrides: Partial<StoreOptions> = {},
    clocks: { receiver?: Clock; store?: Clock } = {},
    patienceMs = PATIENCE_MS,
  ): void {
    const policy = DEFAULT_WINDOW_POLICY;
    const caps = { windowBytesMax: 1e6, tenantBytesMax: 1e6, storeBytesMax: 1e9 };
    const receiverClock = clocks.receiver ?? clock;
    store = new FalteringStore({ policy, ...caps, ...overrides }, clocks.store ?? clock);
    storeClock = new StoreClock(store, receiverClock);
    counters = new Counters();
    const windowPolicy = policy;
    const options = { windowPolicy, bodyLimitBytes: 1e6, patienceMs, idempotencyMs: 120_000 } as IngestOptions;
    logged = '';
    const logger = createLogger('info', false, { write: (line) => void (logged += line) });
    service = new DrainService(new DrainParser(1), store, storeClock, options, receiverClock, counters, logger);
  }

  beforeEach(() => {
    clock = new ManualClock(START_AT);
    start();
  });

  /** Has a request accepted: a good one, but for what is said. */
  function accept({ body = BODY, ...overrides }: Partial<DrainRequest> & { body?: Buffer } = {}) {
    const request: DrainRequest = {
      drain: DRAIN,
      options: new DrainOptionsReader().read('', false),
      sender: 'logplex',
      headers: { 'logplex-frame-id': 'c0ffee', 'logplex-drain-token': 'd.1' },
      isLogplexType: false,
      encoding: 'identity',
      startedAt: clock.monotonic(),
      ...overrides,
    };
    return service.accept(request, body);
  }

  const counted = async () => (await store.facts(DRAIN.tenant))?.counts;

  /** The batches that wait in the only window of the tenant. */
  async function storedBatches(): Promise<number> {
    await store.closeOpenWindows();
    const claim = await store.claim(DRAIN.tenant, 'claim', { leaseMs: 60_000, windowLimit: 10 });
    return (claim?.windows ?? []).reduce((sum, window) => sum + window.endBatch - window.firstBatch, 0);
  }

  describe('commits', () => {
    it('at least once, though the patience of its sender was over before', async () => {
      const report = await accept({ startedAt: clock.monotonic() - 60_000 });
      expect(report).toMatchObject({ messages: 1, measurements: 2 });
      expect(store.tries).toHaveLength(1);
      expect(await storedBatches()).toBe(1);
    });

    it('again with the same idempotency key while the store is away, until it is back', async () => {
      store.behaviour = awayFor(2);
      expect(await accept({ headers: {} })).toMatchObject({ measurements: 2, duplicate: 0 });
      expect(store.tries).toHaveLength(3);
      expect(new Set(store.tries.map((tried) => tried.idempotencyKey)).size).toBe(1);
      expect(counters.snapshot()).toMatchObject({ 'commits.unavailable': 2, 'commits.stored': 1 });
      expect(await storedBatches()).toBe(1);
    });

    it('until the patience that began with its first byte ends, then 503 with Retry-After', async () => {
      store.behaviour = () => {
        clock.advance(300);
        return away();
      };
      await expect(accept()).rejects.toMatchObject({
        code: 'L2MET_INGEST_STORE',
        status: 503,
        headers: { 'retry-after': '1' },
      });
      // At 0, 300 and 600 ms; at 900 a pause would end too late.
      expect(store.tries).toHaveLength(3);
      store.tries.length = 0;
      await expect(accept({ startedAt: clock.monotonic() - 400 })).rejects.toMatchObject({
        status: 503,
      });
      expect(store.tries).toHaveLength(2);
    });

    it('once only and then 503, where the try alone outlasted the patience', async () => {
      store.behaviour = () => {
        clock.advance(PATIENCE_MS * 5);
        return away();
      };
      await expect(accept()).rejects.toMatchObject({ status: 503 });
      expect(store.tries).toHaveLength(1);
    });

    it('and is answered 2xx for what was stored late, since it is stored', async () => {
      store.behaviour = (_nth, commit) => {
        clock.advance(PATIENCE_MS * 5);
        return commit();
      };
      expect(await accept()).toMatchObject({ measurements: 2 });
      expect(store.tries).toHaveLength(1);
    });

    it('without counting twice what happened though it was reported as failed', async () => {
      store.behaviour = async (nth, commit) => {
        const answers = await commit();
        return nth === 1 ? away() : answers;
      };
      expect(await accept()).toMatchObject({ messages: 1, measurements: 2, duplicate: 0 });
      expect(counters.snapshot()).toMatchObject({ 'commits.unavailable': 1, 'commits.stored': 1 });
      expect(counters.get('measurements_duplicate', 'repeat')).toBe(0);
      expect(await counted()).toMatchObject({ requests: 1, measurements: 2 });
      expect(await storedBatches()).toBe(1);
    });

    it('no second time for an error that is no passing one', async () => {
      store.behaviour = () => Promise.reject(new TypeError('a fault of ours'));
      await expect(accept()).rejects.toThrow(TypeError);
      expect(store.tries).toHaveLength(1);
    });
  });

  describe('told to compute its open window anew', () => {
    const adds: Drain = { ...DRAIN, secondValue: 'adds' };

    it('takes it from the clock that the answer has told', async () => {
      const ahead = new ManualClock(START_AT + 10 * 60_000);
      start({}, { store: ahead });
      // Its own window is due, so that it belongs into the one that is open.
      const time = new Date(ahead.now() - 90_000).toISOString();
      const body = Buffer.from(`<190>1 ${time} host app web.1 - count#b=2\n`);
      expect(await accept({ drain: adds, body })).toMatchObject({ measurements: 1, late: 0 });
      expect(store.tries.map((tried) => tried.openStartSeconds)).toEqual([
        windowStart(START_AT, 60),
        windowStart(ahead.now(), 60),
      ]);
      expect(new Set(store.tries.map((tried) => tried.idempotencyKey)).size).toBe(1);
      expect(counters.snapshot()).toMatchObject({ 'commits.again': 1, 'commits.stored': 1 });
      expect(await storedBatches()).toBe(1);
    });

    it('for ever, ends with 503 and Retry-After when the patience ends', async () => {
      store.behaviour = () => {
        clock.advance(250);
        return Promise.resolve({ nowMs: clock.now(), answers: [{ outcome: 'again' }] });
      };
      await expect(accept()).rejects.toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
      expect(store.tries).toHaveLength(4);
    });

    it('for ever, does not spin', async () => {
      start({}, { receiver: systemClock }, 500);
      store.behaviour = () => Promise.resolve({ nowMs: START_AT, answers: [{ outcome: 'again' }] });
      const startedAt = systemClock.monotonic();
      await expect(accept({ startedAt })).rejects.toMatchObject({ status: 503 });
      expect(store.tries.length).toBeGreaterThan(1);
      expect(store.tries.length).toBeLessThan(10);
    });
  });

  describe('is refused over a cap, without a second try,', () => {
    it.each<[keyof StoreOptions, number, string, string]>([
      ['windowBytesMax', 429, 'L2MET_INGEST_TENANT_LIMIT', '30'],
      ['tenantBytesMax', 429, 'L2MET_INGEST_TENANT_LIMIT', '30'],
      ['storeBytesMax', 503, 'L2MET_INGEST_STORE_FULL', '1'],
    ])('for %s with %i', async (cap, status, code, retryAfter) => {
      start({ [cap]: 10 });
      await expect(accept()).rejects.toMatchObject({
        status,
        code,
        headers: { 'retry-after': retryAfter },
      });
      expect(store.tries).toHaveLength(1);
      expect(counters.snapshot()).toMatchObject({ 'commits.refused': 1, 'measurements_dropped.refused': 2 });
    });
  });

  describe('tells its tenant', () => {
    it('what was not read, by reason and only the reasons that occurred', async () => {
      const lines = ['measure#a=1ms', 'measure#a=x measure#b=y', 'count#=1'].map(
        (text) => `<190>1 - h a p - ${text}\n`,
      );
      const framed = [...lines.map((line) => `${Buffer.byteLength(line)} ${line}`), '900 <190>1 cut'].join('');
      const report = await accept({ isLogplexType: true, body: Buffer.from(framed) });
      expect(report.rejected.map(({ reason }) => reason)).toEqual([
        'value-malformed',
        'value-malformed',
        'name-empty',
        'truncated',
      ]);
      const facts = {
        requests: 1,
        messages: 3,
        measurements: 1,
        'rejected.value-malformed': 2,
        'rejected.name-empty': 1,
        'rejected.frame-truncated': 1,
      };
      expect(await counted()).toMatchObject(facts);
      expect(Object.keys(store.tries[0]!.facts).filter((name) => name.startsWith('rejected.'))).toHaveLength(3);
      expect(counters.snapshot()).toMatchObject({
        'measurements_rejected.value-malformed': 2,
        'frames_rejected.truncated': 1,
      });
    });

    it('that its sender counted other messages than came', async () => {
      const headers = { 'logplex-msg-count': '5' };
      await accept({ headers });
      expect(await counted()).toMatchObject({ countMismatches: 1 });
      await accept({ headers: { 'logplex-msg-count': '1' } });
      expect(await counted()).toMatchObject({ countMismatches: 1, requests: 2 });
    });

    it('that options of its drain URL do not hold', async () => {
      const options = new DrainOptionsReader().read('resolution=7&router-source=x', true);
      await accept({ options });
      expect(await counted()).toMatchObject({ optionsFallback: 2 });
      expect(counters.get('options_fallback', 'logplex')).toBe(1);
    });
  });

  it('reports how many measurements of a repeated frame were not counted again', async () => {
    expect(await accept()).toMatchObject({ measurements: 2, duplicate: 0 });
    const repeated = accept({ body: Buffer.from('measure#a=1ms count#b=2 sample#c=3\n') });
    expect(await repeated).toMatchObject({ messages: 1, measurements: 0, duplicate: 3 });
    expect(await counted()).toMatchObject({ requests: 1, measurements: 2, duplicates: 3 });
  });

  it('reports and counts what came too late or too early', async () => {
    const at = (ms: number): string => `<190>1 ${new Date(START_AT + ms).toISOString()} host app web.1 - count#a=1\n`;
    const body = Buffer.from([at(-HOUR_MS), at(0), at(HOUR_MS), at(2 * HOUR_MS)].join(''));
    expect(await accept({ body })).toMatchObject({ measurements: 1, late: 1, future: 2 });
    expect(counters.snapshot()).toMatchObject({ 'measurements_dropped.late': 1, 'measurements_dropped.future': 2 });
  });

  it('keeps windows that are out of question from the store, and counts them as the store would', async () => {
    await storeClock.onModuleInit();
    const at = (ms: number): string => new Date(START_AT + ms).toISOString();
    const line = (ms: number): string => `<190>1 ${at(ms)} host app web.1 - count#a=1\n`;
    const body = Buffer.from([0, -HOUR_MS, -2 * HOUR_MS, HOUR_MS].map(line).join(''));
    expect(await accept({ body })).toMatchObject({ measurements: 1, late: 2, future: 1 });
    expect(store.tries[0]!.batches).toHaveLength(1);
    expect(await counted()).toMatchObject({ measurements: 4, late: 2, future: 1 });
    expect(counters.snapshot()).toMatchObject({ 'measurements_dropped.late': 2, 'measurements_dropped.future': 1 });
  });

  it('gives a line without a usable time the time of the store, not that of the machine', async () => {
    start({}, { receiver: new ManualClock(START_AT + HOUR_MS) });
    await storeClock.onModuleInit();
    const body = Buffer.from(
      'count#a=1\n<190>1 - host app web.1 - count#a=1\n<190>1 yesterday host app web.1 - count#a=1\n',
    );
    expect(await accept({ body })).toMatchObject({ measurements: 3, late: 0, future: 0 });
    expect(store.tries[0]!.batches.map(({ startSeconds }) => startSeconds)).toEqual([windowStart(START_AT, 60)]);
  });

  it('refuses a body of which nothing can be read with 400 and stores nothing', async () => {
    const rubbish = () => accept({ isLogplexType: true, body: Buffer.from('rubbish') });
    await expect(rubbish()).rejects.toMatchObject({ code: 'L2MET_INGEST_UNREADABLE', status: 400 });
    await expect(rubbish()).rejects.toThrow(/at byte 0/);
    expect(store.tries.flatMap(({ batches }) => batches)).toEqual([]);
    // What its sender reads, its owner may, too.
    expect(await counted()).toMatchObject({ requests: 2, unreadableRequests: 2, 'rejected.frame-count': 2 });
    expect((await store.facts(DRAIN.tenant))?.examples).toEqual({ 'rejected.frame-count': 'aaaaaaa' });
  });

  describe('a request of which nothing could be read', () => {
    it('is noted for its tenant, each one, without keeping anything waiting', async () => {
      service.noteUnreadable(DRAIN);
      service.noteUnreadable(DRAIN);
      expect(await counted()).toEqual({ requests: 2, unreadableRequests: 2 });
      expect((await store.facts(DRAIN.tenant))?.windowsWaiting).toBe(0);
    });

    it('is let go without an error while the store is away', async () => {
      store.behaviour = away;
      expect(() => service.noteUnreadable(DRAIN)).not.toThrow();
      // Jest fails on a rejection that nobody takes care of.
      await new Promise((resolve) => setImmediate(resolve));
      expect(logged).toBe('');
      expect(store.tries).toHaveLength(1);
    });

    it('does not end the process if the store fails in a way that nobody expects', async () => {
      store.behaviour = () => Promise.reject(new Error('WRONGTYPE'));
      service.noteUnreadable(DRAIN);
      await new Promise((resolve) => setImmediate(resolve));
      expect(JSON.parse(logged)).toMatchObject({ level: 'error', event: 'note-failed', tenant: DRAIN.tenant });
    });
  });
});
