import { CorruptBatchError, UnknownBatchVersionError } from '../model/batch-reader.js';
import { WindowBuckets } from '../model/window-batch.js';
import type { ClaimedWindow, TenantId, WindowStore } from '../store/window-store.js';
import { DroppedSeries, type DroppedSummary } from './dropped-series.js';
import type { Turns } from './turns.js';

/** Batches read at once: a few hundred KiB of them, while thousands may wait in a window. */
const BATCHES_PER_READ = 64;

/** What a window's batches hold. */
export type ReadWindow =
  /** A corrupt batch cannot be read by any release: it is left out, the others are delivered. */
  | {
      readonly outcome: 'read';
      readonly buckets: WindowBuckets;
      readonly corruptBatches: number;
      /** What was left out for having come after as many series as a window may have. */
      readonly dropped: DroppedSummary;
    }
  /** There are fewer batches than the claim said: the list has expired. What is left would be a wrong sum. */
  | { readonly outcome: 'expired' }
  /** A later release wrote one of them and will read it: nothing is delivered of the window here. */
  | { readonly outcome: 'unknown-version' };

/**
 * Reads a claimed window in chunks and merges the batches as they come, so that never more than a chunk is held encoded.
 * Of different series it takes the first `seriesMax`: the list has one order, whichever receivers its batches came from,
 * so a delivery that is taken up again has the same ones.
 *
 * @param betweenReads runs before each chunk, to keep the lease
 * @throws StoreUnavailableError
 */
export async function readWindow(
  store: Pick<WindowStore, 'read'>,
  tenant: TenantId,
  window: ClaimedWindow,
  seriesMax: number,
  turns: Turns,
  betweenReads: () => Promise<void>,
): Promise<ReadWindow> {
  const buckets = new WindowBuckets(seriesMax);
  const dropped = new DroppedSeries();
  let corruptBatches = 0;
  for (let from = window.firstBatch; from < window.endBatch; from += BATCHES_PER_READ) {
    await betweenReads();
    const to = Math.min(from + BATCHES_PER_READ, window.endBatch);
    const batches = await store.read(tenant, window, from, to);
    if (batches.length < to - from) return { outcome: 'expired' };
    for (const batch of batches) {
      try {
        await turns.finish(buckets.addBatch(batch, (bucket) => dropped.add(bucket)));
      } catch (error) {
        if (error instanceof UnknownBatchVersionError) return { outcome: 'unknown-version' };
        if (!(error instanceof CorruptBatchError)) throw error;
        corruptBatches++;
      }
    }
  }
  return { outcome: 'read', buckets, corruptBatches, dropped: dropped.summary() };
}
