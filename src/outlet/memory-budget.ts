import type { ClaimedWindow } from '../store/window-store.js';

/** Bounds the bytes of batches that are at work at once, over all tenants. */
export class MemoryBudget {
  private bytesInUse = 0;
  private isFull = false;

  /** @param bytesMax one window alone may be larger: it could never be delivered otherwise */
  constructor(private readonly bytesMax: number) {}

  /** Whether windows had to be left. No tenant is claimed then until something ends, so that the longest due goes first. */
  get full(): boolean {
    return this.isFull;
  }

  /** Takes the oldest windows that fit; none may. What is left stays due. */
  take(windows: readonly ClaimedWindow[]): readonly ClaimedWindow[] {
    let count = 0;
    for (; count < windows.length; count++) {
      const { bytes } = windows[count]!;
      if (this.bytesInUse > 0 && this.bytesInUse + bytes > this.bytesMax) break;
      this.bytesInUse += bytes;
    }
    if (count < windows.length) this.isFull = true;
    return windows.slice(0, count);
  }

  /** Gives back what {@link take} took. */
  release(windows: readonly ClaimedWindow[]): void {
    for (const { bytes } of windows) this.bytesInUse -= bytes;
    // Who took nothing frees nothing.
    if (windows.length > 0) this.isFull = false;
  }
}
