import { beforeEach, describe, expect, it } from '@jest/globals';
import { outletBench, TestDestination } from '../../test/fixtures/outlet-bench.js';
import { TenantDelivery } from './tenant-delivery.js';

const TENANT = 'tenant-1';

let bench: ReturnType<typeof outletBench>;
const deliver = () => new TenantDelivery(bench.tools, TENANT).run();
const facts = async () => (await bench.store.facts(TENANT))!;

beforeEach(() => {
  bench = outletBench({ seriesMax: 3, parallelPosts: 1 });
});

/** From now on deliveries go to this destination, with so many series a window. */
function deliverTo(destination: TestDestination, seriesMax = 3): void {
  const options = { ...bench.options, seriesMax };
  bench = {
    ...bench,
    destination,
    options,
    tools: { ...bench.tools, options, destinations: { of: () => destination } },
  };
}

describe('the limit of series a window', () => {
  it('keeps the first that came, by the order of batches and then within a batch', async () => {
    await bench.commit(TENANT, 0, ['c', 'a']);
    await bench.commit(TENANT, 0, ['x', 'b', 'd']);
    await bench.commit(TENANT, 0, ['a', 'e']);
    bench.untilDue(0);
    await deliver();
    expect(bench.destination.posts).toEqual([['c@0', 'a@0', 'x@0']]);
    expect(await facts()).toMatchObject({
      counts: { windowsDelivered: 1, pointsDelivered: 3, seriesOverLimit: 3 },
      seriesOverLimit: ['b', 'd', 'e'],
    });
    expect(bench.counters.get('points', 'series-limit')).toBe(3);
  });

  it('is one for each window', async () => {
    for (const minute of [0, 1]) await bench.commit(TENANT, minute, ['a', 'b', 'c', 'd']);
    bench.untilDue(1);
    await deliver();
    expect(bench.destination.posts.flat()).toEqual(['a@0', 'b@0', 'c@0', 'a@1', 'b@1', 'c@1']);
    expect(await facts()).toMatchObject({ counts: { seriesOverLimit: 2 }, seriesOverLimit: ['d'] });
  });

  it('says nothing where a window keeps to it', async () => {
    await bench.commit(TENANT, 0, ['a', 'b', 'c']);
    bench.untilDue(0);
    await deliver();
    expect((await facts()).counts.seriesOverLimit).toBeUndefined();
    expect((await facts()).seriesOverLimit).toEqual([]);
  });

  it('is reported by the delivery that gets a window through, and again by one that delivers it anew', async () => {
    await bench.commit(TENANT, 0, ['a', 'b', 'c', 'd']);
    bench.untilDue(0);
    bench.destination.answer = () => ({
      outcome: 'retryable',
      afterMs: undefined,
      answered: true,
      why: 'answered 503',
    });
    await deliver();
    expect((await facts()).counts.seriesOverLimit).toBeUndefined();
    expect(bench.counters.get('points', 'series-limit')).toBe(0);
    bench.destination.answer = () => ({ outcome: 'delivered' });
    bench.clock.advance(60_000);
    await deliver();
    expect((await facts()).counts.seriesOverLimit).toBe(1);
    await bench.commit(TENANT, 0, ['e', 'a']);
    bench.clock.advance(60_000);
    bench.destination.posts.length = 0;
    await deliver();
    // The same ones are kept, what came late for them counts, and what is over is reported once more.
    expect(bench.destination.posts).toEqual([['a@0', 'b@0', 'c@0']]);
    expect(await facts()).toMatchObject({ counts: { seriesOverLimit: 1 + 2 }, seriesOverLimit: ['d', 'e'] });
  });

  it.each(['replaces', 'adds'] as const)(
    'a delivery to a destination that %s and is taken up again goes on with the same series',
    async (secondValue) => {
      const destination = new TestDestination(secondValue);
      destination.requestWeightMax = 1;
      deliverTo(destination);
      await bench.commit(TENANT, 0, ['a', 'b', 'x'], { secondValue });
      await bench.commit(TENANT, 0, ['y', 'a', 'z'], { secondValue });
      bench.untilDue(0);
      let posts = 0;
      destination.answer = () =>
        ++posts === 2
          ? { outcome: 'retryable', afterMs: undefined, answered: true, why: 'answered 503' }
          : { outcome: 'delivered' };
      await deliver();
      expect(destination.posts).toEqual([['a@0'], ['b@0']]);
      bench.clock.advance(60_000);
      await deliver();
      expect(destination.posts.slice(2)).toEqual([['b@0'], ['x@0']]);
      expect(await facts()).toMatchObject({
        counts: { windowsDelivered: 1, pointsDelivered: 3, seriesOverLimit: 2 },
        seriesOverLimit: ['y', 'z'],
      });
    },
  );

  it.each([
    [5, ['b', 'c', 'd', 'e']],
    [1, []],
  ])(
    'may be changed to %i between a delivery and the one that takes it up: nothing is sent twice',
    async (limit, rest) => {
      const destination = new TestDestination('adds');
      destination.requestWeightMax = 1;
      deliverTo(destination);
      await bench.commit(TENANT, 0, ['a', 'b', 'c', 'd', 'e', 'f'], { secondValue: 'adds' });
      bench.untilDue(0);
      destination.answer = (names) =>
        names[0] === 'b@0' && destination.posts.length === 2
          ? { outcome: 'retryable', afterMs: undefined, answered: true, why: 'answered 503' }
          : { outcome: 'delivered' };
      await deliver();
      bench.clock.advance(60_000);
      deliverTo(destination, limit);
      await deliver();
      expect(destination.posts.slice(2).flat()).toEqual(rest.map((name) => `${name}@0`));
      expect((await facts()).counts.windowsDelivered).toBe(1);
    },
  );

  it('takes no more memory than the series that are kept, whatever comes', async () => {
    deliverTo(new TestDestination());
    for (let batch = 0; batch < 50; batch++) {
      await bench.commit(
        TENANT,
        0,
        Array.from({ length: 400 }, (_, i) => `request.${batch}.${i}`),
      );
    }
    bench.untilDue(0);
    await deliver();
    expect(bench.destination.posts).toEqual([['request.0.0@0', 'request.0.1@0', 'request.0.2@0']]);
    // Told apart up to 10,000; what is over even that is not counted.
    expect((await facts()).counts.seriesOverLimit).toBe(10_000);
    expect((await facts()).seriesOverLimit).toHaveLength(20);
  });
});
