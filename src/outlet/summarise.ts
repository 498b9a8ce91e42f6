import { promisify } from 'node:util';
import { constants, deflateRaw, deflateRawSync } from 'node:zlib';
import { endAt } from '../model/window.js';
import type { MetricPoint } from '../model/metric-point.js';
import { SummaryWriter } from '../model/window-summary.js';
import type { ClaimedWindow } from '../store/window-store.js';

const deflate = promisify(deflateRaw);

/** Up to so many bytes, a fraction of a ms, it is quicker to deflate than to have it done. */
const SYNC_BYTES_MAX = 32 * 1024;

/** Small tables: with zlib's own, most of the time for a small window is spent on clearing them. */
const FAST = { level: constants.Z_BEST_SPEED, windowBits: 12, memLevel: 5 };

/** Makes the summary of one window while its points pass by on their way to the destination. */
export class WindowSummary {
  private readonly writer = new SummaryWriter();

  /** The same points, each looked at when it is asked for. */
  *of(points: Iterable<MetricPoint>): Generator<MetricPoint, void, void> {
    for (const point of points) {
      this.writer.add(point);
      yield point;
    }
  }

  /** The summary of those that have passed, as the store keeps it. */
  async finish(): Promise<Uint8Array> {
    const bytes = this.writer.finish();
    const deflated = bytes.length > SYNC_BYTES_MAX ? await deflate(bytes, FAST) : deflateRawSync(bytes, FAST);
    // A copy: zlib gives a view of 16 KiB, however few of them it has filled, and the embedded store keeps what it gets.
    return Uint8Array.from(deflated);
  }
}

/**
 * The summary to be made of a window, if one is wanted: not of what nobody will be shown, nor of batches that are delivered on
 * their own after the rest of their window, in whose place they would be shown.
 *
 * @param recentMs for how long windows are shown; 0: not at all
 */
export function summaryFor(window: ClaimedWindow, recentMs: number, nowMs: number): WindowSummary | undefined {
  return window.firstBatch === 0 && endAt(window) > nowMs - recentMs ? new WindowSummary() : undefined;
}
