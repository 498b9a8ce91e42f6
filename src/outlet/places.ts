import type { Clock } from '../model/clock.js';
import type { TenantId } from '../store/window-store.js';

/** A delivery that takes longer than this, ms, is slow: destinations that are well answer within a second. */
const SLOW_MS = 2_000;

/** Tenants that are remembered as slow; past that the longest known are forgotten, and met as if for the first time. */
const SLOW_TENANTS_MAX = 4_096;

/** The part of the places that tenants known as slow may have, and that one host may have while it answers nobody. */
const SHARE = 1 / 4;

/** See {@link SHARE}. */
export function shareOf(placesMax: number): number {
  return Math.max(1, Math.floor(placesMax * SHARE));
}

/**
 * Who may deliver now. None waits for slow ones for longer than {@link SLOW_MS}:
 * - a delivery that has become slow steps aside: up to `placesMax` of them take no place any more.
 * - a tenant whose last delivery was slow and came to nothing is known: these have a quarter of the places among them.
 */
export class Places {
  private readonly taken = new Map<TenantId, { readonly since: number; readonly slow: boolean }>();
  private readonly slow = new Set<TenantId>();
  private someoneWaits = false;

  constructor(
    private readonly placesMax: number,
    private readonly clock: Pick<Clock, 'monotonic'>,
  ) {}

  /** How many due tenants to ask for: enough to see past the slow ones, which may have to wait at the front. */
  get sight(): number {
    return this.placesMax + this.slow.size;
  }

  /** Whether someone waits for a place, and enough have become free to make another look worth it. */
  get worthALook(): boolean {
    return this.someoneWaits && this.free >= shareOf(this.placesMax);
  }

  /** Those of the due tenants that get a place now, the first ones first. */
  choose(due: readonly TenantId[]): TenantId[] {
    let { free } = this;
    let freeForSlow = shareOf(this.placesMax) - this.count(({ slow }) => slow);
    this.someoneWaits = due.length >= this.sight;
    return due.filter((tenant) => {
      if (this.taken.has(tenant)) return false;
      const slow = this.slow.has(tenant);
      if (slow && freeForSlow <= 0) return false;
      if (free <= 0) this.someoneWaits = true;
      if (free <= 0) return false;
      free--;
      if (slow) freeForSlow--;
      return true;
    });
  }

  /** @returns whether the tenant is known as slow */
  take(tenant: TenantId): boolean {
    const slow = this.slow.has(tenant);
    this.taken.set(tenant, { since: this.clock.monotonic(), slow });
    return slow;
  }

  /** @param putOff whether the delivery came to nothing and the tenant waits now */
  leave(tenant: TenantId, putOff: boolean): void {
    const place = this.taken.get(tenant);
    this.taken.delete(tenant);
    this.slow.delete(tenant);
    if (!place || !putOff || !this.isSlow(place)) return;
    this.slow.add(tenant);
    if (this.slow.size > SLOW_TENANTS_MAX) this.slow.delete(this.slow.values().next().value!);
  }

  private get free(): number {
    const aside = this.count((place) => !place.slow && this.isSlow(place));
    return this.placesMax - this.taken.size + Math.min(aside, this.placesMax);
  }

  private isSlow({ since }: { readonly since: number }): boolean {
    return this.clock.monotonic() - since >= SLOW_MS;
  }

  private count(which: (place: { readonly since: number; readonly slow: boolean }) => boolean): number {
    let count = 0;
    for (const place of this.taken.values()) if (which(place)) count++;
    return count;
  }
}
