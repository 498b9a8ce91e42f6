import {
  FACT_NAMES,
  type FactName,
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
 * @param nextLookAt its score in the due set, if it is there
 */
export function tenantFacts(facts: Hash, state: Hash, nextLookAt: string | null): TenantFacts | undefined {
  if (Object.keys(facts).length === 0 && Object.keys(state).length === 0) return undefined;
  const counts: Partial<Record<FactName, number>> = {};
  for (const name of FACT_NAMES) {
    const count = Number(facts[`now:${name}`] ?? 0) + Number(facts[`before:${name}`] ?? 0);
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
    lastDeliveryAt: numberOf(facts['lastDeliveryAt']),
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

/** What {@link seriesText} wrote. */
function seriesOf(text: string | undefined): string[] {
  return text ? (JSON.parse(text) as string[]) : [];
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
