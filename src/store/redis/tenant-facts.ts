import {
  COUNTS_MS,
  FACT_NAMES,
  type FactName,
  type LastDelivery,
  REJECTION_FACTS,
  type RejectionFact,
  SERIES_SHOWN_MAX,
  type TenantFacts,
} from '../window-store.js';
import { holdOf } from './claim-call.js';
import { type Hash, waitingWindows } from './tenant-state.js';

/**
 * What the keys of a tenant say of it; undefined if there are none.
 *
 * @param nowMs by the store's clock
 * @param nextLookAt its score in the due set, if it is there
 */
export function tenantFacts(
  facts: Hash,
  state: Hash,
  nextLookAt: string | null,
  nowMs: number,
): TenantFacts | undefined {
  if (Object.keys(facts).length === 0 && Object.keys(state).length === 0) return undefined;
  const counts: Partial<Record<FactName, number>> = {};
  // Nobody has turned the page where nothing came.
  const sinceMs = nowMs - Number(facts['since'] ?? nowMs);
  const counted = (field: string, withinMs: number): number => (sinceMs < withinMs ? Number(facts[field] ?? 0) : 0);
  for (const name of FACT_NAMES) {
    const count = counted(`now:${name}`, 2 * COUNTS_MS) + counted(`before:${name}`, COUNTS_MS);
    if (count !== 0) counts[name] = count;
  }
  const examples: Partial<Record<RejectionFact, string>> = {};
  for (const name of REJECTION_FACTS) {
    const text = facts[`example:${name}`];
    if (text !== undefined) examples[name] = text;
  }
  const hold = holdOf(state['hold']);
  const waiting = waitingWindows(state);
  const first = waiting.reduce((least, { firstDueAt }) => Math.min(least, firstDueAt), Infinity);
  const sum = (of: 'batches' | 'bytes'): number => waiting.reduce((total, window) => total + window[of], 0);
  return {
    counts,
    examples,
    lastDataAt: numberOf(facts['lastDataAt']),
    lastDelivery: lastDeliveryOf(facts),
    hold: hold && { ...hold, untilAt: Number(state['holdUntil']) },
    seriesOverLimit: seriesOf(facts['series']),
    windowsWaiting: waiting.length,
    batchesWaiting: sum('batches'),
    bytesWaiting: sum('bytes'),
    firstDueAt: waiting.length > 0 ? first : undefined,
    claimedUntilAt: numberOf(state['claimUntil']),
    nextLookAt: numberOf(nextLookAt ?? undefined),
  };
}

/** Series that are shown, as settle.lua keeps them; '' if there are none. */
export function seriesText(series: readonly string[] = []): string {
  return series.length > 0 ? JSON.stringify(series.slice(0, SERIES_SHOWN_MAX)) : '';
}

function lastDeliveryOf(facts: Hash): LastDelivery | undefined {
  const at = numberOf(facts['lastDeliveryAt']);
  return at === undefined
    ? undefined
    : { at, points: Number(facts['lastPoints'] ?? 0), rejected: Number(facts['lastRejected'] ?? 0) };
}

/** What {@link seriesText} wrote. */
function seriesOf(text: string | undefined): string[] {
  return text ? (JSON.parse(text) as string[]) : [];
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
