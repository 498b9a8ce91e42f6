import type { ClaimedWindow, WindowProgress } from '../store/window-store.js';
import type { DestinationRecord, Prepared } from './destination.js';
import type { DroppedSummary } from './dropped-series.js';

/** One record on its way to the destination, and how to say what became of it. */
export interface Item {
  readonly work: WindowWork;
  readonly index: number;
  readonly record: DestinationRecord;
}

/** A window in delivery: its records, in their order, and which of them are settled. */
export class WindowWork {
  delivered = 0;
  rejected = 0;
  private readonly settled: Uint8Array;
  /** How many records from the first on are settled. */
  private prefix = 0;

  constructor(
    readonly window: ClaimedWindow,
    private readonly prepared: Prepared,
    /** Series that were over the limit: nothing of them is among the records. */
    readonly dropped: DroppedSummary,
    /** What is kept of the window to be looked at, once it is done; undefined if nothing is. */
    readonly summary?: Uint8Array,
  ) {
    this.settled = new Uint8Array(prepared.records.length);
    // An earlier claim settled these. `prepare` is pure and the batches are the same, so they are the same records.
    this.settled.fill(1, 0, window.pointsSettled);
    this.advance();
  }

  /** Points that the destination could not have told from others. */
  get collisions(): number {
    return this.prepared.collisions;
  }

  /** Whether every record is delivered or rejected. */
  get done(): boolean {
    return this.prefix === this.settled.length;
  }

  /** The records that are to be sent. */
  *pending(): Generator<Item> {
    for (let index = this.prefix; index < this.settled.length; index++) {
      yield { work: this, index, record: this.prepared.records[index]! };
    }
  }

  /** The destination has taken a record, or refuses it for good. */
  settle(index: number, outcome: 'delivered' | 'rejected'): void {
    this.settled[index] = 1;
    this[outcome]++;
    this.advance();
  }

  /** What a takeover has to know. */
  progress(): WindowProgress {
    const { resolutionSeconds, startSeconds, endBatch } = this.window;
    return { resolutionSeconds, startSeconds, endBatch, pointsSettled: this.prefix };
  }

  private advance(): void {
    while (this.prefix < this.settled.length && this.settled[this.prefix] === 1) this.prefix++;
  }
}

/**
 * Cuts the records of several windows, one after another, into requests, each when it is asked for. Windows share a request:
 * after an outage that is one request for many windows of a quiet tenant.
 *
 * @param weightMax see Destination.requestWeightMax; a record heavier than that goes alone
 */
export function* requestsOf(works: readonly WindowWork[], weightMax: number): Generator<Item[], void, void> {
  let request: Item[] = [];
  let weight = 0;
  for (const work of works) {
    for (const item of work.pending()) {
      if (request.length > 0 && weight + item.record.weight > weightMax) {
        yield request;
        request = [];
        weight = 0;
      }
      request.push(item);
      weight += item.record.weight;
    }
  }
  if (request.length > 0) yield request;
}
