import type { TenantId } from '../store/window-store.js';

/**
 * Keeps a host that does not answer from taking all places: only so many deliveries may wait there for the first answer to
 * any of them.
 */
export class HostShares {
  /** Deliveries under way at each host that started after it last answered. */
  private readonly waiting = new Map<string, Set<TenantId>>();

  constructor(private readonly waitingMax: number) {}

  /** Whether one more delivery may be tried there. If so, call {@link leave} at its end. */
  enter(host: string, tenant: TenantId): boolean {
    const waiting = this.waiting.get(host) ?? new Set();
    if (waiting.size >= this.waitingMax) return false;
    this.waiting.set(host, waiting.add(tenant));
    return true;
  }

  /** The host has answered someone, whatever it said. */
  answered(host: string): void {
    this.waiting.delete(host);
  }

  leave(host: string, tenant: TenantId): void {
    const waiting = this.waiting.get(host);
    if (waiting?.delete(tenant) && waiting.size === 0) this.waiting.delete(host);
  }
}
