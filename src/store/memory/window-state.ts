import { deadlineAt, dueAt, redeliverAt, type WindowPolicy, type WindowRef } from '../../model/window.js';
import type { ClaimedWindow, WindowProgress } from '../window-store.js';
import { BATCH_OVERHEAD_BYTES } from './placement.js';

/** One window of a tenant: its batches in order of arrival, and how far their delivery is. */
export class WindowState implements WindowRef {
  readonly resolutionSeconds: number;
  readonly startSeconds: number;
  readonly batches: Uint8Array[] = [];
  /** What the batches cost, as placement.ts counts it. */
  bytes = 0;
  /** Whether nothing in it waits for delivery. */
  delivered = false;
  /** When it is to be delivered or, once it is delivered, to be retired; ms since the epoch. */
  nextAt: number;
  /** When it was first due and undelivered, ms since the epoch. */
  firstDueAt: number;

  /** Batches before this one were delivered on their own; not 0 only where the destination adds. */
  private firstBatch = 0;
  /** Where the destination adds, the end of the delivery that the first claim began. */
  private fixedEnd: number | undefined;
  private progress = { endBatch: 0, pointsSettled: 0 };

  /** @param adds whether a second delivery of the window would add to the first */
  constructor(
    window: WindowRef,
    private readonly adds: boolean,
    private readonly policy: WindowPolicy,
  ) {
    this.resolutionSeconds = window.resolutionSeconds;
    this.startSeconds = window.startSeconds;
    this.nextAt = this.firstDueAt = dueAt(window, policy);
  }

  /** What of it is still to be delivered, and the bytes of that. */
  get waiting(): { readonly batches: number; readonly bytes: number } {
    let bytes = this.bytes - this.batches.length * BATCH_OVERHEAD_BYTES;
    for (let i = 0; i < this.firstBatch; i++) bytes -= this.batches[i]!.byteLength;
    return { batches: this.batches.length - this.firstBatch, bytes };
  }

  /** Takes batches in. A delivered window is due again after a pause; one that waits just grows. */
  append(batches: readonly Uint8Array[], bytes: number, nowMs: number): void {
    for (const batch of batches) this.batches.push(ownBytes(batch));
    this.bytes += bytes;
    if (this.delivered) this.wake(redeliverAt(this, nowMs, this.policy));
  }

  /** Makes it due now, if it waits for delivery at all. */
  close(nowMs: number): void {
    if (this.delivered) return;
    this.nextAt = Math.min(this.nextAt, nowMs);
    this.firstDueAt = Math.min(this.firstDueAt, nowMs);
  }

  /** Whether it waits for delivery and has done so for longer than the delivery age. */
  isExpired(nowMs: number): boolean {
    return !this.delivered && nowMs - this.firstDueAt > this.policy.deliveryAgeMs;
  }

  /**
   * What a claim is given of it. Where the destination adds, the first claim fixes how many batches that is: points that
   * were settled for fewer batches would be sent again with more in them, and so count twice.
   */
  claimed(): ClaimedWindow {
    if (this.adds) this.fixedEnd ??= this.batches.length;
    const { resolutionSeconds, startSeconds, firstBatch, endBatch, firstDueAt, progress } = this;
    let bytes = 0;
    for (let i = firstBatch; i < endBatch; i++) bytes += this.batches[i]!.byteLength;
    const pointsSettled = progress.endBatch === endBatch ? progress.pointsSettled : 0;
    return { resolutionSeconds, startSeconds, firstBatch, endBatch, bytes, pointsSettled, firstDueAt };
  }

  /** Remembers progress, if it is good for the batches as they are now; never lowers it. */
  record({ endBatch, pointsSettled }: WindowProgress): void {
    if (this.delivered || endBatch !== this.endBatch) return;
    const held = this.progress.endBatch === endBatch ? this.progress.pointsSettled : 0;
    this.progress = { endBatch, pointsSettled: Math.max(held, pointsSettled) };
  }

  /** Due again after so long, its age counting on; at once it keeps its place before those behind it. */
  putOff(nowMs: number, afterMs: number): void {
    if (!this.delivered) this.nextAt = afterMs > 0 ? nowMs + afterMs : Math.min(this.nextAt, nowMs);
  }

  /** Notes that the batches before `endBatch` are delivered. True if nothing is left to keep it for. */
  deliverTo(endBatch: number, nowMs: number): boolean {
    if (this.batches.length > endBatch) {
      if (this.adds) {
        this.firstBatch = Math.max(this.firstBatch, endBatch);
        this.fixedEnd = undefined;
        this.wake(Math.max(nowMs, dueAt(this, this.policy)));
      } else {
        this.wake(redeliverAt(this, nowMs, this.policy));
      }
      return false;
    }
    const retiresAt = deadlineAt(this, this.policy);
    if (this.adds || nowMs >= retiresAt) return true;
    this.delivered = true;
    this.nextAt = retiresAt;
    return false;
  }

  private get endBatch(): number {
    return this.fixedEnd ?? this.batches.length;
  }

  private wake(at: number): void {
    this.delivered = false;
    this.nextAt = this.firstDueAt = at;
  }
}

/** The bytes in a buffer of their own: a view into a large one would keep all of that. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}
