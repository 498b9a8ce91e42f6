import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SchedulerRegistry } from '@nestjs/schedule';
import { StoreUnavailableError } from '../store/window-store.js';
import { outletBench, T0, TestDestination, until, untilAborted } from '../../test/fixtures/outlet-bench.js';
import type { Delivery, Destination } from './destination.js';
import { OutletHealth } from './outlet.health.js';
import type { OutletOptions } from './outlet.options.js';
import { OutletService } from './outlet.service.js';
import type { TenantDestinations } from './tenant-destinations.js';

let bench: ReturnType<typeof outletBench>;
let service: OutletService;
let scheduler: SchedulerRegistry;
/** A destination a tenant: the token is its name here. */
const destinations = new Map<string, TestDestination>();

function start(overrides: Partial<OutletOptions> = {}, of?: (token: string) => Destination | undefined): void {
  bench = outletBench(overrides);
  scheduler = new SchedulerRegistry();
  destinations.clear();
  const opener = {
    of: of ?? ((token: string) => destinationOf(token)),
    close: () => Promise.resolve(),
  } as unknown as TenantDestinations;
  const { store, options, counters, clock, tools } = bench;
  service = new OutletService(store, opener, options, counters, tools.logger, clock, scheduler);
}

function destinationOf(token: string): TestDestination {
  if (!destinations.has(token)) destinations.set(token, new TestDestination());
  return destinations.get(token)!;
}

beforeEach(() => start());
afterEach(() => service.stopClaiming());

const delivered = async (tenant: string) => (await bench.store.facts(tenant))?.counts.windowsDelivered ?? 0;

describe('a tick', () => {
  it('one slow or failing tenant does not delay another', async () => {
    for (const tenant of ['slow', 'failing', 'well']) await bench.commit(tenant, 0, ['a']);
    bench.untilDue(0);
    destinationOf('slow').answer = (_names, signal) => untilAborted(signal);
    destinationOf('failing').answer = () => ({ outcome: 'refused', why: 'answered 401' });
    await service.tick();
    await until(() => service.deliveriesUnderWay === 1);
    expect(await delivered('well')).toBe(1);
    await bench.commit('well', 1, ['a']);
    bench.untilDue(1);
    await service.tick();
    await until(() => service.deliveriesUnderWay === 1);
    expect(await delivered('well')).toBe(2);
    expect(destinationOf('slow').posts).toHaveLength(1);
    await service.finish(0);
  });

  it('is not run twice at once', async () => {
    let answer!: (tenants: string[]) => void;
    const dueTenants = jest
      .spyOn(bench.store, 'dueTenants')
      .mockImplementation(() => new Promise((resolve) => (answer = resolve)));
    const first = service.tick();
    await service.tick();
    expect(dueTenants).toHaveBeenCalledTimes(1);
    answer([]);
    await first;
  });

  it('starts no more deliveries at once than allowed', async () => {
    start({ concurrentTenants: 2 });
    for (const tenant of ['a', 'b', 'c']) {
      await bench.commit(tenant, 0, ['x']);
      destinationOf(tenant).answer = (_names, signal) => untilAborted(signal);
    }
    bench.untilDue(0);
    await service.tick();
    await service.tick();
    await until(() => [...destinations.values()].filter(({ underWay }) => underWay > 0).length === 2);
    expect(service.deliveriesUnderWay).toBe(2);
    await service.finish(0);
  });

  it('large windows that hang leave room for small ones, and other large ones get their turn', async () => {
    start({ memoryBytesMax: 400 });
    let answer!: () => void;
    destinationOf('large').answer = () => new Promise((resolve) => (answer = () => resolve({ outcome: 'delivered' })));
    for (const tenant of ['large', 'other large']) await bench.commit(tenant, 0, ['x'.repeat(200)]);
    bench.untilDue(0);
    await service.tick();
    await until(() => destinationOf('large').underWay + destinationOf('other large').posts.length > 0);
    for (let minute = 1; minute <= 3; minute++) {
      await bench.commit('small', minute, ['x']);
      bench.untilDue(minute);
      await service.tick();
      await until(() => service.deliveriesUnderWay <= 1);
      expect(await delivered('small')).toBe(minute);
    }
    if (destinationOf('large').underWay === 1) expect(await delivered('other large')).toBe(0);
    answer?.();
    for (let round = 0; round < 2; round++) {
      await until(() => service.deliveriesUnderWay === 0);
      await service.tick();
    }
    await until(() => service.deliveriesUnderWay === 0);
    for (const tenant of ['large', 'other large']) expect(await delivered(tenant)).toBe(1);
  });

  it('runs on the interval that is set', async () => {
    start({ tickMs: 10 });
    await bench.commit('a', 0, ['x']);
    bench.untilDue(0);
    service.onApplicationBootstrap();
    const ticked = jest.spyOn(bench.store, 'claim');
    await new Promise<void>((resolve) => {
      const look = setInterval(() => {
        if (ticked.mock.calls.length === 0) return;
        clearInterval(look);
        resolve();
      }, 5);
    });
    await until(() => service.deliveriesUnderWay === 0);
    expect(await delivered('a')).toBe(1);
  });
});

