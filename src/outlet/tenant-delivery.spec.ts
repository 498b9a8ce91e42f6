import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { StoreUnavailableError } from '../store/window-store.js';
import { outletBench, TestDestination, until, untilAborted } from '../../test/fixtures/outlet-bench.js';
import { systemClock } from '../model/clock.js';
import { Kind } from '../model/kind.js';
import { Distribution } from '../model/distribution.js';
import { encodeBatch } from '../model/window-batch.js';
import { TenantDelivery } from './tenant-delivery.js';
import { Turns } from './turns.js';

const TENANT = 'tenant-1';

let bench: ReturnType<typeof outletBench>;
const deliver = () => new TenantDelivery(bench.tools, TENANT).run();
const hold = async () => (await bench.store.facts(TENANT))?.hold;
const counts = async () => (await bench.store.facts(TENANT))?.counts;

beforeEach(() => {
  bench = outletBench();
});

describe('a delivery', () => {
  it('does nothing where nothing is due', async () => {
    await bench.commit(TENANT, 0, ['a']);
    expect(await deliver()).toBe('nothing');
    expect(bench.destination.posts).toEqual([]);
  });

  it('sends windows in their order, and lets them share requests', async () => {
    for (const minute of [0, 1, 2]) await bench.commit(TENANT, minute, ['a', 'b']);
    bench.untilDue(2);
    expect(await deliver()).toBe('worked');
    expect(bench.destination.posts).toEqual([
      ['a@0', 'b@0', 'a@1'],
      ['b@1', 'a@2', 'b@2'],
    ]);
    expect(await counts()).toMatchObject({ windowsDelivered: 3, pointsDelivered: 6 });
    expect(await deliver()).toBe('nothing');
  });

  it('merges the batches of a window', async () => {
    await bench.commit(TENANT, 0, ['a', 'b']);
    await bench.commit(TENANT, 0, ['b', 'c']);
    bench.untilDue(0);
    await deliver();
    expect(bench.destination.posts).toEqual([['a@0', 'b@0', 'c@0']]);
  });

  it('reads a long list in chunks', async () => {
    for (let i = 0; i < 150; i++) await bench.commit(TENANT, 0, ['a']);
    bench.untilDue(0);
    const read = jest.spyOn(bench.store, 'read');
    await deliver();
    expect(read.mock.calls.map(([, , from, to]) => [from, to])).toEqual([
      [0, 64],
      [64, 128],
      [128, 150],
    ]);
  });

  it('has up to so many requests under way at once where the destination replaces', async () => {
    await bench.commit(TENANT, 0, names(30));
    bench.untilDue(0);
    bench.destination.answer = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return { outcome: 'delivered' };
    };
    await deliver();
    expect(bench.destination.posts).toHaveLength(10);
    expect(bench.destination.underWayMost).toBe(4);
  });

  it('settles the windows that are through, even if a later one failed', async () => {
    await bench.commit(TENANT, 0, names(3));
    await bench.commit(TENANT, 1, names(3));
    bench.untilDue(1);
    bench.destination.answer = (sent) =>
      sent[0]!.endsWith('@1')
        ? { outcome: 'retryable', afterMs: 5_000, answered: true, why: 'answered 503' }
        : { outcome: 'delivered' };
    await deliver();
    expect(await counts()).toMatchObject({ windowsDelivered: 1, pointsDelivered: 3 });
    expect(await hold()).toMatchObject({ kind: 'retry', why: 'answered 503', failures: 1 });
    bench.clock.advance(5_000);
    bench.destination.answer = () => ({ outcome: 'delivered' });
    bench.destination.posts.length = 0;
    await deliver();
    expect(bench.destination.posts).toEqual([['n0@1', 'n1@1', 'n2@1']]);
    expect(await hold()).toBeUndefined();
  });

  it('drops a record that is rejected alone, and counts it', async () => {
    await bench.commit(TENANT, 0, ['a', 'bad', 'c']);
    bench.untilDue(0);
    bench.destination.answer = (sent) =>
      sent.includes('bad@0') ? { outcome: 'rejected', because: 'data', why: 'answered 400' } : { outcome: 'delivered' };
    await deliver();
    expect(bench.destination.posts).toEqual([['a@0', 'bad@0', 'c@0'], ['a@0', 'bad@0'], ['a@0'], ['bad@0'], ['c@0']]);
    expect(await counts()).toMatchObject({ windowsDelivered: 1, pointsDelivered: 2, pointsRejected: 1 });
    expect(bench.counters.get('points', 'rejected')).toBe(1);
  });
});

describe('a large window', () => {
  it('lets others have their turn while it is read and prepared', async () => {
    const distribution = new Distribution();
    for (let i = 0; i < 200; i++) distribution.add(i);
    const identity = { name: 'latency', source: '', unit: '' };
    const bytes = encodeBatch([{ kind: Kind.measure, ...identity, distribution }]);
    for (let i = 0; i < 12_000; i++) await bench.commit(TENANT, 0, [], { bytes });
    bench.untilDue(0);
    const tools = { ...bench.tools, turns: new Turns(systemClock) };
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    expect(await new TenantDelivery(tools, TENANT).run()).toBe('worked');
    clearInterval(timer);
    expect(bench.destination.posts).toEqual([['latency@0']]);
    // Some hundred ms of work in slices of 8 ms.
    expect(turns).toBeGreaterThan(10);
  });
});

