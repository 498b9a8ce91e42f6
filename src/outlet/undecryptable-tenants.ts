import type { Clock } from '../model/clock.js';
import type { TenantId } from '../store/window-store.js';

/** A tenant that is not met again for so long, ms, is served elsewhere or gone: it came every 30 s before. */
const REMEMBER_MS = 120_000;

/** Tenants whose token could not be opened when they were last met. */
export class UndecryptableTenants {
  private readonly metAt = new Map<TenantId, number>();

  constructor(private readonly clock: Pick<Clock, 'monotonic'>) {}

  get count(): number {
    const since = this.clock.monotonic() - REMEMBER_MS;
    for (const [tenant, metAt] of this.metAt) {
      // In order of time: what follows is younger.
      if (metAt >= since) break;
      this.metAt.delete(tenant);
    }
    return this.metAt.size;
  }

  /** Notes whether a tenant's token could be opened. */
  note(tenant: TenantId, undecryptable: boolean): void {
    this.metAt.delete(tenant);
    if (undecryptable) this.metAt.set(tenant, this.clock.monotonic());
  }
}
