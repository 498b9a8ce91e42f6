import { type Bucket, bucketKey } from '../model/bucket.js';
import { shownText } from '../model/shown-text.js';
import { SERIES_SHOWN_MAX } from '../store/window-store.js';

/**
 * Series that are told apart, and so counted once however many batches bring them: as many as are kept by default. What
 * is over even this is not counted. With less than 1 MB for it, a window full of random names does the outlet no harm.
 */
const COUNT_MAX = 10_000;

/** A name and its source may have 255 characters each; so many, of both together, tell which series it is. */
const SHOWN_LENGTH_MAX = 120;

/** What was dropped of a window, since it had as many series as it may have. */
export interface DroppedSummary {
  /** Different series, up to {@link COUNT_MAX}. */
  readonly count: number;
  /** The first of them, as `name source=web.1`; at most {@link SERIES_SHOWN_MAX}. */
  readonly names: readonly string[];
}

/** Takes note of the series of one window that are dropped, in bounded memory: nothing is kept of what they held. */
export class DroppedSeries {
  private readonly hashes = new Set<number>();
  private readonly names = new Set<string>();

  add({ kind, name, source, unit }: Bucket): void {
    if (this.hashes.size < COUNT_MAX) this.hashes.add(fnv1a(bucketKey(kind, name, source, unit)));
    if (this.names.size < SERIES_SHOWN_MAX) {
      this.names.add(shownText(source === '' ? name : `${name} source=${source}`, SHOWN_LENGTH_MAX));
    }
  }

  summary(): DroppedSummary {
    return { count: this.hashes.size, names: [...this.names] };
  }
}

/** FNV-1a, 32 bits. Of 10,000 series, one in a hundred times two have the same: the count is one too low then. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