describe('a host that answers nobody', () => {
  it('gets a quarter of the places; further deliveries are put off unsent, with back-off', async () => {
    bench = outletBench({ concurrentTenants: 4 });
    const destination = new TestDestination('replaces', 'hanging.example.com');
    destination.answer = (_names, signal) => untilAborted(signal);
    bench = { ...bench, tools: { ...bench.tools, destinations: { of: () => destination } } };
    for (const tenant of ['first', TENANT]) await bench.commit(tenant, 0, ['a']);
    bench.untilDue(0);
    const first = new TenantDelivery(bench.tools, 'first');
    const ended = first.run();
    await until(() => destination.underWay === 1);
    expect(await deliver()).toBe('put-off');
    expect(await hold()).toMatchObject({ kind: 'retry', failures: 1, untilAt: bench.clock.now() + 500 });
    expect(destination.posts).toHaveLength(1);
    first.handBack();
    await ended;
    bench.clock.advance(500);
    destination.answer = () => ({ outcome: 'delivered' });
    expect(await deliver()).toBe('worked');
  });
});

describe('a delivery that is taken up again', () => {
  it('goes on where it stopped', async () => {
    bench.destination.requestWeightMax = 2;
    await bench.commit(TENANT, 0, names(6));
    bench.untilDue(0);
    let posts = 0;
    bench.destination.answer = () =>
      ++posts === 2
        ? { outcome: 'retryable', afterMs: undefined, answered: true, why: 'answered 500' }
        : { outcome: 'delivered' };
    bench = { ...bench, tools: { ...bench.tools, options: { ...bench.options, parallelPosts: 1 } } };
    await deliver();
    bench.clock.advance(60_000);
    bench.destination.posts.length = 0;
    await deliver();
    expect(bench.destination.posts).toEqual([
      ['n2@0', 'n3@0'],
      ['n4@0', 'n5@0'],
    ]);
  });

  it('where the destination adds, sends one request at a time and records progress before each next one', async () => {
    const adds = new TestDestination('adds');
    bench = { ...bench, tools: { ...bench.tools, destinations: { of: () => adds } } };
    await bench.commit(TENANT, 0, names(9), { secondValue: 'adds' });
    bench.untilDue(0);
    const recorded: number[] = [];
    const renew = bench.store.renew.bind(bench.store);
    jest.spyOn(bench.store, 'renew').mockImplementation((tenant, claim, leaseMs, progress) => {
      recorded.push(progress[0]!.pointsSettled);
      return renew(tenant, claim, leaseMs, progress);
    });
    await deliver();
    expect(adds.posts).toHaveLength(3);
    expect(adds.underWayMost).toBe(1);
    expect(recorded).toEqual([3, 6]);
  });

  it('where the destination adds, sends nothing more if progress could not be recorded', async () => {
    const adds = new TestDestination('adds');
    bench = { ...bench, tools: { ...bench.tools, destinations: { of: () => adds } } };
    await bench.commit(TENANT, 0, names(9), { secondValue: 'adds' });
    bench.untilDue(0);
    jest.spyOn(bench.store, 'renew').mockRejectedValue(new StoreUnavailableError('away'));
    await deliver();
    expect(adds.posts).toEqual([['n0@0', 'n1@0', 'n2@0']]);
    bench.clock.advance(60_000);
    await deliver();
    expect(adds.posts.flat()).toEqual(
      names(9)
        .map((name) => `${name}@0`)
        .slice(0, 6),
    );
  });
});

describe('windows that cannot be delivered', () => {
  it('of an unknown version are left as they are, and those behind them are delivered (rule 9)', async () => {
    await bench.commit(TENANT, 0, ['a'], { bytes: Uint8Array.of(99, 1, 2) });
    await bench.commit(TENANT, 1, ['b']);
    bench.untilDue(1);
    await deliver();
    expect(bench.destination.posts).toEqual([['b@1']]);
    expect(bench.counters.get('windows', 'unknown-version')).toBe(1);
    expect(await deliver()).toBe('nothing');
    bench.clock.advance(60_000);
    expect(await deliver()).toBe('worked');
  });

  it('a corrupt batch is dropped and counted, the others are delivered', async () => {
    await bench.commit(TENANT, 0, ['a']);
    await bench.commit(TENANT, 0, ['x'], { bytes: Uint8Array.of(1, 0xff) });
    await bench.commit(TENANT, 0, ['c']);
    bench.untilDue(0);
    await deliver();
    expect(bench.destination.posts).toEqual([['a@0', 'c@0']]);
    expect(bench.counters.get('batches', 'corrupt')).toBe(1);
  });

  it('of nothing but corrupt batches are expired', async () => {
    await bench.commit(TENANT, 0, ['x'], { bytes: Uint8Array.of(1, 0xff) });
    bench.untilDue(0);
    await deliver();
    expect(bench.counters.get('windows', 'expired')).toBe(1);
    expect(await counts()).toMatchObject({ windowsExpired: 1 });
  });

  it('with fewer batches than told are expired: nothing of them is delivered', async () => {
    await bench.commit(TENANT, 0, ['a']);
    await bench.commit(TENANT, 0, ['b']);
    bench.untilDue(0);
    const read = bench.store.read.bind(bench.store);
    jest
      .spyOn(bench.store, 'read')
      .mockImplementation((tenant, window, from, to) => read(tenant, window, from, to - 1));
    await deliver();
    expect(bench.destination.posts).toEqual([]);
    expect(await counts()).toMatchObject({ windowsExpired: 1 });
  });
});

describe('memory', () => {
  it('takes the oldest windows that fit, the others stay due', async () => {
    bench = outletBench({ memoryBytesMax: 20 });
    for (const minute of [0, 1, 2]) await bench.commit(TENANT, minute, ['aaaa']);
    bench.untilDue(2);
    await deliver();
    expect(bench.destination.posts).toEqual([['aaaa@0']]);
    await deliver();
    await deliver();
    expect(bench.destination.posts.flat()).toEqual(['aaaa@0', 'aaaa@1', 'aaaa@2']);
  });
});

function names(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `n${i}`);
}
