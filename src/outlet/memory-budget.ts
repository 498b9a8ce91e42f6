import type { ClaimedWindow } from '../store/window-store.js';

/** What one claim may take of what is free. */
const SHARE = 1 / 4;

/**
 * Bounds the bytes of batches that are at work at once, over all tenants, to `bytesMax` and one window.
 *
 * A claim takes at most a quarter of what is free, so there is always room for small ones, whatever large ones hang. A
 * window that is larger than that waits for its turn in a place of its own, which one window at a time has.
 */
export class MemoryBudget {
  private bytesInUse = 0;
  private oversizeTaken = false;

  constructor(private readonly bytesMax: number) {}

  /** Takes the oldest windows that fit; none may. What is left stays due. Call `release` once they are done with. */
  take(windows: readonly ClaimedWindow[]): { readonly windows: readonly ClaimedWindow[]; release(): void } {
    const share = (this.bytesMax - this.bytesInUse) * SHARE;
    let bytes = 0;
    let count = 0;
    for (const window of windows) {
      if (bytes + window.bytes > share) break;
      bytes += window.bytes;
      count++;
    }
    if (count === 0 && windows.length > 0 && !this.oversizeTaken) {
      this.oversizeTaken = true;
      return { windows: windows.slice(0, 1), release: () => (this.oversizeTaken = false) };
    }
    this.bytesInUse += bytes;
    return { windows: windows.slice(0, count), release: () => (this.bytesInUse -= bytes) };
  }
}
