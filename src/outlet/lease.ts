import type { Clock } from '../model/clock.js';
import {
  StoreUnavailableError,
  type ClaimToken,
  type TenantId,
  type WindowProgress,
  type WindowStore,
} from '../store/window-store.js';

/**
 * Between the end of a POST, abort included, and the end of the lease, ms: room for a slow event loop and for settling, so
 * that a POST of an owner that has been replaced never arrives after one of its successor.
 */
export const LEASE_MARGIN_MS = 5_000;

/**
 * What an outlet may still do with a claim. Time is counted from before claim or renew was sent: the store's lease begins
 * later, so it ends no earlier than this one.
 */
export class Lease {
  private endsAt: number;
  private renewal: Promise<boolean> | undefined;
  private isLost = false;

  /** @param sentAt `clock.monotonic()` from before the claim was sent */
  constructor(
    private readonly store: Pick<WindowStore, 'renew'>,
    private readonly clock: Clock,
    private readonly leaseMs: number,
    readonly tenant: TenantId,
    readonly claim: ClaimToken,
    sentAt: number,
  ) {
    this.endsAt = sentAt + leaseMs;
  }

  /** Time within which a POST must have ended, ms; not positive once it is too late to start one. */
  get postMs(): number {
    return this.endsAt - LEASE_MARGIN_MS - this.clock.monotonic();
  }

  /** Whether the claim holds as far as this process can tell. */
  get alive(): boolean {
    return !this.isLost && this.clock.monotonic() < this.endsAt;
  }

  /** Whether the store said that the claim is another's, or was purged: nothing may be sent or settled any more. */
  get lost(): boolean {
    return this.isLost;
  }

  /** Renews if less than `ms` is left for a POST. Whether what is left then can be used at all is for the caller to see. */
  async ensure(ms: number, progress: () => readonly WindowProgress[]): Promise<void> {
    if (this.postMs < ms) await this.renew(progress);
  }

  /** Lengthens the lease and records progress; callers at once share one call. False if the store did not confirm it. */
  renew(progress: () => readonly WindowProgress[]): Promise<boolean> {
    return (this.renewal ??= this.callRenew(progress()).finally(() => (this.renewal = undefined)));
  }

  private async callRenew(progress: readonly WindowProgress[]): Promise<boolean> {
    const sentAt = this.clock.monotonic();
    try {
      const ours = await this.store.renew(this.tenant, this.claim, this.leaseMs, progress);
      if (ours) this.endsAt = sentAt + this.leaseMs;
      else this.isLost = true;
      return ours;
    } catch (error) {
      if (error instanceof StoreUnavailableError) return false;
      throw error;
    }
  }
}
