import { setTimeout as delay } from 'node:timers/promises';
import { type Settlement, StoreUnavailableError, type WindowStore } from '../store/window-store.js';
import type { Clock } from '../model/clock.js';
import { endAt } from '../model/window.js';
import type { Counters } from '../telemetry/counters.js';
import type { Logger } from '../telemetry/logger.js';
import type { Lease } from './lease.js';

/** Tries of a settle: what was delivered and not settled is delivered again, so it is worth a few. */
const TRIES = 5;

/** Pause after the first failed try, ms; doubled each time, 1.5 s in all: within what a POST leaves of its lease. */
const FIRST_PAUSE_MS = 100;

/**
 * Ends a claim, in several tries while the store is away and the lease lasts. A repeat of one that did arrive changes
 * nothing. If it never arrives, the lease ends by itself and the windows are given out again: at least once.
 *
 * @returns whether the store took it
 */
export async function settle(
  store: Pick<WindowStore, 'settle'>,
  lease: Lease,
  settlement: Settlement,
  { counters, logger, clock }: { counters: Counters; logger: Logger; clock: Pick<Clock, 'now'> },
): Promise<boolean> {
  const { tenant, claim } = lease;
  for (let attempt = 1; !lease.lost; attempt++) {
    try {
      if (!(await store.settle(tenant, claim, settlement))) break;
      count(settlement, counters, clock.now());
      return true;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      if (attempt === TRIES || !lease.alive) {
        logger.warn({ event: 'settle-failed', tenant }, 'a claim could not be settled: its windows will be sent again');
        return false;
      }
      await delay(FIRST_PAUSE_MS * 2 ** (attempt - 1));
    }
  }
  counters.add('claims', 'lost');
  logger.warn(
    { event: 'claim-lost', tenant },
    'a claim is lost: another outlet has taken it over, or the tenant was purged',
  );
  return false;
}

function count({ windows, hold, facts }: Settlement, counters: Counters, nowMs: number): void {
  const of = (outcome: string) => windows.filter((window) => window.outcome === outcome).length;
  for (const window of windows) {
    if (window.outcome === 'delivered') {
      // This clock may be behind the store's, and at shutdown a window may be delivered before its end: a sum must not fall.
      counters.took('delivery_lag_seconds', Math.max(0, nowMs - endAt(window)) / 1000);
    }
  }
  counters.add('windows', 'delivered', of('delivered'));
  counters.add('windows', 'expired', of('expired'));
  // Those without a key are counted as such.
  if (hold && hold.kind !== 'key') counters.add('windows', 'later', of('later'));
  counters.add('points', 'delivered', facts.pointsDelivered ?? 0);
  counters.add('points', 'rejected', facts.pointsRejected ?? 0);
  counters.add('points', 'collision', facts.collisions ?? 0);
  counters.add('points', 'series-limit', facts.seriesOverLimit ?? 0);
}
