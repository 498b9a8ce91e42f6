import { describe, expect, it } from '@jest/globals';
import { ALICE, delivered, later, LEASE_MS, type OnStage } from './stage.js';

const adds = { secondValue: 'adds' } as const;
const stored = { outcome: 'stored', late: 0, future: 0 };

/** Where a second value adds to the first, a window that is due must never change. */
export function addsCases(onStage: OnStage): void {
  describe('a destination that adds', () => {
    it(
      'a line for a window that is due counts in the open one, at the very instant it is due',
      onStage(async (s) => {
        await s.put(0, 'one', adds);
        await s.justBefore(63_000);
        await s.put(0, 'in time', { ...adds, openStartSeconds: 60 });
        await s.at(63_000);
        expect(await s.put(0, 'late', { ...adds, openStartSeconds: 60 })).toEqual(stored);
        expect(await s.deliver('c1')).toEqual([[0, 'one', 'in time']]);
        await s.at(123_000);
        expect(await s.deliver('c2')).toEqual([[60, 'late']]);
      }),
    );

    it(
      'a request for its own and the open window stores both, or none',
      onStage(async (s) => {
        await s.at(63_000);
        const request = (openStartSeconds: number) =>
          s.request([s.batch(0, 'late'), s.batch(60, 'now')], { ...adds, openStartSeconds, idempotencyKey: 'both' });
        expect(await s.commit(request(0))).toEqual({ outcome: 'again' });
        expect(await s.store.facts(ALICE)).toBeUndefined();
        expect(await s.commit(request(60))).toEqual(stored);
        await s.at(123_000);
        expect(await s.deliver('c1')).toEqual([[60, 'late', 'now']]);
      }),
    );

    it(
      '"again" stores nothing, its idempotency key included',
      onStage(async (s) => {
        await s.at(63_000);
        const request = s.request([s.batch(0, 'late')], { ...adds, openStartSeconds: 0, facts: { messages: 1 } });
        expect(await s.commit(request)).toEqual({ outcome: 'again' });
        expect(await s.commit(request)).toEqual({ outcome: 'again' });
        expect(await s.store.facts(ALICE)).toBeUndefined();
        expect(await s.store.dueTenants(10)).toEqual([]);
        const anew = { ...request, openStartSeconds: s.window(60).startSeconds };
        expect(await s.commit(anew)).toEqual(stored);
        expect(await s.commit(anew)).toEqual({ outcome: 'duplicate' });
      }),
    );

    it(
      '"again" is the answer if the open window has not begun',
      onStage(async (s) => {
        await s.at(65_000);
        expect(await s.put(0, 'late', { ...adds, openStartSeconds: 120 })).toEqual({ outcome: 'again' });
        await s.justBefore(120_000);
        expect(await s.put(0, 'late', { ...adds, openStartSeconds: 120 })).toEqual({ outcome: 'again' });
        await s.at(120_000);
        expect(await s.put(0, 'late', { ...adds, openStartSeconds: 120 })).toEqual(stored);
      }),
    );

    it(
      '"again" is the answer from the instant at which the open window is due',
      onStage(async (s) => {
        await s.justBefore(123_000);
        expect(await s.put(0, 'late', { ...adds, openStartSeconds: 60 })).toEqual(stored);
        await s.at(123_000);
        expect(await s.put(0, 'late', { ...adds, openStartSeconds: 60 })).toEqual({ outcome: 'again' });
      }),
    );

    it(
      'a request with nothing late does not care which window is open',
      onStage(async (s) => {
        await s.at(1_000);
        expect(await s.put(0, 'x', { ...adds, openStartSeconds: -600 })).toEqual(stored);
      }),
    );

    it(
      'late=drop drops and counts a line for a window that is due',
      onStage(async (s) => {
        await s.at(63_000);
        const batches = [s.batch(0, 'late', 3), s.batch(60, 'now', 2)];
        const answer = await s.commit(s.request(batches, { ...adds, late: 'drop', openStartSeconds: -600 }));
        expect(answer).toEqual({ outcome: 'stored', late: 3, future: 0 });
        expect((await s.store.facts(ALICE))!.counts).toEqual({ late: 3 });
        await s.at(123_000);
        expect(await s.deliver('c1')).toEqual([[60, 'now']]);
      }),
    );

    it(
      'from its deadline on a line is dropped, not moved to the open window',
      onStage(async (s) => {
        await s.justBefore(360_000);
        expect(await s.put(0, 'x', { ...adds, openStartSeconds: 300 })).toEqual(stored);
        await s.at(360_000);
        expect(await s.put(0, 'x', { ...adds, openStartSeconds: 360 })).toEqual({
          outcome: 'stored',
          late: 1,
          future: 0,
        });
      }),
    );

    it(
      'a delivered window is gone at once',
      onStage(async (s) => {
        await s.put(0, 'x', adds);
        await s.at(63_000);
        expect(await s.deliver('c1')).toEqual([[0, 'x']]);
        expect((await s.store.facts(ALICE))!.windowsWaiting).toBe(0);
        await s.at(400_000);
        expect(await s.isDue()).toBe(false);
      }),
    );

    it(
      'the first claim fixes how many batches a window has; more that come are delivered on their own',
      onStage(async (s) => {
        await s.put(0, 'one', adds);
        await s.put(0, 'two', adds);
        await s.at(63_000);
        const first = (await s.claim('c1'))!;
        await s.store.renew(ALICE, 'c1', 1_000, [{ ...s.window(0), endBatch: 2, pointsSettled: 300 }]);
        await s.at(50_000); // the clock was set back
        expect(await s.put(0, 'three', adds)).toEqual(stored);
        await s.at(64_000);
        const second = (await s.claim('c2'))!;
        expect(second.windows).toEqual([{ ...first.windows[0]!, pointsSettled: 300 }]);
        expect(await s.texts(second)).toEqual([[0, 'one', 'two']]);
        await s.settle('c2', [later(second.windows[0]!, 0, 450)]);
        const third = (await s.claim('c3'))!;
        expect(third.windows).toMatchObject([{ firstBatch: 0, endBatch: 2, pointsSettled: 450 }]);
        await s.settle('c3', third.windows.map(delivered));
        const rest = (await s.claim('c4'))!;
        expect(rest.windows).toMatchObject([{ firstBatch: 2, endBatch: 3, bytes: 5, pointsSettled: 0 }]);
        expect(await s.texts(rest)).toEqual([[0, 'three']]);
        await s.settle('c4', rest.windows.map(delivered));
        expect((await s.store.facts(ALICE))!.windowsWaiting).toBe(0);
        expect(await s.isDue()).toBe(false);
      }),
    );

    it(
      'a window made again by a clock that was set back has nothing of the one before it',
      onStage(async (s) => {
        await s.put(0, 'one', adds);
        await s.at(63_000);
        const claim = (await s.claim('c1'))!;
        await s.settle('c1', claim.windows.map(delivered));
        await s.at(50_000);
        await s.put(0, 'two', adds);
        expect(await s.settle('c1', claim.windows.map(delivered))).toBe(true);
        await s.at(63_000);
        const again = (await s.claim('c2'))!;
        expect(again.windows).toMatchObject([{ firstBatch: 0, endBatch: 1, pointsSettled: 0 }]);
        expect(await s.texts(again)).toEqual([[0, 'two']]);
      }),
    );

    it(
      'data for the open window during a delivery of an older one waits for its own time',
      onStage(async (s) => {
        await s.put(0, 'one', adds);
        await s.at(63_000);
        const claim = (await s.claim('c1'))!;
        await s.put(0, 'late', { ...adds, openStartSeconds: 60 });
        await s.settle('c1', claim.windows.map(delivered));
        expect(await s.isDue()).toBe(false);
        await s.at(63_000 + LEASE_MS);
        expect(await s.deliver('c2')).toEqual([[60, 'late']]);
      }),
    );
  });
}