describe('with more hanging tenants than places', () => {
  /** Ends a request under way, without an answer. */
  const ends: (() => void)[] = [];
  let asked = 0;
  const hang = (): Promise<Delivery> =>
    new Promise((resolve) => {
      asked++;
      ends.push(() => resolve({ outcome: 'retryable', afterMs: undefined, answered: false, why: 'no answer in time' }));
    });

  async function hangingTenants(count: number, hostOf: (i: number) => string): Promise<void> {
    asked = 0;
    start({ concurrentTenants: 8 });
    for (let i = 0; i < count; i++) {
      const destination = new TestDestination('replaces', hostOf(i));
      destination.answer = hang;
      destinations.set(`hanging ${i}`, destination);
      await bench.commit(`hanging ${i}`, 0, ['x']);
    }
    bench.untilDue(0);
  }

  /** A tenant that was never met, due after all others. */
  async function newcomer(): Promise<void> {
    const minute = Math.floor((bench.clock.now() - T0) / 60_000);
    destinations.set('well', new TestDestination('replaces', 'well.example.com'));
    await bench.commit('well', minute, ['x']);
    bench.untilDue(minute);
  }

  async function look(): Promise<void> {
    await service.tick();
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  async function timeOut(): Promise<void> {
    while (service.deliveriesUnderWay > 0) {
      // Those that started meanwhile hang as long as those before them.
      bench.clock.advance(20_000);
      ends.splice(0).forEach((end) => end());
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  afterEach(async () => {
    service.stopClaiming();
    await timeOut();
  });

  it('at one host, another tenant is served at once', async () => {
    await hangingTenants(60, () => 'hanging.example.com');
    await newcomer();
    await look();
    expect(await delivered('well')).toBe(1);
    expect(asked).toBe(2);
  });

  it('at hosts of their own, another tenant is served after 2 s', async () => {
    await hangingTenants(8, (i) => `${i}.example.com`);
    await newcomer();
    await look();
    bench.clock.advance(1_999);
    await look();
    expect(await delivered('well')).toBe(0);
    bench.clock.advance(1);
    await look();
    expect(await delivered('well')).toBe(1);
  });

  it('that are known, another tenant is served at once, wherever they are', async () => {
    await hangingTenants(60, (i) => `${i}.example.com`);
    while ([...destinations.values()].some(({ posts }) => posts.length === 0)) {
      await look();
      await timeOut();
    }
    bench.clock.advance(60_000);
    await newcomer();
    asked = 0;
    await look();
    expect(await delivered('well')).toBe(1);
    expect(asked).toBe(2);
  });
});

describe('shutdown', () => {
  it('claims nothing any more, not even what a look under way comes back with', async () => {
    await bench.commit('a', 0, ['x']);
    bench.untilDue(0);
    let answer!: (tenants: string[]) => void;
    jest.spyOn(bench.store, 'dueTenants').mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
    const look = service.tick();
    service.stopClaiming();
    answer(['a']);
    await look;
    await service.tick();
    expect(service.deliveriesUnderWay).toBe(0);
  });

  it('waits for deliveries under way', async () => {
    durable();
    await bench.commit('a', 0, ['x']);
    bench.untilDue(0);
    let answer!: () => void;
    destinationOf('a').answer = () => new Promise((resolve) => (answer = () => resolve({ outcome: 'delivered' })));
    await service.tick();
    await until(() => destinationOf('a').underWay === 1);
    const finished = service.finish(60_000);
    answer();
    await finished;
    expect(await delivered('a')).toBe(1);
  });

  it('hands back what has not ended at its deadline', async () => {
    durable();
    await bench.commit('a', 0, ['x']);
    bench.untilDue(0);
    destinationOf('a').answer = (_names, signal) => untilAborted(signal);
    await service.tick();
    await until(() => destinationOf('a').underWay === 1);
    await service.finish(20);
    expect(service.deliveriesUnderWay).toBe(0);
    expect((await bench.store.facts('a'))?.hold).toMatchObject({ kind: 'abort' });
    bench.clock.advance(20_000);
    const claim = await bench.store.claim('a', 'other', { leaseMs: 1, windowLimit: 9 });
    expect(claim?.windows).toHaveLength(1);
  });

  it('a store that ends with the process gives out all it has, open windows included', async () => {
    await bench.commit('a', 0, ['x']);
    await bench.commit('a', 1, ['x']);
    await bench.commit('b', 1, ['x']);
    bench.untilDue(0);
    await service.finish(60_000);
    expect(await delivered('a')).toBe(2);
    expect(await delivered('b')).toBe(1);
  });

  it('ends even if some windows cannot be delivered', async () => {
    start({}, () => undefined);
    await bench.commit('a', 0, ['x']);
    await service.finish(60_000);
    expect(await delivered('a')).toBe(0);
  });

  it('ends even if the store is away', async () => {
    jest.spyOn(bench.store, 'closeOpenWindows').mockRejectedValue(new StoreUnavailableError('away'));
    await service.finish(60_000);
  });

  it('waits for tenants on hold: what was acknowledged before a 503 is delivered, open windows included', async () => {
    await bench.commit('a', 0, ['x']);
    await bench.commit('a', 1, ['x']);
    bench.untilDue(0);
    destinationOf('a').answer = () =>
      destinationOf('a').posts.length === 1
        ? { outcome: 'retryable', afterMs: 3_000, answered: true, why: 'answered 503' }
        : { outcome: 'delivered' };
    await service.tick();
    await until(() => service.deliveriesUnderWay === 0);
    const time = setInterval(() => bench.clock.advance(500), 20);
    const error = jest.spyOn(bench.tools.logger, 'error');
    await service.finish(10_000);
    clearInterval(time);
    expect(await delivered('a')).toBe(2);
    expect(error).not.toHaveBeenCalled();
  });

  it('waits for no hold that outlasts it, and says what is lost', async () => {
    for (const minute of [0, 1]) await bench.commit('a', minute, ['x']);
    await bench.commit('b', 1, ['x']);
    destinationOf('a').answer = () => ({ outcome: 'refused', why: 'answered 401' });
    const error = jest.spyOn(bench.tools.logger, 'error');
    await service.finish(30_000);
    expect(await delivered('b')).toBe(1);
    expect(error.mock.calls.map(([said]) => said)).toEqual([{ event: 'windows-lost', tenants: 1, windows: 2 }]);
  });

  it('ends in time where a destination hangs, and says what is lost', async () => {
    for (const tenant of ['a', 'b', 'c']) await bench.commit(tenant, 1, ['x']);
    for (const tenant of ['a', 'b']) destinationOf(tenant).answer = (_names, signal) => untilAborted(signal);
    const error = jest.spyOn(bench.tools.logger, 'error');
    const startedAt = performance.now();
    await service.finish(300);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(await delivered('c')).toBe(1);
    expect(error.mock.calls.map(([said]) => said)).toEqual([{ event: 'windows-lost', tenants: 2, windows: 2 }]);
  });

  it('a durable store keeps its open windows', async () => {
    durable();
    await bench.commit('a', 1, ['x']);
    await service.finish(60_000);
    expect(await delivered('a')).toBe(0);
  });

  function durable(): void {
    Object.defineProperty(bench.store, 'durable', { value: true });
  }
});

describe('health', () => {
  const check = () => new OutletHealth(service).check();

  it('is up, whatever destinations do', async () => {
    await bench.commit('a', 0, ['x']);
    destinationOf('a').answer = () => ({ outcome: 'refused', why: 'answered 401' });
    bench.untilDue(0);
    await service.tick();
    await until(() => service.deliveriesUnderWay === 0);
    expect(await check()).toMatchObject({ up: true });
  });

  it('is down while tokens cannot be opened, and up once they can or are gone', async () => {
    let open = false;
    start({}, (token) => (open ? destinationOf(token) : undefined));
    await bench.commit('a', 0, ['x']);
    bench.untilDue(0);
    await service.tick();
    await until(() => service.deliveriesUnderWay === 0);
    expect(await check()).toMatchObject({ up: false, details: { undecryptableTenants: 1 } });
    open = true;
    bench.clock.advance(30_000);
    await service.tick();
    await until(() => service.deliveriesUnderWay === 0);
    expect(await check()).toMatchObject({ up: true });
  });

  it('forgets a tenant that does not come again', async () => {
    start({}, () => undefined);
    await bench.commit('a', 0, ['x']);
    bench.untilDue(0);
    await service.tick();
    await until(() => service.deliveriesUnderWay === 0);
    bench.clock.advance(120_001);
    expect(service.undecryptableTenants).toBe(0);
  });

  it('is down once the store has been silent for a minute, and says so', async () => {
    jest.spyOn(bench.store, 'dueTenants').mockRejectedValue(new StoreUnavailableError('away'));
    await service.tick();
    expect(await check()).toMatchObject({ up: true });
    bench.clock.advance(60_001);
    await service.tick();
    expect(await check()).toMatchObject({
      up: false,
      details: { problems: ['the store has not answered for 60 s: due windows wait'] },
    });
    jest.spyOn(bench.store, 'dueTenants').mockResolvedValue([]);
    await service.tick();
    expect(await check()).toMatchObject({ up: true });
  });
});
