import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { StoreUnavailableError } from '../store/window-store.js';
import { outletBench, until, untilAborted } from '../../test/fixtures/outlet-bench.js';
import { TenantDelivery } from './tenant-delivery.js';

const TENANT = 'tenant-1';

let bench: ReturnType<typeof outletBench>;
const deliver = () => new TenantDelivery(bench.tools, TENANT).run();
const hold = async () => (await bench.store.facts(TENANT))?.hold;
const counts = async () => (await bench.store.facts(TENANT))?.counts;

beforeEach(() => {
  bench = outletBench();
});

describe('back-off', () => {
  it('grows with failures in a row, and Retry-After is a lower bound', async () => {
    await bench.commit(TENANT, 0, ['a']);
    bench.untilDue(0);
    bench.destination.answer = () => ({
      outcome: 'retryable',
      afterMs: undefined,
      answered: true,
      why: 'answered 503',
    });
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      await deliver();
      const { untilAt, failures } = (await hold())!;
      expect(failures).toBe(i + 1);
      waits.push(untilAt - bench.clock.now());
      bench.clock.set(untilAt);
    }
    // Half of each, since random is 0.5 here.
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    bench.destination.answer = () => ({ outcome: 'retryable', afterMs: 90_000, answered: true, why: 'answered 429' });
    await deliver();
    expect((await hold())!.untilAt - bench.clock.now()).toBe(90_000);
  });

  it('a refused tenant is paused, doubling up to 15 min, and one request alone ends the pause', async () => {
    await bench.commit(TENANT, 0, names(9));
    bench.untilDue(0);
    bench.destination.answer = () => ({ outcome: 'refused', why: 'answered 401' });
    const waits: number[] = [];
    for (let i = 0; i < 6; i++) {
      bench.destination.posts.length = 0;
      await deliver();
      if (i > 0) expect(bench.destination.posts).toHaveLength(1);
      const { untilAt, kind } = (await hold())!;
      expect(kind).toBe('pause');
      waits.push((untilAt - bench.clock.now()) / 60_000);
      bench.clock.set(untilAt);
    }
    expect(waits).toEqual([1, 2, 4, 8, 15, 15]);
    bench.destination.posts.length = 0;
    bench.destination.underWayMost = 0;
    bench.destination.answer = async () => {
      if (bench.destination.posts.length === 1) expect(bench.destination.underWay).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      return { outcome: 'delivered' };
    };
    await deliver();
    expect(bench.destination.posts).toHaveLength(3);
    expect(await hold()).toBeUndefined();
  });

  it('after a request without an answer, the tenant waits until that cannot arrive any more (rule 4)', async () => {
    await bench.commit(TENANT, 0, ['a']);
    bench.untilDue(0);
    bench.destination.answer = () => ({
      outcome: 'retryable',
      afterMs: undefined,
      answered: false,
      why: 'the connection broke',
    });
    await deliver();
    expect(await hold()).toMatchObject({ kind: 'retry', untilAt: bench.clock.now() + 20_000 });
  });
});

