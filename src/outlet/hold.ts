import type { Hold, NewHold } from '../store/window-store.js';

/** First back-off of a destination that faltered, ms; doubled with each failure in a row. */
const RETRY_BASE_MS = 1_000;

/** Longest back-off of its own, ms: a destination that is back gets its windows within a resolution. */
const RETRY_MS_MAX = 60_000;

/** First pause of a tenant that is refused, ms, doubled with each refusal in a row: someone has to mend it, which takes minutes. */
const PAUSE_BASE_MS = 60_000;

/** Longest pause, ms: what is mended is noticed within it. */
const PAUSE_MS_MAX = 15 * 60_000;

/**
 * How long a tenant waits after a passing fault: exponential back-off with full jitter (AWS Architecture Blog, "Exponential
 * Backoff And Jitter", 2015), so that the tenants of one destination do not come back all at once.
 *
 * @param previous the hold that the last delivery ended with, undefined if it got something through
 * @param afterMs what the destination asks for; never less than that
 * @param random from 0 to below 1
 */
export function retryHold(previous: Hold | undefined, why: string, afterMs: number, random: number): NewHold {
  const failures = inARow(previous, 'retry');
  const backoffMs = random * doubled(RETRY_BASE_MS, failures, RETRY_MS_MAX);
  return { kind: 'retry', why, failures, forMs: Math.ceil(Math.max(backoffMs, afterMs)) };
}

/** How long a tenant waits that its destination refuses. */
export function pauseHold(previous: Hold | undefined, why: string, afterMs: number): NewHold {
  const failures = inARow(previous, 'pause');
  return {
    kind: 'pause',
    why,
    failures,
    forMs: Math.ceil(Math.max(doubled(PAUSE_BASE_MS, failures, PAUSE_MS_MAX), afterMs)),
  };
}

/** How long a tenant waits that is handed back with a POST under way: until that cannot arrive any more. */
export function abortHold(previous: Hold | undefined, afterMs: number): NewHold {
  return {
    kind: 'abort',
    why: 'handed back with a request under way',
    failures: previous?.failures ?? 0,
    forMs: Math.ceil(afterMs),
  };
}

/**
 * Says why a tenant waits whose drain token no key here opens. It lasts no time, since another outlet may have the key; the
 * windows themselves are put off. It takes the place of what was known of the destination, whose back-off so begins anew:
 * during a key rotation gone wrong, a destination that fails besides is asked a little more often.
 */
export function keyHold(previous: Hold | undefined): NewHold {
  const why = 'no key in SECRETS opens its drain token';
  return { kind: 'key', why, failures: inARow(previous, 'key'), forMs: 0 };
}

/** A pause after a few retries begins at its own base, and the other way round. */
function inARow(previous: Hold | undefined, kind: Hold['kind']): number {
  return previous?.kind === kind ? previous.failures + 1 : 1;
}

function doubled(baseMs: number, failures: number, msMax: number): number {
  return Math.min(msMax, baseMs * 2 ** Math.min(failures - 1, 30));
}
