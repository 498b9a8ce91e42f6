import { expect, it } from '@jest/globals';
import type { ClaimedWindow, SettledWindow } from '../../../src/store/window-store.js';
import { ALICE, BOB, delivered, type OnStage, type Stage } from './stage.js';

const MINUTE_MS = 60_000;
const KEPT = { recent: { ms: 3_600_000, tenantBytesMax: 100_000 } };

/** Commits to the window of that minute, claims it once it is due, and settles it with a summary. */
async function deliver(stage: Stage, minute: number, summary: string, tenant = ALICE): Promise<void> {
  await stage.at(minute * MINUTE_MS);
  await stage.put(60 * minute, 'data', { tenant, openStartSeconds: 60 * minute });
  await stage.at((minute + 1) * MINUTE_MS + 3_000);
  await settleDue(stage, `claim of ${minute}`, summary, tenant);
}

async function settleDue(stage: Stage, token: string, summary: string, tenant = ALICE): Promise<void> {
  const claim = (await stage.claim(token, { tenant }))!;
  expect(claim.windows).toHaveLength(1);
  const windows = claim.windows.map((window) => withSummary(window, summary));
  expect(await stage.settle(token, windows, undefined, tenant)).toBe(true);
}

function withSummary(window: ClaimedWindow, summary: string): SettledWindow {
  return { ...delivered(window), summary: Buffer.from(summary) } as SettledWindow;
}

/** What is kept of a tenant: minutes and summaries. */
async function kept(stage: Stage, tenant = ALICE): Promise<[minute: number, summary: string | undefined][]> {
  const { windows } = await stage.store.recent(tenant);
  const summaries = await stage.store.readRecent(tenant, windows);
  const texts = summaries.map((summary) => summary && Buffer.from(summary).toString());
  for (const [i, text] of texts.entries()) expect(windows[i]!.bytes).toBe(text?.length);
  return windows.map(({ startSeconds }, i) => [(startSeconds - stage.window(0).startSeconds) / 60, texts[i]]);
}

/** What is kept of what was delivered, to be looked at. */
export function recentCases(onStage: OnStage): void {
  it(
    'gives summaries of what was delivered, oldest first, to their tenant',
    onStage(async (stage) => {
      await deliver(stage, 0, 'first');
      await deliver(stage, 1, 'second');
      await deliver(stage, 2, 'of another', BOB);
      expect(await kept(stage)).toEqual([
        [0, 'first'],
        [1, 'second'],
      ]);
      expect(await kept(stage, BOB)).toEqual([[2, 'of another']]);
      const { nowMs, windows } = await stage.store.recent(ALICE);
      expect(stage.since(nowMs)).toBe(183_000);
      expect(windows.map(({ deliveredAt }) => stage.since(deliveredAt))).toEqual([63_000, 123_000]);
    }, KEPT),
  );

  it(
    'replaces the summary of a window that is delivered again',
    onStage(async (stage) => {
      await deliver(stage, 0, 'first');
      const before = await stage.store.recent(ALICE);
      await stage.put(0, 'late', { openStartSeconds: 60 });
      await stage.at(123_000);
      await settleDue(stage, 'again', 'with what came late');
      expect(await kept(stage)).toEqual([[0, 'with what came late']]);
      const after = await stage.store.recent(ALICE);
      expect(after.windows[0]!.deliveredAt).toBeGreaterThan(before.windows[0]!.deliveredAt);
    }, KEPT),
  );

  it(
    'keeps nothing of what is not delivered, of a claim that is not the last, and nothing twice of a repeat',
    onStage(async (stage) => {
      await stage.put(0, 'data');
      await stage.at(63_000);
      const [window] = (await stage.claim('lapses'))!.windows;
      await stage.at(63_000 + MINUTE_MS);
      await stage.claim('takes over');
      expect(await stage.settle('lapses', [withSummary(window!, 'summary')])).toBe(false);
      expect(await kept(stage)).toEqual([]);
      for (let i = 0; i < 2; i++) {
        expect(await stage.settle('takes over', [withSummary(window!, 'summary')])).toBe(true);
        expect(await kept(stage)).toEqual([[0, 'summary']]);
      }
    }, KEPT),
  );

  it(
    'forgets windows that ended too long ago',
    onStage(
      async (stage) => {
        await deliver(stage, 0, 'old');
        await deliver(stage, 5, 'new');
        await stage.justBefore(11 * MINUTE_MS);
        expect(await kept(stage)).toEqual([
          [0, 'old'],
          [5, 'new'],
        ]);
        await stage.at(11 * MINUTE_MS);
        expect(await kept(stage)).toEqual([[5, 'new']]);
      },
      { recent: { ms: 600_000, tenantBytesMax: 100_000 } },
    ),
  );

  it(
    'gives up the oldest where a tenant has more than it may',
    onStage(
      async (stage) => {
        const summary = (minute: number): string => String(minute).padEnd(1_000, '.');
        for (let minute = 0; minute < 20; minute++) await deliver(stage, minute, summary(minute));
        const minutes = (await kept(stage)).map(([minute]) => minute);
        expect(minutes.length).toBeGreaterThanOrEqual(6);
        expect(minutes.length).toBeLessThanOrEqual(9);
        expect(minutes).toEqual(minutes.map((_minute, i) => 20 - minutes.length + i));
        expect((await kept(stage)).at(-1)).toEqual([19, summary(19)]);
      },
      { recent: { ms: 3_600_000, tenantBytesMax: 10_000 } },
    ),
  );

  it(
    'keeps the latest of many that are settled at once, and none that is too large by itself',
    onStage(
      async (stage) => {
        for (let minute = 0; minute <= 20; minute++) {
          await stage.at(minute * MINUTE_MS);
          await stage.put(60 * minute, 'data', { openStartSeconds: 60 * minute });
        }
        await stage.at(21 * MINUTE_MS + 3_000);
        const { windows } = (await stage.claim())!;
        const settled = windows.map((window, i) => {
          return withSummary(window, '.'.repeat(i === 0 ? 20_000 : 1_000));
        });
        await stage.settle('claim', settled);
        const minutes = (await kept(stage)).map(([minute]) => minute);
        expect(minutes.length).toBeGreaterThanOrEqual(6);
        expect(minutes.at(-1)).toBe(20);
      },
      { recent: { ms: 3_600_000, tenantBytesMax: 10_000 } },
    ),
  );

  it(
    'gives nothing for what is gone',
    onStage(async (stage) => {
      const gone = { ...stage.window(0), deliveredAt: 1, bytes: 1 };
      expect(await stage.store.readRecent(ALICE, [gone])).toEqual([undefined]);
      expect((await stage.store.recent(ALICE)).windows).toEqual([]);
    }, KEPT),
  );

  it(
    'keeps nothing unless it is told to',
    onStage(async (stage) => {
      await deliver(stage, 0, 'first');
      expect(await kept(stage)).toEqual([]);
    }),
  );
}