describe('the lease', () => {
  it('no request starts that could not end before it (rule 1)', async () => {
    bench = outletBench({ parallelPosts: 1 });
    await bench.commit(TENANT, 0, names(9));
    bench.untilDue(0);
    jest.spyOn(bench.store, 'renew').mockRejectedValue(new StoreUnavailableError('away'));
    // The lease of 60 s counts from before the claim; 5 s of it are margin.
    bench.destination.answer = () => {
      bench.clock.advance(27_250);
      return { outcome: 'delivered' };
    };
    await deliver();
    expect(bench.destination.posts).toHaveLength(2);
  });

  it('is renewed before a request that would outlast it', async () => {
    bench = outletBench({ parallelPosts: 1 });
    await bench.commit(TENANT, 0, names(9));
    bench.untilDue(0);
    const renew = jest.spyOn(bench.store, 'renew');
    bench.destination.answer = () => {
      bench.clock.advance(40_000);
      return { outcome: 'delivered' };
    };
    await deliver();
    expect(bench.destination.posts).toHaveLength(3);
    expect(renew).toHaveBeenCalledTimes(2);
    expect(await counts()).toMatchObject({ windowsDelivered: 1 });
  });

  it('that another outlet has taken over ends all: nothing is sent or settled any more', async () => {
    bench = outletBench({ parallelPosts: 1 });
    await bench.commit(TENANT, 0, names(9));
    bench.untilDue(0);
    bench.destination.answer = async () => {
      bench.clock.advance(61_000);
      await bench.store.claim(TENANT, 'other', { leaseMs: 60_000, windowLimit: 9 });
      return { outcome: 'delivered' };
    };
    const settle = jest.spyOn(bench.store, 'settle');
    await deliver();
    expect(bench.destination.posts).toHaveLength(1);
    expect(settle).not.toHaveBeenCalled();
    expect(bench.counters.get('claims', 'lost')).toBe(1);
  });

  it('a claim that is taken over from an outlet that died is counted as that', async () => {
    await bench.commit(TENANT, 0, ['a']);
    bench.untilDue(0);
    await bench.store.claim(TENANT, 'dead', { leaseMs: 60_000, windowLimit: 9 });
    bench.clock.advance(60_000);
    await deliver();
    await bench.commit(TENANT, 0, ['b']);
    bench.clock.advance(60_000);
    await deliver();
    expect([bench.counters.get('claims', 'taken-over'), bench.counters.get('claims', 'taken')]).toEqual([1, 1]);
  });

  it('a settle that fails for the moment is tried again', async () => {
    await bench.commit(TENANT, 0, ['a']);
    bench.untilDue(0);
    jest.spyOn(bench.store, 'settle').mockRejectedValueOnce(new StoreUnavailableError('away'));
    await deliver();
    expect(await counts()).toMatchObject({ windowsDelivered: 1 });
  });
});

describe('handing back', () => {
  it('aborts the request under way and holds the tenant until it cannot arrive any more', async () => {
    await bench.commit(TENANT, 0, names(9));
    bench.untilDue(0);
    bench.destination.answer = (_names, signal) => untilAborted(signal);
    const delivery = new TenantDelivery(bench.tools, TENANT);
    const ended = delivery.run();
    await until(() => bench.destination.underWay > 0);
    delivery.handBack();
    expect(await ended).toBe('put-off');
    expect(await hold()).toMatchObject({ kind: 'abort', untilAt: bench.clock.now() + 20_000 });
    expect(bench.counters.get('claims', 'handed-back')).toBe(1);
    bench.clock.advance(20_000);
    bench.destination.answer = () => ({ outcome: 'delivered' });
    await deliver();
    expect(await counts()).toMatchObject({ windowsDelivered: 1 });
  });
});

describe('nothing is thrown', () => {
  it('if the store is away at the claim', async () => {
    jest.spyOn(bench.store, 'claim').mockRejectedValue(new StoreUnavailableError('away'));
    expect(await deliver()).toBe('nothing');
  });

  it('if reading fails: the windows come again', async () => {
    await bench.commit(TENANT, 0, ['a']);
    bench.untilDue(0);
    jest.spyOn(bench.store, 'read').mockRejectedValueOnce(new StoreUnavailableError('away'));
    await deliver();
    expect(await hold()).toMatchObject({ kind: 'retry', why: 'the store was away' });
    bench.clock.set((await hold())!.untilAt);
    await deliver();
    expect(bench.destination.posts).toEqual([['a@0']]);
  });

  it('if a destination throws where it must not', async () => {
    await bench.commit(TENANT, 0, ['a']);
    bench.untilDue(0);
    bench.destination.answer = () => {
      throw new Error('a bug');
    };
    await deliver();
    expect(await hold()).toMatchObject({ kind: 'retry', failures: 1 });
  });

  it('if preparing throws: the windows come again, held with growing back-off', async () => {
    await bench.commit(TENANT, 0, ['a']);
    bench.untilDue(0);
    jest.spyOn(bench.destination, 'prepare').mockImplementation(() => {
      throw new Error('a bug');
    });
    await deliver();
    expect(await hold()).toMatchObject({ kind: 'retry', failures: 1, untilAt: bench.clock.now() + 500 });
  });
});

function names(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `n${i}`);
}
