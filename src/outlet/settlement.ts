import {
  type Hold,
  type NewHold,
  type SettledWindow,
  SERIES_SHOWN_MAX,
  type Settlement,
} from '../store/window-store.js';
import { abortHold, keyHold, pauseHold, retryHold } from './hold.js';
import type { Failure } from './poster.js';
import type { WindowWork } from './window-work.js';

/** What a delivery has come to. */
export interface DeliveryEnd {
  /** Windows that were sent, or begun. */
  readonly works: readonly WindowWork[];
  /** Windows that were not even begun, with what becomes of them. */
  readonly unsent: readonly SettledWindow[];
  /** The hold that the claim came with. */
  readonly previous: Hold | undefined;
  /** Whether no key here opened the drain token, so that nothing could be tried. */
  readonly keyMissing: boolean;
  readonly failure: Failure | undefined;
  /** For how long, ms, a request without an answer may still arrive; 0 or less if none may. */
  readonly mayArriveMs: number;
}

/** What the store is to know of a delivery. @param random from 0 to below 1, for the back-off */
export function settlementOf(end: DeliveryEnd, random: number): Settlement {
  const done = end.works.filter((work) => work.done);
  const windows = [...end.works.map(settledWindow), ...end.unsent];
  const hold = holdOf(end, random);
  const seriesOverLimit = namesOf(done);
  return {
    windows,
    ...(hold && { hold }),
    ...(seriesOverLimit.length > 0 && { seriesOverLimit }),
    facts: {
      windowsDelivered: done.length,
      pointsDelivered: sum(end.works, (work) => work.delivered),
      pointsRejected: sum(end.works, (work) => work.rejected),
      // Only of windows that are through: a window that comes again has the same ones again.
      collisions: sum(done, (work) => work.collisions),
      seriesOverLimit: sum(done, (work) => work.dropped.count),
    },
  };
}

function settledWindow(work: WindowWork): SettledWindow {
  const { summary } = work;
  const progress = work.progress();
  if (!work.done) return { outcome: 'later', afterMs: 0, ...progress };
  return { outcome: 'delivered', ...progress, ...(summary && { summary }) };
}

/**
 * Whether and why the tenant waits. After a request without an answer it waits at least until that cannot arrive any more,
 * for it must not arrive after a newer one.
 */
function holdOf(end: DeliveryEnd, random: number): NewHold | undefined {
  const { works, previous, failure, mayArriveMs } = end;
  if (end.keyMissing) return keyHold(previous);
  const gotThrough = works.some((work) => work.delivered + work.rejected > 0);
  // That someone had no key is over once someone has it, whatever comes of the delivery.
  const inARow = gotThrough || previous?.kind === 'key' ? undefined : previous;
  const afterMs = Math.max(0, mayArriveMs, failure?.afterMs ?? 0);
  switch (failure?.kind) {
    case 'retry':
      return retryHold(inARow, failure.why, afterMs, random);
    case 'pause':
      return pauseHold(inARow, failure.why, afterMs);
  }
  if (afterMs > 0) return abortHold(inARow, afterMs);
  // Nothing was learned of the destination: the next claim has to know as much as this one did.
  return inARow && { ...inARow, forMs: 0 };
}

/** Some of the series that were dropped, each once. */
function namesOf(works: readonly WindowWork[]): string[] {
  return [...new Set(works.flatMap((work) => work.dropped.names))].slice(0, SERIES_SHOWN_MAX);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
