import type { Clock } from '../model/clock.js';

const WINDOW_MS = 60_000;

/** So many addresses are told apart; further ones share one allowance, so that making up addresses gains nothing. */
const ADDRESSES_MAX = 10_000;
const OTHERS = 'others';

/** Counts events by address in windows of a minute. */
export class AddressLimiter {
  private counts = new Map<string, number>();
  private endsAt = 0;

  /** @param perMinute events that an address may cause a minute */
  constructor(
    private readonly perMinute: number,
    private readonly clock: Clock,
  ) {}

  /** Counts an event. @returns seconds to wait if the address is over its allowance, else 0 */
  hit(address: string): number {
    const now = this.clock.monotonic();
    if (now >= this.endsAt) {
      this.counts = new Map();
      this.endsAt = now + WINDOW_MS;
    }
    const key = this.counts.has(address) || this.counts.size < ADDRESSES_MAX ? address : OTHERS;
    const count = (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, count);
    return count > this.perMinute ? Math.ceil((this.endsAt - now) / 1000) : 0;
  }
}
