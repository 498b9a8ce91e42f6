import { endAt, type WindowRef } from '../../model/window.js';
import type { RecentOptions } from '../store.options.js';
import type { RecentWindow, TenantId } from '../window-store.js';
import { windowKey } from './placement.js';

/** What a summary costs beyond its bytes: an entry in a map and its window. */
const ENTRY_BYTES = 240;

interface Kept {
  readonly window: RecentWindow;
  readonly summary: Uint8Array;
}

/** A tenant's, by window, in the order of their delivery. */
interface Page {
  readonly windows: Map<string, Kept>;
  bytes: number;
  writtenAt: number;
}

/** The summaries of what was delivered lately, of all tenants. What has to go for want of room is the oldest. */
export class RecentBook {
  /** By when they were last written, longest ago first. */
  private readonly pages = new Map<TenantId, Page>();
  private totalBytes = 0;

  /** @param totalBytesMax what those of all tenants may take */
  constructor(
    private readonly options: RecentOptions,
    private readonly totalBytesMax: number,
  ) {}

  /** What is kept, with its overhead. */
  get bytes(): number {
    return this.totalBytes;
  }

  keep(tenant: TenantId, { resolutionSeconds, startSeconds }: WindowRef, summary: Uint8Array, nowMs: number): void {
    const window = { resolutionSeconds, startSeconds, deliveredAt: nowMs, bytes: summary.length };
    const former = this.pages.get(tenant);
    // What it was before is not true any more, whether there is room for what it is now or not.
    if (former) this.drop(former, windowKey(window));
    if (cost(window) > this.options.tenantBytesMax || endAt(window) <= nowMs - this.options.ms) return;
    const page = former ?? { windows: new Map<string, Kept>(), bytes: 0, writtenAt: nowMs };
    this.pages.delete(tenant);
    this.pages.set(tenant, page);
    page.writtenAt = nowMs;
    page.windows.set(windowKey(window), { window, summary });
    page.bytes += cost(window);
    this.totalBytes += cost(window);
    for (const [key, kept] of page.windows) {
      if (page.bytes <= this.options.tenantBytesMax && !this.isOld(kept.window, nowMs)) break;
      this.drop(page, key);
    }
    for (const [longestAgo, page] of this.pages) {
      if (this.totalBytes <= this.totalBytesMax) break;
      this.forget(longestAgo, page);
    }
  }

  /** A tenant's windows, oldest first. */
  windows(tenant: TenantId, nowMs: number): RecentWindow[] {
    const kept = [...(this.pages.get(tenant)?.windows.values() ?? [])].map(({ window }) => window);
    return kept.filter((window) => !this.isOld(window, nowMs)).sort((a, b) => a.startSeconds - b.startSeconds);
  }

  read(tenant: TenantId, windows: readonly RecentWindow[]): (Uint8Array | undefined)[] {
    const page = this.pages.get(tenant);
    return windows.map((window) => page?.windows.get(windowKey(window))?.summary);
  }

  /** Frees tenants of which nothing is left to be seen. */
  sweep(nowMs: number): void {
    for (const [tenant, page] of this.pages) {
      if (page.writtenAt > nowMs - this.options.ms) return;
      this.forget(tenant, page);
    }
  }

  private isOld(window: RecentWindow, nowMs: number): boolean {
    return endAt(window) <= nowMs - this.options.ms;
  }

  private drop(page: Page, key: string): void {
    const kept = page.windows.get(key);
    if (!kept) return;
    page.windows.delete(key);
    page.bytes -= cost(kept.window);
    this.totalBytes -= cost(kept.window);
  }

  private forget(tenant: TenantId, page: Page): void {
    this.pages.delete(tenant);
    this.totalBytes -= page.bytes;
  }
}

function cost({ bytes }: RecentWindow): number {
  return bytes + ENTRY_BYTES;
}
