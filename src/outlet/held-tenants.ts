import type { Clock } from '../model/clock.js';
import type { Hold, TenantId } from '../store/window-store.js';

/** A tenant that is not met again so long after its hold, ms, is served by another outlet, or gone. */
const REMEMBER_MS = 60_000;

/** More than would fit on any dashboard; then the longest known are forgotten first. */
const HELD_MAX = 100_000;

/** A tenant that a delivery was put off for. */
export interface Held {
  readonly kind: Hold['kind'];
  /** For how long it is held, ms. */
  readonly forMs: number;
  /** When the oldest of its windows was first due, ms since the epoch by the store's clock. */
  readonly firstDueAt: number;
}

/** Tenants whose deliveries this outlet has put off. */
export class HeldTenants {
  private readonly held = new Map<TenantId, Held & { readonly until: number }>();

  constructor(private readonly clock: Pick<Clock, 'monotonic'>) {}

  /** Notes what became of a delivery. @param held undefined if it was not put off */
  note(tenant: TenantId, held: Held | undefined): void {
    this.held.delete(tenant);
    if (!held) return;
    this.held.set(tenant, { ...held, until: this.clock.monotonic() + held.forMs + REMEMBER_MS });
    if (this.held.size > HELD_MAX) this.held.delete(this.held.keys().next().value!);
  }

  /** How many there are of each kind, and since when the oldest of their windows was due, ms since the epoch. */
  summary(): { readonly byKind: Record<Hold['kind'], number>; readonly oldestDueAt: number | undefined } {
    const now = this.clock.monotonic();
    const byKind = { retry: 0, pause: 0, abort: 0, key: 0 };
    let oldest = Infinity;
    for (const [tenant, { kind, until, firstDueAt }] of this.held) {
      if (until < now) this.held.delete(tenant);
      else {
        byKind[kind]++;
        oldest = Math.min(oldest, firstDueAt);
      }
    }
    return { byKind, oldestDueAt: oldest === Infinity ? undefined : oldest };
  }
}
