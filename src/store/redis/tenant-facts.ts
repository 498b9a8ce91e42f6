import { FACT_NAMES, type FactName, SERIES_SHOWN_MAX, type TenantFacts } from '../window-store.js';
import { holdOf } from './claim-call.js';

/** A hash as Redis answers it. */
export type Hash = Readonly<Record<string, string>>;

/** Where a window's state says whether it is delivered; the order of its numbers is that of PARTS in prelude.lua. */
const DELIVERED = 1;

/** What the hashes of a tenant say of it; undefined if there is neither. */
export function tenantFacts(facts: Hash, state: Hash): TenantFacts | undefined {
  if (Object.keys(facts).length === 0 && Object.keys(state).length === 0) return undefined;
  const counts: Partial<Record<FactName, number>> = {};
  for (const name of FACT_NAMES) if (facts[name] !== undefined) counts[name] = Number(facts[name]);
  const hold = holdOf(state['hold']);
  return {
    counts,
    lastDataAt: numberOf(facts['lastDataAt']),
    lastDeliveryAt: numberOf(facts['lastDeliveryAt']),
    hold: hold && { ...hold, untilAt: Number(state['holdUntil']) },
    seriesOverLimit: seriesOf(facts['series']),
    windowsWaiting: Object.entries(state).filter(([name, value]) => isWindow(name) && !isDelivered(value)).length,
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

function isWindow(name: string): boolean {
  return /^\d+:\d+$/.test(name);
}

function isDelivered(window: string): boolean {
  return window.split(' ')[DELIVERED] === '1';
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
