import { describe, expect, it } from '@jest/globals';
import { ALICE, delivered, later, LEASE_MS, type OnStage } from './stage.js';

/** Who owns a tenant, for how long, and what repeats of calls do. */
export function claimCases(onStage: OnStage): void {
  describe('claim, renew, settle', () => {
    it(
      'of many claimers at once only one gets the tenant',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.at(63_000);
        const claims = await Promise.all(Array.from({ length: 32 }, (_, i) => s.claim(`c${i}`)));
        expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
        expect(await s.isDue()).toBe(false);
      }),
    );

    it(
      'a claim that is not settled comes back when its lease ends, and not before',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.at(63_000);
        expect(await s.take('dead')).toEqual([[0, 'x']]);
        await s.justBefore(63_000 + LEASE_MS);
        expect(await s.isDue()).toBe(false);
        expect(await s.claim('c2')).toBeUndefined();
        await s.at(63_000 + LEASE_MS);
        expect(await s.isDue()).toBe(true);
        expect(await s.take('c2')).toEqual([[0, 'x']]);
      }),
    );

    it(
      'who takes over from an owner that did not settle is told so, nobody else',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.at(63_000);
        expect(await s.claim('dead')).toMatchObject({ takenOver: false });
        await s.at(63_000 + LEASE_MS);
        const claim = (await s.claim('c2'))!;
        expect(claim).toMatchObject({ takenOver: true });
        expect(await s.claim('c2')).toMatchObject({ takenOver: false });
        await s.settle('c2', claim.windows.map(delivered));
        await s.put(60, 'y');
        await s.at(123_000);
        expect(await s.claim('c3')).toMatchObject({ takenOver: false });
      }),
    );

    it(
      'renewing counts the lease from then on',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.at(63_000);
        await s.claim('c1');
        await s.at(100_000);
        expect(await s.store.renew(ALICE, 'c1', LEASE_MS, [])).toBe(true);
        await s.justBefore(100_000 + LEASE_MS);
        expect(await s.claim('c2')).toBeUndefined();
        expect(await s.isDue()).toBe(false);
        await s.at(100_000 + LEASE_MS);
        expect(await s.take('c2')).toEqual([[0, 'x']]);
      }),
    );

    it(
      'the token of a claim that was taken over changes nothing',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.at(63_000);
        const stale = (await s.claim('stale'))!;
        await s.at(63_000 + LEASE_MS);
        await s.claim('c2');
        const progress = { ...s.window(0), endBatch: 1, pointsSettled: 7 };
        expect(await s.store.renew(ALICE, 'stale', 10 * LEASE_MS, [progress])).toBe(false);
        expect(
          await s.store.settle(ALICE, 'stale', {
            windows: stale.windows.map(delivered),
            hold: { kind: 'pause', why: '401', failures: 1, forMs: 900_000 },
            facts: { pointsDelivered: 5 },
          }),
        ).toBe(false);
        const facts = (await s.store.facts(ALICE))!;
        expect(facts).toMatchObject({ windowsWaiting: 1, hold: undefined, lastDelivery: undefined });
        expect(facts.counts.pointsDelivered).toBeUndefined();
        await s.at(63_000 + 2 * LEASE_MS);
        expect((await s.claim('c3'))!.windows).toMatchObject([{ ...s.window(0), pointsSettled: 0 }]);
      }),
    );

    it(
      'a late owner whom nobody has replaced still renews',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.at(63_000);
        await s.claim('late');
        await s.at(63_000 + 3 * LEASE_MS);
        expect(await s.store.renew(ALICE, 'late', LEASE_MS, [])).toBe(true);
        expect(await s.claim('c2')).toBeUndefined();
      }),
    );

    it(
      'a late owner whom nobody has replaced still settles',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.at(63_000);
        const claim = (await s.claim('late'))!;
        await s.at(63_000 + 3 * LEASE_MS);
        expect(await s.settle('late', claim.windows.map(delivered))).toBe(true);
        expect(await s.isDue()).toBe(false);
        expect((await s.store.facts(ALICE))!.windowsWaiting).toBe(0);
      }),
    );

    it(
      'a repeated claim gives the same windows and a new lease',
      onStage(async (s) => {
        await s.put(0, 'one');
        await s.put(60, 'two');
        await s.at(123_000);
        const first = (await s.claim('c1', { windowLimit: 1 }))!;
        await s.at(150_000);
        expect(await s.claim('c1', { windowLimit: 1 })).toEqual(first);
        await s.justBefore(150_000 + LEASE_MS);
        expect(await s.claim('c2')).toBeUndefined();
        await s.at(150_000 + LEASE_MS);
        expect(await s.take('c2')).toEqual([
          [0, 'one'],
          [60, 'two'],
        ]);
      }),
    );

    it(
      'a delayed copy of a claim that was settled takes nothing',
      onStage(async (s) => {
        await s.put(0, 'one');
        await s.put(60, 'two');
        await s.at(123_000);
        const claim = (await s.claim('c1', { windowLimit: 1 }))!;
        await s.settle('c1', claim.windows.map(delivered));
        expect(await s.claim('c1')).toBeUndefined();
        expect(await s.take('c2')).toEqual([[60, 'two']]);
      }),
    );

    it(
      'a repeated settle changes nothing of what came after the first',
      onStage(async (s) => {
        await s.put(0, 'old');
        await s.put(60, 'stays');
        await s.at(123_000);
        const claim = (await s.claim('c1'))!;
        const expired = { outcome: 'expired' as const, ...s.window(0) };
        const settlement = { windows: [expired, later(claim.windows[1]!, 0)], facts: { pointsRejected: 2 } };
        expect(await s.store.settle(ALICE, 'c1', settlement)).toBe(true);
        await s.put(0, 'new');
        expect(await s.store.settle(ALICE, 'c1', settlement)).toBe(true);
        expect((await s.store.facts(ALICE))!.counts).toMatchObject({ pointsRejected: 2, windowsExpired: 1 });
        expect(await s.take('c2')).toEqual([
          [0, 'new'],
          [60, 'stays'],
        ]);
      }),
    );

    it(
      'a renew that comes after the settle changes nothing',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.at(63_000);
        const claim = (await s.claim('c1'))!;
        await s.settle('c1', [later(claim.windows[0]!, 0)]);
        const progress = { ...s.window(0), endBatch: 1, pointsSettled: 7 };
        expect(await s.store.renew(ALICE, 'c1', LEASE_MS, [progress])).toBe(false);
        expect((await s.claim('c2'))!.windows).toMatchObject([{ pointsSettled: 0 }]);
      }),
    );

    it(
      'a delayed copy of a renew never lowers the points settled',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.at(63_000);
        await s.claim('c1');
        for (const pointsSettled of [300, 600, 300]) {
          await s.store.renew(ALICE, 'c1', LEASE_MS, [{ ...s.window(0), endBatch: 1, pointsSettled }]);
        }
        // Of a number of batches that there are not.
        await s.store.renew(ALICE, 'c1', LEASE_MS, [{ ...s.window(0), endBatch: 2, pointsSettled: 900 }]);
        await s.at(63_000 + LEASE_MS);
        const claim = (await s.claim('c2'))!;
        expect(claim.windows).toMatchObject([{ pointsSettled: 600 }]);
        await s.settle('c2', [later(claim.windows[0]!, 0, 0)]);
        expect((await s.claim('c3'))!.windows).toMatchObject([{ pointsSettled: 600 }]);
      }),
    );

    it(
      'progress of a settle is taken up by the next claim',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.at(63_000);
        const claim = (await s.claim('c1'))!;
        await s.settle('c1', [later(claim.windows[0]!, 10_000, 900)]);
        await s.at(73_000);
        expect((await s.claim('c2'))!.windows).toMatchObject([
          { endBatch: 1, pointsSettled: 900, firstDueAt: s.window(63).startSeconds * 1000 },
        ]);
      }),
    );

    it(
      'progress is void once a batch more came: before, during and after the claim that made it',
      onStage(async (s) => {
        await s.put(0, 'one');
        await s.at(63_000);
        await s.claim('c1');
        await s.store.renew(ALICE, 'c1', LEASE_MS, [{ ...s.window(0), endBatch: 1, pointsSettled: 300 }]);
        await s.put(0, 'two');
        // Good for one batch, while there are two: as if it had never come.
        await s.store.renew(ALICE, 'c1', LEASE_MS, [{ ...s.window(0), endBatch: 1, pointsSettled: 600 }]);
        await s.at(63_000 + LEASE_MS);
        const second = (await s.claim('c2'))!;
        expect(second.windows).toMatchObject([{ endBatch: 2, pointsSettled: 0 }]);
        await s.settle('c2', [later(second.windows[0]!, 0, 600)]);
        await s.put(0, 'three');
        expect((await s.claim('c3'))!.windows).toMatchObject([{ endBatch: 3, pointsSettled: 0 }]);
      }),
    );

    it(
      'renew and settle pass over windows that are not there',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.at(63_000);
        const claim = (await s.claim('c1'))!;
        const absent = { ...s.window(-60), endBatch: 1, pointsSettled: 1 };
        expect(await s.store.renew(ALICE, 'c1', LEASE_MS, [absent])).toBe(true);
        const windows = [
          delivered(absent),
          later(absent, 0),
          { outcome: 'expired' as const, ...s.window(-120) },
          delivered(claim.windows[0]!),
        ];
        expect(await s.settle('c1', windows)).toBe(true);
        expect((await s.store.facts(ALICE))!).toMatchObject({ windowsWaiting: 0 });
        expect((await s.store.facts(ALICE))!.counts.windowsExpired).toBeUndefined();
        expect(await s.isDue()).toBe(false);
      }),
    );

    it(
      'a commit does not wake a tenant that is claimed; its windows are there after the settle',
      onStage(async (s) => {
        await s.put(0, 'one');
        await s.at(123_000);
        const claim = (await s.claim('c1'))!;
        await s.put(60, 'two');
        expect(await s.isDue()).toBe(false);
        await s.settle('c1', claim.windows.map(delivered));
        expect(await s.isDue()).toBe(true);
        expect(await s.take('c2')).toEqual([[60, 'two']]);
      }),
    );
  });
}
