import { describe, expect, it } from '@jest/globals';
import { ALICE, BOB, type OnStage } from './stage.js';

const stored = { outcome: 'stored', late: 0, future: 0 };
const refused = (reason: string) => ({ outcome: 'refused', reason });
/** Large beside any overhead a batch may be taken to have: three fit under a cap of 100,000 bytes and four do not. */
const lump = () => new Uint8Array(30_000);

/** The bounds on what waits. */
export function capCases(onStage: OnStage): void {
  describe('caps', () => {
    it(
      'a window takes so many bytes, each request of a group carrying forward those before it',
      onStage(
        async (s) => {
          const requests = [0, 0, 60, 0, 0, 60].map((start) => s.request([s.batch(start, lump())]));
          expect(await s.commitAll(requests)).toEqual([
            stored,
            stored,
            stored,
            stored,
            refused('window-bytes'),
            stored,
          ]);
          expect(await s.put(0, lump())).toEqual(refused('window-bytes'));
          expect(await s.put(0, 'small')).toEqual(stored);
          expect((await s.store.facts(ALICE))!.counts).toEqual({ refusedRequests: 2 });
          expect(await s.put(0, lump(), { tenant: BOB })).toEqual(stored);
        },
        { windowBytesMax: 100_000 },
      ),
    );

    it(
      'the batches of one request for one window add up',
      onStage(
        async (s) => {
          const four = [1, 2, 3, 4].map(() => s.batch(0, lump()));
          expect(await s.commit(s.request(four))).toEqual(refused('window-bytes'));
          expect(await s.commit(s.request(four.slice(1)))).toEqual(stored);
        },
        { windowBytesMax: 100_000 },
      ),
    );

    it(
      'where the destination adds, late data weighs on the window that it goes to',
      onStage(
        async (s) => {
          await s.at(63_000);
          const adds = { secondValue: 'adds', openStartSeconds: 60 } as const;
          const batches = [s.batch(0, lump()), s.batch(60, lump()), s.batch(0, lump())];
          expect(await s.commit(s.request([...batches, s.batch(60, lump())], adds))).toEqual(refused('window-bytes'));
          expect(await s.commit(s.request(batches, adds))).toEqual(stored);
          expect(await s.put(0, lump(), adds)).toEqual(refused('window-bytes'));
        },
        { windowBytesMax: 100_000 },
      ),
    );

    it(
      'a tenant takes so many bytes over all windows; another tenant is not harmed',
      onStage(
        async (s) => {
          const requests = [0, 60, -60, -120].map((start) => s.request([s.batch(start, lump())]));
          const his = s.request([s.batch(0, lump())], { tenant: BOB });
          expect(await s.commitAll([...requests, his, s.request([s.batch(0, 'small')])])).toEqual([
            stored,
            stored,
            stored,
            refused('tenant-bytes'),
            stored,
            stored,
          ]);
          expect((await s.store.facts(ALICE))!.counts).toEqual({ refusedRequests: 1 });
          expect((await s.store.facts(BOB))!.counts).toEqual({});
        },
        { tenantBytesMax: 100_000 },
      ),
    );

    it(
      'a refused request stores nothing of itself, its idempotency key included',
      onStage(
        async (s) => {
          await s.at(63_000);
          const request = s.request([s.batch(60, 'first'), ...[1, 2, 3, 4].map(() => s.batch(0, lump()))], {
            facts: { messages: 5 },
          });
          expect(await s.commit(request)).toEqual(refused('window-bytes'));
          expect((await s.store.facts(ALICE))!).toMatchObject({ counts: { refusedRequests: 1 }, windowsWaiting: 0 });
          expect(await s.isDue()).toBe(false);
          expect(await s.commit({ ...request, batches: request.batches.slice(0, 1) })).toEqual(stored);
        },
        { windowBytesMax: 100_000 },
      ),
    );

    it(
      'what is delivered makes room: at once where the destination adds, at its deadline where it replaces',
      onStage(
        async (s) => {
          const fill = (start: number, secondValue: 'adds' | 'replaces') =>
            s.commit(
              s.request(
                [1, 2, 3].map(() => s.batch(start, lump())),
                { secondValue },
              ),
            );
          expect(await fill(0, 'adds')).toEqual(stored);
          await s.at(63_000);
          expect(await fill(60, 'replaces')).toEqual(refused('tenant-bytes'));
          await s.deliver('c1');
          expect(await fill(60, 'replaces')).toEqual(stored);
          await s.at(123_000);
          await s.deliver('c2');
          expect(await fill(120, 'replaces')).toEqual(refused('tenant-bytes'));
          await s.at(420_000);
          expect(await s.claim('c3')).toBeUndefined();
          expect(await fill(420, 'replaces')).toEqual(stored);
        },
        { tenantBytesMax: 100_000 },
      ),
    );

    it(
      'what expires makes room',
      onStage(
        async (s) => {
          const fill = (start: number) => s.commit(s.request([1, 2, 3].map(() => s.batch(start, lump()))));
          await fill(0);
          await s.at(63_000 + 600_001);
          expect(await fill(660)).toEqual(refused('tenant-bytes'));
          await s.claim('c1');
          expect(await fill(660)).toEqual(stored);
          await s.at(723_000);
          await s.claim('c2');
          await s.settle('c2', [{ outcome: 'expired', ...s.window(660) }]);
          expect(await fill(720)).toEqual(stored);
        },
        { tenantBytesMax: 100_000, policy: { deliveryAgeMs: 600_000 } },
      ),
    );

    it(
      'an embedded store takes so many bytes over all tenants, and that is not held against the tenant',
      onStage(
        async (s) => {
          if (s.store.durable) return;
          const tenants = [ALICE, BOB, ALICE, 'c'.repeat(32)];
          const requests = tenants.map((tenant) => s.request([s.batch(0, lump())], { tenant }));
          expect(await s.commitAll(requests)).toEqual([stored, stored, stored, refused('store-bytes')]);
          expect(await s.store.facts('c'.repeat(32))).toBeUndefined();
          expect(await s.put(0, 'small')).toEqual(stored);
          await s.at(63_000);
          await s.deliver('c1');
          await s.deliver('c2', BOB);
          await s.at(360_000);
          await s.claim('c3');
          expect(await s.commit(requests[3]!)).toMatchObject({ outcome: 'stored' });
        },
        { storeBytesMax: 100_000 },
      ),
    );
  });
}
