import type { FactCounts, FactName, TenantId } from '../window-store.js';
import { ExpiringMap } from './expiring-map.js';

/** Facts about a tenant live so long after they were last added to, in ms. */
export const FACTS_TTL_MS = 3_600_000;

/** What the store remembers of a tenant beside its windows. */
export interface FactPage {
  readonly counts: Partial<Record<FactName, number>>;
  lastDataAt: number | undefined;
  lastDeliveryAt: number | undefined;
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
    const page = this.pages.get(tenant, nowMs) ?? blankPage();
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

function blankPage(): FactPage {
  return { counts: {}, lastDataAt: undefined, lastDeliveryAt: undefined, seriesOverLimit: [] };
}
