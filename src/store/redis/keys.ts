import type { WindowPolicy, WindowRef } from '../../model/window.js';
import { RESOLUTIONS } from '../../model/window.js';
import type { TenantId } from '../window-store.js';

/** A constant of the storage format: with another number, nothing that is stored would be found. */
export const PARTITIONS = 64;

const HOUR_MS = 3_600_000;

/** Which partition a tenant belongs to: the six leading bits of its id, which is a hash. */
export function partitionOf(tenant: TenantId): number {
  return Number.parseInt(tenant.slice(0, 2), 16) >> 2;
}

/**
 * Every key there is. The prefix comes first; then, in braces, the partition: all keys of one lie in one slot of a Redis
 * Cluster, so that a script may touch them together, and 64 partitions in 64 different ones (two digits spread better
 * over three to six shards than one or two do).
 */
export class Keys {
  /** @param prefix what this service's keys begin with, so that others may share the database */
  constructor(private readonly prefix: string) {}

  /** Sorted set: tenant → when an outlet should look at it next, ms since the epoch. Expires: {@link expiries}.state. */
  due(partition: number): string {
    return `${this.prefix}:{${String(partition).padStart(2, '0')}}:due`;
  }

  /** Sorted set: window → when it is to be delivered or retired, ms since the epoch. Expires: {@link expiries}.state. */
  queue(tenant: TenantId): string {
    return this.of(tenant, `q:${tenant}`);
  }

  /** Hash: the tenant's token, claim, hold, bytes and a field a window (tenant-state.ts). Expires: {@link expiries}.state. */
  state(tenant: TenantId): string {
    return this.of(tenant, `s:${tenant}`);
  }

  /**
   * List: encoded batches in order of arrival. Expires: {@link expiries}.state; once nothing in it is undelivered,
   * {@link expiries}.delivered after its late deadline, or at once where the destination adds.
   */
  window(tenant: TenantId, window: WindowRef): string {
    return this.of(tenant, `w:${tenant}:${window.resolutionSeconds}:${window.startSeconds}`);
  }

  /** String: the receipt of a request that is stored, see commit.lua. Expires: CommitRequest.idempotencyTtlMs after that. */
  idempotency(tenant: TenantId, key: string): string {
    return this.of(tenant, `i:${key}`);
  }

  /** Hash: counts for `GET /logs`. Expires: {@link expiries}.facts. */
  facts(tenant: TenantId): string {
    return this.of(tenant, `f:${tenant}`);
  }

  /**
   * Hash: the summaries of what was delivered lately; a field for each delivery, named as settle.lua says, since a window
   * may come again. Expires: StoreOptions.recent after the last delivery, or up to a sixth of that later.
   */
  recent(tenant: TenantId): string {
    return this.of(tenant, `r:${tenant}`);
  }

  private of(tenant: TenantId, rest: string): string {
    return `${this.prefix}:{${String(partitionOf(tenant)).padStart(2, '0')}}:${rest}`;
  }
}

/** A commit sets lives again once this share of them is over, or a window begins; see commit.lua. */
const TOUCH_SHARE = 32;

/** How long keys live that are not used, in ms; use sets it again, if not every use. */
export interface Expiries {
  /** A tenant that no outlet looks at for so long is gone, undelivered data included, with no one to count it. */
  readonly stateTtlMs: number;
  /** From the late deadline of a window that is delivered, as long as its list might still be read. */
  readonly deliveredTtlMs: number;
  readonly factsTtlMs: number;
}

/**
 * The expiries that go with a window policy. State lives for delivery age + late deadline + 1 h. That hour also covers the
 * time before a window is due, which the default future limit bounds; a longer limit is added.
 */
export function expiriesOf(policy: WindowPolicy): Expiries {
  const lateDeadlineMs = Math.max(2_000 * Math.max(...RESOLUTIONS), policy.lateDeadlineMs);
  const aheadMs = HOUR_MS + Math.max(0, policy.futureLimitMs - HOUR_MS);
  const stateTtlMs = atLeast(policy.deliveryAgeMs + lateDeadlineMs + aheadMs);
  return { stateTtlMs, deliveredTtlMs: 60_000, factsTtlMs: atLeast(HOUR_MS) };
}

/** A life that is so long even if it was last set just before it had to be set again. */
function atLeast(ms: number): number {
  return Math.ceil((ms * TOUCH_SHARE) / (TOUCH_SHARE - 1));
}
