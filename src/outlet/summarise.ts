import { promisify } from 'node:util';
import { constants, deflateRaw, deflateRawSync } from 'node:zlib';
import { endAt } from '../model/window.js';
import type { MetricPoint } from '../model/metric-point.js';
import { SummaryWriter } from '../model/window-summary.js';
import type { ClaimedWindow } from '../store/window-store.js';

const deflate = promisify(deflateRaw);

/** Up to so many bytes, a fraction of a ms, it is quicker to deflate than to have it done. */
const SYNC_BYTES_MAX = 32 * 1024;

const FAST = { level: constants.Z_BEST_SPEED };

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
  finish(): Uint8Array | Promise<Uint8Array> {
    const bytes = this.writer.finish();
    return bytes.length > SYNC_BYTES_MAX ? deflate(bytes, FAST) : deflateRawSync(bytes, FAST);
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
