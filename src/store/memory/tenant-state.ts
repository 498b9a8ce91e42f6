import type { WindowPolicy, WindowRef } from '../../model/window.js';
import {
  type Claim,
  type ClaimOptions,
  type ClaimToken,
  type Hold,
  type NewHold,
  PURGE_HOLD,
  type SettledWindow,
  type WindowProgress,
} from '../window-store.js';
import { type Placement, windowKey } from './placement.js';
import { WindowState } from './window-state.js';

/** One tenant: its windows, who has claimed it, and whether it is held. All instants in ms since the epoch. */
export class TenantState {
  /** What its windows cost, as placement.ts counts it. */
  bytes = 0;
  hold: (Hold & { readonly untilAt: number }) | undefined;

  private readonly windows = new Map<string, WindowState>();
  private lastToken = '';
  private claimed: { readonly token: ClaimToken; untilAt: number; readonly keys: readonly string[] } | undefined;
  /** A delayed copy of its claim call must not take the tenant once more. */
  private settledClaim: ClaimToken | undefined;

  constructor(private readonly policy: WindowPolicy) {}

  /** Windows that wait for delivery. */
  get waiting(): WindowState[] {
    return [...this.windows.values()].filter((window) => !window.delivered);
  }

  /** How many windows are due at `nowMs`. */
  dueWindows(nowMs: number): number {
    return this.waiting.filter((window) => window.nextAt <= nowMs).length;
  }

  /** Until when the last claim holds, unless it was settled. */
  get claimedUntilAt(): number | undefined {
    return this.claimed?.untilAt;
  }

  /** Whether someone has it claimed, or a hold keeps it, at `nowMs`. */
  isTaken(nowMs: number): boolean {
    return (this.claimed?.untilAt ?? 0) > nowMs || this.isHeld(nowMs);
  }

  /** Whether nothing is left that it must be remembered for. */
  isDone(nowMs: number): boolean {
    return this.windows.size === 0 && !this.isTaken(nowMs);
  }

  /** When someone should look at it next. */
  nextAt(nowMs: number): number {
    if (this.claimed) return this.claimed.untilAt;
    if (this.isHeld(nowMs)) return this.hold!.untilAt;
    let earliest = Infinity;
    for (const window of this.windows.values()) earliest = Math.min(earliest, window.nextAt);
    return earliest;
  }

  window(window: WindowRef): WindowState | undefined {
    return this.windows.get(windowKey(window));
  }

  /** Takes a request's batches in. Returns when the earliest of their windows is due. */
  append(placement: Placement, token: string, adds: boolean, nowMs: number): number {
    this.lastToken = token;
    let earliest = Infinity;
    for (const [key, placed] of placement.windows) {
      const window = this.windows.get(key) ?? new WindowState(placed.window, adds, this.policy);
      this.windows.set(key, window);
      window.append(placed.batches, placed.bytes, nowMs);
      this.bytes += placed.bytes;
      earliest = Math.min(earliest, window.nextAt);
    }
    return earliest;
  }

  /** See WindowStore.claim. Without a window in the answer there is no claim either. */
  claim(token: ClaimToken, { leaseMs, windowLimit }: ClaimOptions, nowMs: number): Claim | undefined {
    if (this.claimed?.token === token) {
      this.claimed.untilAt = nowMs + leaseMs;
      return this.answer(this.claimed.keys, 0, false);
    }
    if (this.isTaken(nowMs) || token === this.settledClaim) return undefined;
    const takenOver = this.claimed !== undefined;
    this.claimed = undefined;
    const { due, expired } = this.sortOut(nowMs);
    const keys = due
      .sort((a, b) => a.nextAt - b.nextAt || a.startSeconds - b.startSeconds)
      .slice(0, windowLimit)
      .map(windowKey);
    if (keys.length > 0) this.claimed = { token, untilAt: nowMs + leaseMs, keys };
    else if (expired === 0) return undefined;
    return this.answer(keys, expired, takenOver);
  }

  /** Whether `token` is that of the last claim, which has not been settled. How long ago it was made does not matter. */
  isOwner(token: ClaimToken): boolean {
    return this.claimed?.token === token;
  }

  renew(leaseMs: number, progress: readonly WindowProgress[], nowMs: number): void {
    if (this.claimed) this.claimed.untilAt = nowMs + leaseMs;
    for (const window of progress) this.window(window)?.record(window);
  }

  /** Ends the claim. Windows that are not in the state are passed over. Returns how many were delivered and expired. */
  settle(
    windows: readonly SettledWindow[],
    hold: NewHold | undefined,
    nowMs: number,
  ): Record<'delivered' | 'expired', number> {
    const counts = { delivered: 0, expired: 0 };
    for (const settled of windows) {
      const window = this.window(settled);
      if (!window) continue;
      if (settled.outcome === 'later') {
        window.record(settled);
        window.putOff(nowMs, settled.afterMs);
        continue;
      }
      counts[settled.outcome]++;
      if (settled.outcome === 'expired' || window.deliverTo(settled.endBatch, nowMs)) this.drop(window);
    }
    this.hold = hold && { kind: hold.kind, why: hold.why, failures: hold.failures, untilAt: nowMs + hold.forMs };
    this.settledClaim = this.claimed?.token;
    this.claimed = undefined;
    return counts;
  }

  /** See WindowStore.purge. Returns what was dropped. */
  purge(nowMs: number): WindowState[] {
    const purged = this.waiting;
    for (const window of purged) this.drop(window);
    if (purged.length > 0 && this.claimed) {
      const { token, untilAt } = this.claimed;
      if (untilAt > nowMs) this.hold = { ...PURGE_HOLD, untilAt };
      this.settledClaim = token;
      this.claimed = undefined;
    }
    return purged;
  }

  /** Makes all that waits due now; nothing if it is held. */
  close(nowMs: number): void {
    if (this.isHeld(nowMs)) return;
    for (const window of this.windows.values()) window.close(nowMs);
  }

  private isHeld(nowMs: number): boolean {
    return (this.hold?.untilAt ?? 0) > nowMs;
  }

  /** Drops what is past its delivery age, retires what is past its deadline; returns what is due. */
  private sortOut(nowMs: number): { due: WindowState[]; expired: number } {
    const due: WindowState[] = [];
    let expired = 0;
    for (const window of this.windows.values()) {
      if (window.nextAt > nowMs) continue;
      if (window.delivered) {
        this.drop(window);
      } else if (window.isExpired(nowMs)) {
        this.drop(window);
        expired++;
      } else {
        due.push(window);
      }
    }
    return { due, expired };
  }

  private drop(window: WindowState): void {
    if (this.windows.delete(windowKey(window))) this.bytes -= window.bytes;
  }

  private answer(keys: readonly string[], expiredWindows: number, takenOver: boolean): Claim {
    const windows = keys.flatMap((key) => this.windows.get(key)?.claimed() ?? []);
    const hold = this.hold && { kind: this.hold.kind, why: this.hold.why, failures: this.hold.failures };
    return { token: this.lastToken, hold, windows, expiredWindows, takenOver };
  }
}
