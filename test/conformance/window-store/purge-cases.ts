import { describe, expect, it } from '@jest/globals';
import { ALICE, BOB, delivered, LEASE_MS, type OnStage } from './stage.js';

const adds = { secondValue: 'adds' } as const;
const nothing = { windows: 0, batches: 0, bytes: 0 };

/** What an operator does away with. */
export function purgeCases(onStage: OnStage): void {
  describe('purge', () => {
    it(
      'drops all that waits for a tenant, open windows included, counts it, and leaves other tenants alone',
      onStage(async (s) => {
        await s.put(0, 'one');
        await s.put(0, 'two');
        await s.put(60, 'three', { ...adds, resolutionSeconds: 60 });
        await s.put(0, 'four', { resolutionSeconds: 30 });
        await s.put(0, 'his', { tenant: BOB });
        await s.at(63_000);
        expect(await s.store.purge(ALICE)).toEqual({ windows: 3, batches: 4, bytes: 15 });
        expect(await s.store.facts(ALICE)).toMatchObject({
          counts: { windowsPurged: 3 },
          windowsWaiting: 0,
          batchesWaiting: 0,
          bytesWaiting: 0,
          firstDueAt: undefined,
          nextLookAt: undefined,
        });
        expect(await s.store.read(ALICE, s.window(0), 0, 9)).toEqual([]);
        expect(await s.isDue()).toBe(false);
        expect(await s.claim()).toBeUndefined();
        expect(await s.deliver('c1', BOB)).toEqual([[0, 'his']]);
      }),
    );

    it(
      'has nothing to do where nothing waits, and makes nothing known of a tenant that is not',
      onStage(async (s) => {
        expect(await s.store.purge(ALICE)).toEqual(nothing);
        expect(await s.store.facts(ALICE)).toBeUndefined();
        await s.put(0, 'x');
        await s.at(63_000);
        await s.deliver('c1');
        expect(await s.store.purge(ALICE)).toEqual(nothing);
        expect((await s.store.facts(ALICE))!.counts).toEqual({});
      }),
    );

    it(
      'is the end of a claim: its owner cannot renew, settle or take the tenant again',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.at(63_000);
        const claim = (await s.claim('c1'))!;
        expect(await s.store.purge(ALICE)).toMatchObject({ windows: 1 });
        expect((await s.store.facts(ALICE))!.claimedUntilAt).toBeUndefined();
        const progress = { ...s.window(0), endBatch: 1, pointsSettled: 7 };
        expect(await s.store.renew(ALICE, 'c1', LEASE_MS, [progress])).toBe(false);
        expect(await s.settle('c1', claim.windows.map(delivered))).toBe(false);
        await s.put(0, 'new');
        expect(await s.store.renew(ALICE, 'c1', LEASE_MS, [progress])).toBe(false);
        await s.at(63_000 + LEASE_MS);
        expect(await s.claim('c1')).toBeUndefined(); // a delayed copy of the call
        expect((await s.claim('c2'))!.windows).toMatchObject([{ firstBatch: 0, endBatch: 1, pointsSettled: 0 }]);
        const facts = (await s.store.facts(ALICE))!;
        expect(facts.counts).toEqual({ windowsPurged: 1 });
        expect(facts.lastDelivery).toBeUndefined();
      }),
    );

    it(
      'holds the tenant as long as a request of the lost claim may still arrive',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.at(63_000);
        await s.claim('c1');
        await s.at(80_000);
        await s.store.purge(ALICE);
        const hold = (await s.store.facts(ALICE))!.hold!;
        expect(hold).toMatchObject({ kind: 'abort', failures: 0 });
        expect(s.since(hold.untilAt)).toBe(63_000 + LEASE_MS);
        await s.put(0, 'new');
        await s.justBefore(63_000 + LEASE_MS);
        expect(await s.isDue()).toBe(false);
        expect(await s.claim('c2')).toBeUndefined();
        await s.at(63_000 + LEASE_MS);
        expect(await s.isDue()).toBe(true);
        expect(await s.take('c3')).toEqual([[0, 'new']]);
      }),
    );

    it(
      'is the end of a claim that has lapsed, too, and holds nobody for it',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.at(63_000);
        const claim = (await s.claim('late'))!;
        await s.at(63_000 + 2 * LEASE_MS);
        await s.store.purge(ALICE);
        expect((await s.store.facts(ALICE))!.hold).toBeUndefined();
        await s.put(0, 'new');
        expect(await s.settle('late', claim.windows.map(delivered))).toBe(false);
        expect(await s.take('c2')).toEqual([[0, 'new']]);
      }),
    );

    it(
      'leaves a hold as it is: the destination is no better for it',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.at(63_000);
        await s.claim('c1');
        const hold = { kind: 'pause', why: '401', failures: 3, forMs: 240_000 } as const;
        await s.settle('c1', [], hold);
        const held = (await s.store.facts(ALICE))!.hold;
        await s.store.purge(ALICE);
        expect((await s.store.facts(ALICE))!.hold).toEqual(held);
        await s.put(120, 'new');
        await s.justBefore(303_000);
        expect(await s.claim('c2')).toBeUndefined();
        await s.at(303_000);
        expect((await s.claim('c3'))!.hold).toMatchObject({ kind: 'pause', failures: 3 });
      }),
    );

    it(
      'leaves delivered windows until their deadline: a late line is delivered with what came before it',
      onStage(async (s) => {
        await s.put(0, 'one');
        await s.put(60, 'waits');
        await s.at(63_000);
        expect(await s.deliver('c1')).toEqual([[0, 'one']]);
        expect(await s.store.purge(ALICE)).toEqual({ windows: 1, batches: 1, bytes: 5 });
        await s.put(0, 'two');
        await s.at(123_000);
        expect(await s.deliver('c2')).toEqual([[0, 'one', 'two']]);
        await s.at(360_000);
        expect(await s.claim('c3')).toBeUndefined();
        expect(await s.isDue()).toBe(false);
      }),
    );

    it(
      'a window made again after it has nothing of the one before it',
      onStage(async (s) => {
        await s.put(0, 'one', adds);
        await s.put(0, 'two', adds);
        await s.at(63_000);
        await s.claim('c1');
        await s.store.renew(ALICE, 'c1', 1_000, [{ ...s.window(0), endBatch: 2, pointsSettled: 300 }]);
        await s.store.purge(ALICE);
        await s.at(50_000); // the clock was set back
        await s.put(0, 'new', adds);
        await s.at(64_000);
        const claim = (await s.claim('c2'))!;
        expect(claim.windows).toMatchObject([{ firstBatch: 0, endBatch: 1, bytes: 3, pointsSettled: 0 }]);
        expect(await s.texts(claim)).toEqual([[0, 'new']]);
      }),
    );

    it(
      'makes room',
      onStage(
        async (s) => {
          const fill = () => s.commit(s.request([1, 2, 3].map(() => s.batch(0, new Uint8Array(30_000)))));
          for (let round = 1; round <= 3; round++) {
            expect(await fill()).toMatchObject({ outcome: 'stored' });
            expect(await fill()).toEqual({ outcome: 'refused', reason: 'window-bytes' });
            expect(await s.store.purge(ALICE)).toEqual({ windows: 1, batches: 3, bytes: 90_000 });
          }
        },
        { windowBytesMax: 100_000 },
      ),
    );

    it(
      'does not forget which requests were stored: a repeat of one that is gone is a duplicate',
      onStage(async (s) => {
        const request = s.request([s.batch(0, 'x')]);
        await s.commit(request);
        await s.store.purge(ALICE);
        expect(await s.commit(request)).toEqual({ outcome: 'duplicate' });
        expect(await s.isDue()).toBe(false);
      }),
    );
  });
}
