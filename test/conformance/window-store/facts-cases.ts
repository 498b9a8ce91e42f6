import { describe, expect, it } from '@jest/globals';
import { SERIES_SHOWN_MAX } from '../../../src/store/window-store.js';
import { ALICE, BOB, delivered, later, LEASE_MS, type OnStage, type StoreTraits } from './stage.js';

/** What is remembered of a tenant. */
export function factsCases(onStage: OnStage, traits: StoreTraits): void {
  describe('facts', () => {
    it(
      'nothing is known of a tenant that never sent anything',
      onStage(async (s) => {
        expect(await s.store.facts(ALICE)).toBeUndefined();
      }),
    );

    it(
      'counts of commits and settles add up, a tenant apart from another',
      onStage(async (s) => {
        await s.put(0, 'x', { facts: { messages: 3, measurements: 1 } });
        await s.put(0, 'x', { facts: { messages: 4, 'rejected.frame-count': 2 } });
        await s.put(0, 'x', { facts: { messages: 100 }, tenant: BOB });
        await s.at(63_000);
        const claim = (await s.claim('c1'))!;
        await s.store.settle(ALICE, 'c1', {
          windows: claim.windows.map(delivered),
          facts: { windowsDelivered: 1, pointsDelivered: 12 },
        });
        expect((await s.store.facts(ALICE))!.counts).toEqual({
          messages: 7,
          measurements: 1,
          'rejected.frame-count': 2,
          windowsDelivered: 1,
          pointsDelivered: 12,
        });
        expect((await s.store.facts(BOB))!.counts).toEqual({ messages: 100 });
      }),
    );

    it(
      'a request without data counts and is known when it is repeated',
      onStage(async (s) => {
        const request = s.request([], { facts: { requests: 1, messages: 2 } });
        expect(await s.commit(request)).toEqual({ outcome: 'stored', late: 0, future: 0 });
        expect(await s.commit(request)).toEqual({ outcome: 'duplicate' });
        const facts = (await s.store.facts(ALICE))!;
        expect(facts).toMatchObject({ counts: { requests: 1, messages: 2 }, windowsWaiting: 0 });
        expect(s.since(facts.lastDataAt)).toBe(0);
        await s.at(600_000);
        expect(await s.store.dueTenants(10)).toEqual([]);
      }),
    );

    it(
      'the last data and the last delivery are known by their time, and what waits by its number',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.at(5_000);
        await s.put(60, 'x');
        let facts = (await s.store.facts(ALICE))!;
        expect([s.since(facts.lastDataAt), facts.lastDelivery, facts.windowsWaiting]).toEqual([5_000, undefined, 2]);
        await s.at(63_000);
        const claim = (await s.claim('c1'))!;
        expect((await s.store.facts(ALICE))!.windowsWaiting).toBe(2);
        await s.at(65_000);
        const counted = { windowsDelivered: 1, pointsDelivered: 3, pointsRejected: 2 };
        await s.store.settle(ALICE, 'c1', { windows: claim.windows.map(delivered), facts: counted });
        facts = (await s.store.facts(ALICE))!;
        expect([s.since(facts.lastDataAt), s.since(facts.lastDelivery!.at), facts.windowsWaiting]).toEqual([
          5_000, 65_000, 1,
        ]);
        expect(facts.lastDelivery).toMatchObject({ points: 3, rejected: 2 });
      }),
    );

    it(
      'how much waits, since when, who has it and when someone should look at it',
      onStage(async (s) => {
        const waiting = async () => {
          const facts = (await s.store.facts(ALICE))!;
          const { windowsWaiting, batchesWaiting, bytesWaiting } = facts;
          const instants = [facts.firstDueAt, facts.claimedUntilAt, facts.nextLookAt].map((at) => s.since(at));
          return [windowsWaiting, batchesWaiting, bytesWaiting, ...instants];
        };
        await s.put(60, 'four');
        await s.put(0, 'x');
        await s.put(0, 'yy');
        expect(await waiting()).toEqual([2, 3, 7, 63_000, undefined, 63_000]);
        await s.at(63_000);
        const claim = (await s.claim('c1'))!;
        expect(await waiting()).toEqual([2, 3, 7, 63_000, 123_000, 123_000]);
        // Put off and held, it has still been due since it was first due.
        const hold = { kind: 'retry', why: '503', failures: 1, forMs: 20_000 } as const;
        await s.settle('c1', [later(claim.windows[0]!, 0)], hold);
        expect(await waiting()).toEqual([2, 3, 7, 63_000, undefined, 83_000]);
        await s.at(83_000);
        await s.deliver('c2');
        expect(await waiting()).toEqual([1, 1, 4, 123_000, undefined, 123_000]);
        await s.at(123_000);
        await s.deliver('c3');
        // Delivered windows do not wait; the tenant is looked at once more to retire them.
        expect(await waiting()).toEqual([0, 0, 0, undefined, undefined, 360_000]);
        await s.put(0, 'zzz');
        expect(await waiting()).toEqual([1, 3, 6, 183_000, undefined, 183_000]);
      }),
    );

    it(
      'a claim whose outlet is gone is shown with the end of its lease',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.at(63_000);
        await s.claim('dead');
        await s.at(63_000 + 3 * LEASE_MS);
        expect(s.since((await s.store.facts(ALICE))!.claimedUntilAt)).toBe(63_000 + LEASE_MS);
      }),
    );

    it(
      'where the destination adds, batches that were delivered on their own do not wait',
      onStage(async (s) => {
        await s.put(0, 'one', { secondValue: 'adds' });
        await s.at(63_000);
        const claim = (await s.claim('c1'))!;
        await s.at(50_000); // the clock was set back
        await s.put(0, 'three', { secondValue: 'adds' });
        await s.settle('c1', claim.windows.map(delivered));
        expect(await s.store.facts(ALICE)).toMatchObject({ windowsWaiting: 1, batchesWaiting: 1, bytesWaiting: 5 });
      }),
    );

    it(
      'counts are of the last half hour up to an hour, however regularly data comes',
      onStage(async (s) => {
        const messages = async (count: number) => {
          await s.put(0, 'x', { facts: { messages: count }, idempotencyKey: `k${count}` });
          return (await s.store.facts(ALICE))!.counts.messages;
        };
        expect(await messages(1)).toBe(1);
        await s.at(25 * 60_000);
        expect(await messages(10)).toBe(11);
        await s.at(45 * 60_000);
        expect(await messages(100)).toBe(111);
        await s.at(70 * 60_000);
        expect(await messages(1_000)).toBe(1_111);
        await s.at(80 * 60_000);
        // Half an hour after the 100 came; what came before them is forgotten.
        expect(await messages(10_000)).toBe(11_100);
        await s.at(79 * 60_000); // the clock was set back
        expect(await messages(100_000)).toBe(111_100);
        await s.at(138 * 60_000);
        expect(await messages(1_000_000)).toBe(1_110_000);
        // Nothing more comes: what is shown grows old and goes all the same.
        const shown = async () => (await s.store.facts(ALICE))!.counts.messages;
        await s.at(167 * 60_000);
        expect(await shown()).toBe(1_110_000);
        await s.at(168 * 60_000);
        expect(await shown()).toBe(1_000_000);
        await s.at(198 * 60_000);
        expect((await s.store.facts(ALICE))?.counts ?? {}).toEqual({});
      }),
    );

    it(
      'an example of each reason of a rejection is kept, the last one',
      onStage(async (s) => {
        const value = 'rejected.value-malformed' as const;
        await s.put(0, 'x', { examples: { [value]: 'measure#a=aaa', 'rejected.name-empty': 'count#=0' } });
        await s.put(0, 'x', { examples: { [value]: 'measure#b=a0' } });
        await s.put(0, 'x', { examples: { [value]: 'of another' }, tenant: BOB });
        const request = s.request([], { examples: { 'rejected.frame-count': '00 <' }, facts: { requests: 1 } });
        await s.commit(request);
        expect((await s.store.facts(ALICE))!.examples).toEqual({
          [value]: 'measure#b=a0',
          'rejected.name-empty': 'count#=0',
          'rejected.frame-count': '00 <',
        });
      }),
    );

    it(
      'facts outlive the windows of a tenant',
      onStage(async (s) => {
        await s.put(0, 'x', { secondValue: 'adds', facts: { messages: 1 } });
        await s.at(63_000);
        await s.deliver('c1');
        expect(await s.store.facts(ALICE)).toMatchObject({ counts: { messages: 1 }, windowsWaiting: 0 });
      }),
    );

    it(
      'series that were dropped as too many are shown until others are, a tenant apart from another',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.put(0, 'x', { tenant: BOB });
        const shown = async () => (await s.store.facts(ALICE))!.seriesOverLimit;
        expect(await shown()).toEqual([]);
        await s.at(63_000);
        const settle = async (claim: string, seriesOverLimit?: readonly string[]) => {
          await s.claim(claim);
          return s.store.settle(ALICE, claim, {
            windows: [],
            facts: { seriesOverLimit: seriesOverLimit?.length ?? 0 },
            ...(seriesOverLimit && { seriesOverLimit }),
          });
        };
        // Text that is harmless on a terminal may still be anything in between.
        const series = ['a', 'b source="web.1"', "c'\\n", '日本', '\ud83d'];
        await settle('c1', series);
        expect(await shown()).toEqual(series);
        await settle('c2');
        expect(await shown()).toEqual(series);
        const many = Array.from({ length: SERIES_SHOWN_MAX + 5 }, (_, i) => `n${i}`);
        await settle('c3', many);
        expect(await shown()).toEqual(many.slice(0, SERIES_SHOWN_MAX));
        expect((await s.store.facts(ALICE))!.counts).toEqual({ seriesOverLimit: series.length + many.length });
        expect((await s.store.facts(BOB))!.seriesOverLimit).toEqual([]);
      }),
    );

    it(
      'a settle that is refused shows no series',
      onStage(async (s) => {
        await s.put(0, 'x');
        await s.at(63_000);
        await s.claim('c1');
        expect(await s.store.settle(ALICE, 'stale', { windows: [], facts: {}, seriesOverLimit: ['a'] })).toBe(false);
        expect((await s.store.facts(ALICE))!.seriesOverLimit).toEqual([]);
      }),
    );

    if (traits.expiryFollowsClock) {
      it(
        'facts live an hour after they were last added to',
        onStage(async (s) => {
          await s.put(0, 'x', { secondValue: 'adds', facts: { messages: 1 } });
          await s.at(3_000_000);
          const windows = (await s.claim('c1'))!.windows.map(delivered);
          await s.store.settle(ALICE, 'c1', { windows, facts: {}, seriesOverLimit: ['a'] });
          await s.at(6_599_999);
          expect(await s.store.facts(ALICE)).toMatchObject({ counts: {}, seriesOverLimit: ['a'] });
          await s.at(6_600_000);
          expect(await s.store.facts(ALICE)).toBeUndefined();
        }),
      );

      it(
        'a tenant whose facts have ended still shows what waits and why',
        onStage(async (s) => {
          await s.put(0, 'x', { facts: { messages: 1 } });
          await s.at(63_000);
          await s.claim('c1');
          await s.settle('c1', [], { kind: 'pause', why: '401', failures: 9, forMs: 2 * 3_600_000 });
          await s.at(2 * 3_600_000);
          expect(await s.store.facts(ALICE)).toMatchObject({
            counts: {},
            lastDataAt: undefined,
            hold: { kind: 'pause', failures: 9 },
            windowsWaiting: 1,
          });
        }),
      );
    }
  });
}
