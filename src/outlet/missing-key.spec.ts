import { beforeEach, describe, expect, it } from '@jest/globals';
import { outletBench } from '../../test/fixtures/outlet-bench.js';
import { TenantDelivery } from './tenant-delivery.js';

const TENANT = 'tenant-1';

let bench: ReturnType<typeof outletBench>;
/** An outlet that has the key of the tenant's drain token. */
const deliver = () => new TenantDelivery(bench.tools, TENANT).run();
/** An outlet that has not. */
const deliverWithoutKey = () =>
  new TenantDelivery({ ...bench.tools, destinations: { of: () => undefined } }, TENANT).run();
const hold = async () => (await bench.store.facts(TENANT))?.hold;

beforeEach(() => {
  bench = outletBench();
});

describe('a tenant whose token no key opens', () => {
  it('waits, comes again, and says why', async () => {
    await bench.commit(TENANT, 0, ['a']);
    bench.untilDue(0);
    expect(await deliverWithoutKey()).toBe('undecryptable');
    const why = 'no key in SECRETS opens its drain token';
    expect(await hold()).toEqual({ kind: 'key', why, failures: 1, untilAt: bench.clock.now() });
    expect(bench.counters.get('windows', 'unknown-key')).toBe(1);
    expect(bench.counters.get('windows', 'later')).toBe(0);
    expect(await deliverWithoutKey()).toBe('nothing');
    bench.clock.advance(30_000);
    expect(await deliverWithoutKey()).toBe('undecryptable');
    expect(await hold()).toMatchObject({ kind: 'key', failures: 2 });
  });

  it('is delivered at once by an outlet that has the key, windows behind first, and then nothing is said any more', async () => {
    await bench.commit(TENANT, 0, ['a']);
    await bench.commit(TENANT, 1, ['b']);
    bench.untilDue(0);
    await deliverWithoutKey();
    // The window that was met without a key comes 30 s later; what else is due goes before it (rule 9).
    await bench.commit(TENANT, -1, ['late']);
    expect(await deliver()).toBe('worked');
    expect(bench.destination.posts).toEqual([['late@-1']]);
    expect(await hold()).toBeUndefined();
    bench.untilDue(1);
    await deliver();
    expect(bench.destination.posts.slice(1).flat()).toEqual(['a@0', 'b@1']);
    expect((await bench.store.facts(TENANT))!.windowsWaiting).toBe(0);
  });

  it('says so no more once the token was opened, though nothing was there to be sent', async () => {
    await bench.commit(TENANT, 0, ['x'], { bytes: Uint8Array.of(1, 0xff) });
    bench.untilDue(0);
    await deliverWithoutKey();
    bench.clock.advance(30_000);
    await deliver();
    expect(bench.destination.posts).toEqual([]);
    expect(await hold()).toBeUndefined();
  });

  it('keeps a destination’s own time: it is not looked at before that, with a key or without', async () => {
    await bench.commit(TENANT, 0, ['a']);
    bench.untilDue(0);
    bench.destination.answer = () => ({ outcome: 'retryable', afterMs: 90_000, answered: true, why: 'answered 429' });
    await deliver();
    bench.clock.advance(89_999);
    expect(await deliverWithoutKey()).toBe('nothing');
    expect(await hold()).toMatchObject({ kind: 'retry', failures: 1 });
  });

  it('begins a destination’s back-off anew, and has one request probe it before the others', async () => {
    const names = Array.from({ length: 9 }, (_, i) => `n${i}`);
    await bench.commit(TENANT, 0, names);
    bench.untilDue(0);
    bench.destination.answer = () => ({
      outcome: 'retryable',
      afterMs: undefined,
      answered: true,
      why: 'answered 503',
    });
    for (let i = 0; i < 3; i++) {
      await deliver();
      bench.clock.set((await hold())!.untilAt);
    }
    expect(await hold()).toMatchObject({ kind: 'retry', failures: 3 });
    await deliverWithoutKey();
    bench.clock.advance(30_000);
    bench.destination.posts.length = 0;
    await deliver();
    expect(bench.destination.posts).toHaveLength(1);
    expect(await hold()).toMatchObject({ kind: 'retry', failures: 1, untilAt: bench.clock.now() + 500 });
  });
});
