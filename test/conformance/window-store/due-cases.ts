import { describe, expect, it } from '@jest/globals';
import { ALICE, BOB, delivered, later, type OnStage } from './stage.js';

/** When windows and tenants are due, and in which order. */
export function dueCases(onStage: OnStage): void {
  describe('due', () => {
    it(
      'a window is due at its end plus the grace, and not before',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.justBefore(63_000);
        expect(await s.isDue()).toBe(false);
        expect(await s.claim()).toBeUndefined();
        await s.at(63_000);
        expect(await s.isDue()).toBe(true);
        const claim = (await s.claim())!;
        expect(claim.windows).toEqual([
          {
            ...s.window(0),
            firstBatch: 0,
            endBatch: 1,
            bytes: 1,
            pointsSettled: 0,
            firstDueAt: s.window(63).startSeconds * 1000,
          },
        ]);
        expect(claim).toMatchObject({ token: 'token', hold: undefined, expiredWindows: 0 });
      }),
    );

    it(
      'a grace of another length moves the time',
      onStage(
        async (s) => {
          await s.put(0, 'x');
          await s.justBefore(70_000);
          expect(await s.isDue()).toBe(false);
          await s.at(70_000);
          expect(await s.take()).toEqual([[0, 'x']]);
        },
        { policy: { graceMs: 10_000 } },
      ),
    );

    it(
      'batches are given out in order of arrival, with their size',
      onStage(async (s) => {
        await s.put(0, 'one');
        await s.commit(s.request([s.batch(0, 'two'), s.batch(0, 'three')]));
        await s.at(63_000);
        await s.put(0, 'four');
        const claim = (await s.claim())!;
        expect(await s.texts(claim)).toEqual([[0, 'one', 'two', 'three', 'four']]);
        expect(claim.windows[0]).toMatchObject({ firstBatch: 0, endBatch: 4, bytes: 15 });
      }),
    );

    it(
      "a tenant's windows are given out in the order in which they are due, then of their start",
      onStage(
        async (s) => {
          await s.put(0, 'last', { resolutionSeconds: 180 });
          await s.put(100, 'third', { resolutionSeconds: 20 });
          await s.put(60, 'second');
          await s.put(0, 'first');
          await s.at(183_000);
          const claim = (await s.claim('c1', { windowLimit: 2 }))!;
          expect(await s.texts(claim)).toEqual([
            [0, 'first'],
            [60, 'second'],
          ]);
          await s.settle('c1', claim.windows.map(delivered));
          expect(await s.take('c2')).toEqual([
            [100, 'third'],
            [0, 'last'],
          ]);
        },
        { policy: { futureLimitMs: 600_000 } },
      ),
    );

    it(
      'windows of different resolutions are different windows',
      onStage(async (s) => {
        await s.put(0, 'minute');
        await s.put(0, 'half', { resolutionSeconds: 30 });
        await s.at(33_000);
        const claim = (await s.claim('c1'))!;
        expect(claim.windows).toHaveLength(1);
        expect(claim.windows[0]).toMatchObject(s.window(0, 30));
        await s.settle('c1', claim.windows.map(delivered));
        await s.at(63_000);
        expect((await s.claim('c2'))!.windows).toMatchObject([s.window(0, 60)]);
      }),
    );

    it(
      'tenants are listed longest due first, up to the limit',
      onStage(
        async (s) => {
          const tenants = ['3', '1', '2', '0', '4'].map((digit) => digit.repeat(32));
          for (const tenant of tenants) await s.put(60 * Number(tenant[0]), 'x', { tenant, resolutionSeconds: 60 });
          await s.at(240_000 + 3_000);
          const inOrder = [...tenants].sort();
          expect(await s.store.dueTenants(100)).toEqual(inOrder.slice(0, 4));
          expect(await s.store.dueTenants(2)).toEqual(inOrder.slice(0, 2));
          expect(await s.store.dueTenants(2)).toEqual(inOrder.slice(0, 2));
        },
        { policy: { futureLimitMs: 600_000 } },
      ),
    );

    it(
      'two tenants do not see each other',
      onStage(async (s) => {
        await s.put(0, 'hers');
        await s.put(0, 'his', { tenant: BOB, token: "Bob's" });
        await s.at(63_000);
        expect(await s.take('c1')).toEqual([[0, 'hers']]);
        const his = (await s.claim('c2', { tenant: BOB }))!;
        expect(his.token).toBe("Bob's");
        expect(await s.texts(his, BOB)).toEqual([[0, 'his']]);
        expect(await s.settle('c1', his.windows.map(delivered), undefined, BOB)).toBe(false);
        expect(await s.settle('c1', [delivered({ ...s.window(0), endBatch: 1 })])).toBe(true);
        expect((await s.store.facts(BOB))!.windowsWaiting).toBe(1);
        expect((await s.store.facts(ALICE))!.windowsWaiting).toBe(0);
      }),
    );

    it(
      'a tenant that never sent anything is not due and cannot be claimed',
      onStage(async (s) => {
        expect(await s.store.dueTenants(10)).toEqual([]);
        expect(await s.claim()).toBeUndefined();
        expect(await s.store.read(ALICE, s.window(0), 0, 10)).toEqual([]);
        expect(await s.store.renew(ALICE, 'claim', 60_000, [])).toBe(false);
        expect(await s.settle('claim', [])).toBe(false);
      }),
    );

    it(
      'an older window that comes in makes a tenant due earlier',
      onStage(async (s) => {
        await s.at(65_000);
        await s.put(60, 'open');
        expect(await s.isDue()).toBe(false);
        await s.put(0, 'older');
        expect(await s.isDue()).toBe(true);
        expect(await s.deliver('c1')).toEqual([[0, 'older']]);
        expect(await s.isDue()).toBe(false);
        await s.at(123_000);
        expect(await s.deliver('c2')).toEqual([[60, 'open']]);
      }),
    );

    it(
      'a newer window that comes in does not put an older one off',
      onStage(async (s) => {
        await s.put(0, 'older');
        await s.put(60, 'newer');
        await s.at(63_000);
        expect(await s.isDue()).toBe(true);
        expect(await s.deliver('c1')).toEqual([[0, 'older']]);
      }),
    );

    it(
      'a window that is left for later lets those behind it be delivered',
      onStage(async (s) => {
        await s.put(0, 'unreadable');
        await s.put(60, 'fine');
        await s.at(123_000);
        const first = (await s.claim('c1', { windowLimit: 1 }))!;
        await s.settle('c1', [later(first.windows[0]!, 30_000)]);
        expect(await s.isDue()).toBe(true);
        expect(await s.deliver('c2')).toEqual([[60, 'fine']]);
        expect(await s.isDue()).toBe(false);
        await s.justBefore(153_000);
        expect(await s.isDue()).toBe(false);
        await s.at(153_000);
        expect(await s.take('c3')).toEqual([[0, 'unreadable']]);
      }),
    );

    it(
      'a window that a delivery did not get through comes before those that were due since',
      onStage(async (s) => {
        await s.put(0, 'one');
        await s.put(60, 'two');
        await s.at(123_000);
        const claim = (await s.claim('c1', { leaseMs: 120_000 }))!;
        await s.put(120, 'three');
        await s.at(184_000);
        await s.settle(
          'c1',
          claim.windows.map((window) => later(window, 0)),
        );
        const again = (await s.claim('c2'))!;
        expect(again.windows.map(({ startSeconds }) => startSeconds - s.window(0).startSeconds)).toEqual([0, 60, 120]);
      }),
    );

    it(
      'windows that a settlement does not name stay due',
      onStage(async (s) => {
        await s.put(0, 'one');
        await s.put(60, 'two');
        await s.at(123_000);
        const claim = (await s.claim('c1'))!;
        await s.settle('c1', [delivered(claim.windows[1]!)]);
        expect(await s.isDue()).toBe(true);
        expect(await s.take('c2')).toEqual([[0, 'one']]);
      }),
    );

    it(
      'closing a store that is not durable makes open windows due, but not those of a tenant that is held',
      onStage(async (s) => {
        if (s.store.durable) return;
        await s.put(0, 'held', { tenant: BOB });
        await s.at(63_000);
        await s.claim('b1', { tenant: BOB });
        await s.settle('b1', [], { kind: 'pause', why: '401', failures: 1, forMs: 10_000 }, BOB);
        await s.put(60, 'open');
        await s.put(60, 'open', { tenant: BOB });
        expect(await s.isDue()).toBe(false);
        await s.store.closeOpenWindows();
        expect(await s.store.dueTenants(10)).toEqual([ALICE]);
        expect(await s.deliver('c1')).toEqual([[60, 'open']]);
        await s.at(73_000);
        expect(await s.deliver('b2', BOB)).toEqual([[0, 'held']]);
        await s.at(123_000);
        expect(await s.deliver('b3', BOB)).toEqual([[60, 'open']]);
      }),
    );
  });
}
