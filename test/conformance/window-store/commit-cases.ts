import { describe, expect, it } from '@jest/globals';
import { ALICE, BOB, type OnStage, type StoreTraits } from './stage.js';

const stored = { outcome: 'stored', late: 0, future: 0 };

/** What a commit takes, drops, knows already and passes on. */
export function commitCases(onStage: OnStage, traits: StoreTraits): void {
  describe('commit', () => {
    it(
      'a line is late from the deadline of its window on, that instant included',
      onStage(async (s) => {
        await s.justBefore(360_000);
        expect(await s.put(0, 'x')).toEqual(stored);
        await s.at(360_000);
        expect(await s.put(0, 'x')).toEqual({ outcome: 'stored', late: 1, future: 0 });
        expect((await s.store.facts(ALICE))!.counts).toEqual({ late: 1 });
      }),
    );

    it(
      'the late deadline is two resolutions where that is longer',
      onStage(async (s) => {
        const hour = { resolutionSeconds: 3600 };
        await s.justBefore(3 * 3_600_000);
        expect(await s.put(0, 'x', hour)).toEqual(stored);
        await s.at(3 * 3_600_000);
        expect(await s.put(0, 'x', hour)).toEqual({ outcome: 'stored', late: 1, future: 0 });
      }),
    );

    it(
      'a line is taken up to the future limit, that instant included',
      onStage(async (s) => {
        expect(await s.put(60, 'x')).toEqual(stored);
        expect(await s.put(120, 'x')).toEqual({ outcome: 'stored', late: 0, future: 1 });
        await s.justBefore(60_000);
        expect(await s.put(120, 'x')).toEqual({ outcome: 'stored', late: 0, future: 1 });
        await s.at(60_000);
        expect(await s.put(120, 'x')).toEqual(stored);
        expect((await s.store.facts(ALICE))!.counts).toEqual({ future: 2 });
      }),
    );

    it(
      'what is late or in the future is dropped and counted; the rest of its request is stored',
      onStage(async (s) => {
        await s.at(360_000);
        const batches = [
          s.batch(0, 'late', 5),
          s.batch(360, 'x', 2),
          s.batch(900, 'future', 7),
          s.batch(-60, 'late', 6),
        ];
        expect(await s.commit(s.request(batches))).toEqual({ outcome: 'stored', late: 11, future: 7 });
        expect((await s.store.facts(ALICE))!).toMatchObject({ counts: { late: 11, future: 7 }, windowsWaiting: 1 });
        await s.at(423_000);
        expect(await s.deliver('c1')).toEqual([[360, 'x']]);
      }),
    );

    it(
      'a request whose data was all dropped is known when it is repeated',
      onStage(async (s) => {
        const request = s.request([s.batch(900, 'future')]);
        expect(await s.commit(request)).toEqual({ outcome: 'stored', late: 0, future: 1 });
        expect(await s.commit(request)).toEqual({ outcome: 'duplicate' });
        expect((await s.store.facts(ALICE))!.windowsWaiting).toBe(0);
      }),
    );

    it(
      'a repeat is counted once, and its measurements are counted as duplicates',
      onStage(async (s) => {
        const request = s.request([s.batch(0, 'x', 3)], { facts: { messages: 9 } });
        expect(await s.commit(request)).toEqual(stored);
        expect(await s.commit({ ...request, batches: [s.batch(0, 'other body', 4)] })).toEqual({
          outcome: 'duplicate',
        });
        expect((await s.store.facts(ALICE))!.counts).toEqual({ messages: 9, duplicates: 4 });
        await s.at(63_000);
        expect(await s.deliver('c1')).toEqual([[0, 'x']]);
        expect(await s.commit(request)).toEqual({ outcome: 'duplicate' });
      }),
    );

    it(
      'a caller that repeats its own request is answered as the first time, and another with the same key is a duplicate',
      onStage(async (s) => {
        await s.at(360_000);
        const batches = [s.batch(0, 'late', 5), s.batch(360, 'x', 2), s.batch(900, 'future', 7)];
        const request = s.request(batches, { facts: { messages: 9 }, nonce: 'mine-1' });
        const first = { outcome: 'stored', late: 5, future: 7 };
        const theirs = { ...request, nonce: 'theirs-1' };
        const unnamed = { ...s.request(batches), idempotencyKey: request.idempotencyKey };
        expect(await s.commitAll([request, request, theirs])).toEqual([first, first, { outcome: 'duplicate' }]);
        await s.at(423_000);
        // By now more of it would be late: what counts is what became of it.
        expect(await s.commitAll([theirs, request, unnamed])).toEqual([
          { outcome: 'duplicate' },
          first,
          { outcome: 'duplicate' },
        ]);
        expect((await s.store.facts(ALICE))!.counts).toEqual({ messages: 9, late: 5, future: 7, duplicates: 42 });
        expect(await s.deliver('c1')).toEqual([[360, 'x']]);
      }),
    );

    it(
      'a repeat within one group is counted once',
      onStage(async (s) => {
        const request = s.request([s.batch(0, 'x')]);
        const other = s.request([s.batch(0, 'y')]);
        expect(await s.commitAll([request, other, request])).toEqual([stored, stored, { outcome: 'duplicate' }]);
        await s.at(63_000);
        expect(await s.deliver('c1')).toEqual([[0, 'x', 'y']]);
      }),
    );

    if (traits.expiryFollowsClock) {
      it(
        'an idempotency key is known for as long as it was said',
        onStage(async (s) => {
          const brief = s.request([s.batch(0, 'x')], { idempotencyTtlMs: 30_000 });
          const long = s.request([s.batch(0, 'y')], { idempotencyTtlMs: 120_000 });
          await s.commitAll([long, brief]);
          await s.at(29_999);
          expect(await s.commitAll([long, brief])).toEqual([{ outcome: 'duplicate' }, { outcome: 'duplicate' }]);
          await s.at(30_000);
          expect(await s.commitAll([long, brief])).toEqual([{ outcome: 'duplicate' }, stored]);
          await s.at(119_999);
          expect(await s.commit(long)).toEqual({ outcome: 'duplicate' });
          await s.at(120_000);
          expect(await s.commit(long)).toEqual(stored);
        }),
      );
    }

    it(
      'each request of a group has its own answer, in order, and none harms another',
      onStage(async (s) => {
        await s.at(63_000);
        const adds = { secondValue: 'adds', openStartSeconds: 0 } as const;
        const known = s.request([s.batch(60, 'known')]);
        await s.commit(known);
        expect(
          await s.commitAll([
            s.request([s.batch(60, 'one')]),
            s.request([s.batch(0, 'again'), s.batch(60, 'never')], adds),
            known,
            s.request([s.batch(60, 'his')], { tenant: BOB }),
            s.request([s.batch(900, 'future', 4)]),
            s.request([s.batch(60, 'two')]),
          ]),
        ).toEqual([
          stored,
          { outcome: 'again' },
          { outcome: 'duplicate' },
          stored,
          { outcome: 'stored', late: 0, future: 4 },
          stored,
        ]);
        await s.at(123_000);
        expect(await s.deliver('c1')).toEqual([[60, 'known', 'one', 'two']]);
        expect(await s.deliver('c2', BOB)).toEqual([[60, 'his']]);
      }),
    );

    it(
      "the commit tells the store's clock",
      onStage(async (s) => {
        await s.at(5_000);
        expect(s.since((await s.store.commit([])).nowMs)).toBe(5_000);
      }),
    );

    it(
      'the last token that was committed is the one to deliver with',
      onStage(async (s) => {
        await s.put(0, 'x', { token: 'first' });
        await s.commitAll([
          s.request([s.batch(0, 'y')], { token: 'second' }),
          s.request([s.batch(60, 'z')], { token: 'third' }),
        ]);
        await s.at(63_000);
        expect((await s.claim('c1'))!.token).toBe('third');
        await s.put(60, 'w', { token: 'fourth' });
        await s.at(63_000 + 60_000);
        expect((await s.claim('c2'))!.token).toBe('fourth');
      }),
    );

    it(
      'the store looks at nothing in a batch: bytes of any kind come out as they went in',
      onStage(async (s) => {
        const every = Uint8Array.from({ length: 256 }, (_, i) => 255 - i);
        const view = new Uint8Array(1 << 16).subarray(100, 105).fill(0xff);
        const batches = [every, new Uint8Array(0), view, Uint8Array.of(0), Uint8Array.of(13, 10, 0xc3, 0x28)];
        for (const bytes of batches) await s.put(0, bytes);
        const read = await s.store.read(ALICE, s.window(0), 0, 10);
        expect(read.map((bytes) => [...bytes])).toEqual(batches.map((bytes) => [...bytes]));
      }),
    );

    it(
      'a part of a window can be read; what is not there is left out',
      onStage(async (s) => {
        for (const text of ['0', '1', '2', '3']) await s.put(0, text);
        const read = async (from: number, to: number) =>
          (await s.store.read(ALICE, s.window(0), from, to)).map((bytes) => new TextDecoder().decode(bytes)).join('');
        expect(await read(0, 4)).toBe('0123');
        expect(await read(1, 3)).toBe('12');
        expect(await read(3, 4)).toBe('3');
        expect(await read(2, 9)).toBe('23');
        expect(await read(4, 9)).toBe('');
        expect(await read(2, 2)).toBe('');
        expect(await s.store.read(ALICE, s.window(60), 0, 9)).toEqual([]);
        expect(await s.store.read(BOB, s.window(0), 0, 9)).toEqual([]);
      }),
    );
  });
}
