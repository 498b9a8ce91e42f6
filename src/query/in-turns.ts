import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../model/clock.js';

/** Work between two turns of the event loop, ms: the same process takes drain requests. */
const SLICE_MS = 8;

/** So many items from one look at the clock to the next: of small ones, that is a fraction of a ms. */
const ITEMS_AT_ONCE = 64;

/**
 * Visits small items one by one, and lets others have their turn whenever a slice of time is used up.
 *
 * @param atOnce items from one look at the clock to the next
 */
export async function inTurns<T>(
  items: readonly T[],
  visit: (item: T) => void,
  clock: Pick<Clock, 'monotonic'>,
  atOnce = ITEMS_AT_ONCE,
): Promise<void> {
  let endsAt = clock.monotonic() + SLICE_MS;
  for (let i = 0; i < items.length; i++) {
    if (i % atOnce === 0 && clock.monotonic() >= endsAt) {
      await nextTurn();
      endsAt = clock.monotonic() + SLICE_MS;
    }
    visit(items[i]!);
  }
}
