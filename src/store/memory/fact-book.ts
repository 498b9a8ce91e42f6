import {
  type ClaimToken,
  COUNTS_MS,
  type FactCounts,
  type FactName,
  type LastDelivery,
  type RejectionFact,
  type TenantId,
} from '../window-store.js';
import { ExpiringMap } from './expiring-map.js';

/** Facts about a tenant live so long after they were last added to, in ms. */
export const FACTS_TTL_MS = 3_600_000;

/** What the store remembers of a tenant beside its windows. */
export interface FactPage {
  /** Since {@link since}, and of as long before. */
  counts: Partial<Record<FactName, number>>;
  before: Partial<Record<FactName, number>>;
  since: number;
  readonly examples: Partial<Record<RejectionFact, string>>;
  lastDataAt: number | undefined;
  lastDelivery: LastDelivery | undefined;
  /** The last claim that was settled. */
  settledClaim: ClaimToken | undefined;
  seriesOverLimit: readonly string[];
}

/** The facts about all tenants of the last hour. */
export class FactBook {
  private readonly pages = new ExpiringMap<FactPage>();

  /** Pages that take up memory. */
  get size(): number {
    return this.pages.size;
  }

  /** What is known of a tenant; undefined if nothing, or nothing of the last hour. */
  read(tenant: TenantId, nowMs: number): Readonly<FactPage> | undefined {
    return this.pages.get(tenant, nowMs);
  }

  /** Adds counts to a tenant's page, which lives an hour from now. */
  add(tenant: TenantId, counts: FactCounts, nowMs: number): FactPage {
    const page = this.pages.get(tenant, nowMs) ?? blankPage(nowMs);
    turn(page, nowMs);
    for (const [name, count] of Object.entries(counts) as [FactName, number][]) {
      if (count !== 0) page.counts[name] = (page.counts[name] ?? 0) + count;
    }
    this.pages.set(tenant, page, nowMs + FACTS_TTL_MS, nowMs);
    return page;
  }

  /** Frees pages that have ended, looking at no more than `limit` of them. */
  sweep(nowMs: number, limit: number): void {
    this.pages.sweep(nowMs, limit);
  }
}

/** Counts of a page, those of the half hour before included as long as they are not too old. */
export function countsOf({ counts, before, since }: FactPage, nowMs: number): FactCounts {
  if (nowMs - since >= 2 * COUNTS_MS) return {};
  const sum = nowMs - since >= COUNTS_MS ? {} : { ...before };
  for (const [name, count] of Object.entries(counts) as [FactName, number][]) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

/** Begins to count anew, if it is time. */
function turn(page: FactPage, nowMs: number): void {
  const countedMs = nowMs - page.since;
  if (countedMs < COUNTS_MS) return;
  page.before = countedMs < 2 * COUNTS_MS ? page.counts : {};
  page.counts = {};
  page.since = nowMs;
}

function blankPage(nowMs: number): FactPage {
  return {
    counts: {},
    before: {},
    since: nowMs,
    examples: {},
    lastDataAt: undefined,
    lastDelivery: undefined,
    settledClaim: undefined,
    seriesOverLimit: [],
  };
}
