import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SchedulerRegistry } from '@nestjs/schedule';
import { StoreUnavailableError } from '../store/window-store.js';
import { outletBench, TestDestination, until, untilAborted } from '../../test/fixtures/outlet-bench.js';
import type { Destination } from './destination.js';
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

  it('claims nothing while memory is full, and the longest due goes first once it is not', async () => {
    start({ memoryBytesMax: 30 });
    let answer!: () => void;
    destinationOf('first').answer = () => new Promise((resolve) => (answer = () => resolve({ outcome: 'delivered' })));
    for (const tenant of ['first', 'second', 'third']) await bench.commit(tenant, 0, ['x'.repeat(10)]);
    bench.untilDue(0);
    await service.tick();
    await until(() => service.deliveriesUnderWay === 1);
    const claim = jest.spyOn(bench.store, 'claim');
    await service.tick();
    expect(claim).not.toHaveBeenCalled();
    answer();
    await until(() => service.deliveriesUnderWay === 0);
    for (let round = 0; round < 2; round++) {
      await service.tick();
      await until(() => service.deliveriesUnderWay === 0);
    }
    for (const tenant of ['first', 'second', 'third']) expect(await delivered(tenant)).toBe(1);
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
