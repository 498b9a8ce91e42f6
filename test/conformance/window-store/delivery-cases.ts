import { describe, expect, it } from '@jest/globals';
import { ALICE, delivered, later, LEASE_MS, type OnStage } from './stage.js';

const AGE_MS = 6 * 3_600_000;

/** Second deliveries, retirement, expiry and holds, where the destination replaces. */
export function deliveryCases(onStage: OnStage): void {
  describe('a destination that replaces', () => {
    it(
      'data that comes during a delivery makes the window due again, whole, after a pause',
      onStage(async (s) => {
        await s.put(0, 'one');
        await s.at(63_000);
        const claim = (await s.claim('c1'))!;
        await s.put(0, 'two');
        await s.at(70_000);
        await s.settle('c1', claim.windows.map(delivered));
        expect((await s.store.facts(ALICE))!.windowsWaiting).toBe(1);
        await s.justBefore(130_000);
        expect(await s.isDue()).toBe(false);
        await s.at(131_000);
        const again = (await s.claim('c2'))!;
        expect(await s.texts(again)).toEqual([[0, 'one', 'two']]);
        expect(s.since(again.windows[0]!.firstDueAt)).toBe(130_000);
      }),
    );

    it(
      'data that comes after a delivery makes the window due again, whole, after a pause',
      onStage(async (s) => {
        await s.put(0, 'one');
        await s.at(63_000);
        expect(await s.deliver('c1')).toEqual([[0, 'one']]);
        expect((await s.store.facts(ALICE))!.windowsWaiting).toBe(0);
        await s.at(100_000);
        await s.put(0, 'two');
        expect((await s.store.facts(ALICE))!.windowsWaiting).toBe(1);
        await s.at(130_000);
        await s.put(0, 'three'); // does not put it off any more
        await s.justBefore(160_000);
        expect(await s.isDue()).toBe(false);
        await s.at(161_000);
        const again = (await s.claim('c2'))!;
        expect(await s.texts(again)).toEqual([[0, 'one', 'two', 'three']]);
        expect(s.since(again.windows[0]!.firstDueAt)).toBe(160_000);
      }),
    );

    it(
      'the pause before the next delivery is the grace where that is longer than the resolution',
      onStage(
        async (s) => {
          const short = { resolutionSeconds: 1 };
          await s.put(0, 'one', short);
          await s.at(6_000);
          await s.deliver('c1');
          await s.put(0, 'two', short);
          await s.justBefore(11_000);
          expect(await s.isDue()).toBe(false);
          await s.at(11_000 + 500);
          expect(await s.take('c2')).toEqual([[0, 'one', 'two']]);
        },
        { policy: { graceMs: 5_000 } },
      ),
    );

    it(
      'the last delivery of a window is due at its deadline at the latest',
      onStage(async (s) => {
        await s.put(0, 'one');
        await s.at(63_000);
        await s.deliver('c1');
        await s.at(350_000);
        await s.put(0, 'two');
        await s.justBefore(360_000);
        expect(await s.isDue()).toBe(false);
        await s.at(360_000);
        expect(await s.deliver('c2')).toEqual([[0, 'one', 'two']]);
        expect(await s.isDue()).toBe(false);
      }),
    );

    it(
      'a delivered window is looked at once more, at its deadline, and then the tenant is forgotten',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.at(63_000);
        await s.deliver('c1');
        expect(await s.store.read(ALICE, s.window(0), 0, 1)).toHaveLength(1);
        await s.justBefore(360_000);
        expect(await s.isDue()).toBe(false);
        await s.at(360_000);
        expect(await s.isDue()).toBe(true);
        expect(await s.claim('c2')).toBeUndefined();
        expect(await s.isDue()).toBe(false);
        expect(await s.claim('c3')).toBeUndefined();
      }),
    );

    it(
      'retiring one window on the way gives out the others',
      onStage(async (s) => {
        await s.put(0, 'old');
        await s.at(63_000);
        await s.deliver('c1');
        await s.at(300_000);
        await s.put(300, 'new');
        await s.at(363_000);
        expect(await s.take('c2')).toEqual([[300, 'new']]);
      }),
    );
  });

  describe('age', () => {
    it(
      'a window is given up once it has been due for longer than the delivery age, and counted in that step',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.at(63_000 + AGE_MS - 1_000);
        const claim = (await s.claim('c1', { leaseMs: 1 }))!;
        expect(claim.windows).toHaveLength(1);
        await s.at(63_000 + AGE_MS + 1);
        expect(await s.isDue()).toBe(true);
        expect(await s.claim('c2')).toMatchObject({ windows: [], expiredWindows: 1 });
        expect((await s.store.facts(ALICE))!).toMatchObject({ counts: { windowsExpired: 1 }, windowsWaiting: 0 });
        expect(await s.claim('c3')).toBeUndefined();
        expect(await s.isDue()).toBe(false);
        expect((await s.store.facts(ALICE))!.counts.windowsExpired).toBe(1);
      }),
    );

    it(
      'exactly as old as the delivery age it is still delivered',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.justBefore(63_000 + AGE_MS + 1);
        expect(await s.deliver('c1')).toEqual([[0, 'x']]);
      }),
    );

    it(
      'a claim from which all windows have expired takes nothing',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.at(63_000 + AGE_MS + 1);
        await s.put(6 * 3600 + 60, 'new');
        expect(await s.claim('c1')).toMatchObject({ windows: [], expiredWindows: 1 });
        expect(await s.settle('c1', [])).toBe(false);
        await s.at(AGE_MS + 123_000);
        expect(await s.take('c2')).toEqual([[6 * 3600 + 60, 'new']]);
      }),
    );

    it(
      'the age of a window that is put off counts on, and those that are not as old go out beside it',
      onStage(async (s) => {
        await s.put(0, 'old');
        await s.at(63_000);
        const claim = (await s.claim('c1'))!;
        await s.settle('c1', [later(claim.windows[0]!, AGE_MS)]);
        await s.at(AGE_MS);
        await s.put(6 * 3600 - 60, 'young');
        await s.at(63_000 + AGE_MS + 1);
        const last = (await s.claim('c2'))!;
        expect(last.expiredWindows).toBe(1);
        expect(await s.texts(last)).toEqual([[6 * 3600 - 60, 'young']]);
        expect((await s.store.facts(ALICE))!.counts.windowsExpired).toBe(1);
      }),
    );

    it(
      'the age of a window that is delivered again counts from then',
      onStage(
        async (s) => {
          await s.put(0, 'one');
          await s.at(63_000);
          await s.deliver('c1');
          await s.at(300_000);
          await s.put(0, 'two');
          await s.justBefore(360_000 + 300_000);
          expect((await s.claim('c2'))!).toMatchObject({ expiredWindows: 0, windows: [{ endBatch: 2 }] });
        },
        { policy: { deliveryAgeMs: 300_000 } },
      ),
    );

    it(
      'a window that is settled as expired is gone and counted',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.at(63_000);
        await s.claim('c1');
        await s.settle('c1', [{ outcome: 'expired', ...s.window(0) }]);
        const facts = (await s.store.facts(ALICE))!;
        expect(facts).toMatchObject({ counts: { windowsExpired: 1 }, lastDelivery: undefined, windowsWaiting: 0 });
        expect(await s.isDue()).toBe(false);
      }),
    );
  });

  describe('hold', () => {
    const hold = { kind: 'retry', why: '503', failures: 2, forMs: 40_000 } as const;
    const shown = { kind: 'retry', why: '503', failures: 2 };

    it(
      'a held tenant cannot be claimed until the hold ends, whatever is committed meanwhile',
      onStage(async (s) => {
        await s.put(0, 'one');
        await s.at(100_000);
        const claim = (await s.claim('c1'))!;
        await s.settle('c1', [later(claim.windows[0]!, 0)], hold);
        await s.put(0, 'two');
        await s.put(60, 'three');
        expect(await s.isDue()).toBe(false);
        expect(await s.claim('c2')).toBeUndefined();
        await s.justBefore(140_000);
        expect(await s.isDue()).toBe(false);
        expect(await s.claim('c2')).toBeUndefined();
        await s.at(140_000);
        expect(await s.isDue()).toBe(true);
        const next = (await s.claim('c3'))!;
        expect(next.hold).toEqual(shown);
        expect(await s.texts(next)).toEqual([
          [0, 'one', 'two'],
          [60, 'three'],
        ]);
      }),
    );

    it(
      'a hold keeps a tenant from being claimed even if nothing was left when it began',
      onStage(async (s) => {
        await s.put(0, 'x', { secondValue: 'adds' });
        await s.at(63_000);
        const claim = (await s.claim('c1'))!;
        await s.settle('c1', claim.windows.map(delivered), { ...hold, forMs: 120_000 });
        await s.put(60, 'y', { secondValue: 'adds' });
        await s.at(130_000);
        expect(await s.claim('c2')).toBeUndefined();
        expect(await s.isDue()).toBe(false);
        await s.at(183_000);
        expect(await s.take('c3')).toEqual([[60, 'y']]);
      }),
    );

    it(
      'a hold of no length is shown, and keeps nobody from the tenant',
      onStage(async (s) => {
        await s.put(0, 'one');
        await s.put(60, 'two');
        await s.at(63_000);
        const claim = (await s.claim('c1'))!;
        const unopened = { kind: 'key', why: 'no key', failures: 1 } as const;
        await s.settle('c1', [later(claim.windows[0]!, 90_000)], { ...unopened, forMs: 0 });
        const held = (await s.store.facts(ALICE))!.hold!;
        expect(held).toMatchObject(unopened);
        expect(s.since(held.untilAt)).toBe(63_000);
        await s.justBefore(123_000);
        expect(await s.isDue()).toBe(false);
        await s.at(123_000);
        expect(await s.isDue()).toBe(true);
        const next = (await s.claim('c2'))!;
        expect(next.hold).toEqual(unopened);
        expect(await s.texts(next)).toEqual([[60, 'two']]);
        await s.settle('c2', next.windows.map(delivered));
        expect((await s.store.facts(ALICE))!.hold).toBeUndefined();
        await s.at(153_000);
        expect(await s.deliver('c3')).toEqual([[0, 'one']]);
      }),
    );

    it(
      'a hold is shown until a settle without one',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.at(63_000);
        await s.claim('c1');
        await s.settle('c1', [], hold);
        const held = (await s.store.facts(ALICE))!.hold!;
        expect(held).toMatchObject(shown);
        expect(s.since(held.untilAt)).toBe(103_000);
        await s.at(110_000);
        expect((await s.store.facts(ALICE))!.hold).toEqual(held);
        const claim = (await s.claim('c2'))!;
        expect(claim.hold).toEqual(shown);
        await s.settle('c2', [later(claim.windows[0]!, 0)], { ...hold, kind: 'pause', failures: 3 });
        expect((await s.store.facts(ALICE))!.hold).toMatchObject({ kind: 'pause', failures: 3 });
        await s.at(160_000);
        const last = (await s.claim('c3'))!;
        expect(last.hold).toMatchObject({ kind: 'pause', failures: 3 });
        await s.settle('c3', last.windows.map(delivered));
        expect((await s.store.facts(ALICE))!.hold).toBeUndefined();
        expect(await s.isDue()).toBe(false);
      }),
    );

    it(
      'a hold that has ended and a claim that has lapsed do not stand in the way of each other',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.at(63_000);
        await s.claim('c1');
        await s.settle('c1', [], hold);
        await s.at(103_000);
        expect(await s.take('dead')).toEqual([[0, 'x']]);
        await s.put(60, 'y');
        await s.at(103_000 + LEASE_MS);
        expect(await s.take('c3')).toEqual([
          [0, 'x'],
          [60, 'y'],
        ]);
      }),
    );
  });
}
