import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../model/clock.js';
import type { Sliced } from './destination.js';

/** Work between two turns of the event loop, ms: by so much, and one small piece more, it delays whatever else is to be done. */
const SLICE_MS = 8;

/**
 * Cuts the work of all deliveries of this process into slices, with a turn of the event loop after each, so that a large
 * window, or many at once, do not keep requests and answers waiting.
 */
export class Turns {
  private sliceEndsAt = 0;
  private queue = Promise.resolve();

  constructor(private readonly clock: Pick<Clock, 'monotonic'>) {}

  /** Whether the slice is used up: whoever has more to do awaits {@link next} first. */
  get over(): boolean {
    return this.clock.monotonic() >= this.sliceEndsAt;
  }

  /** Resolves once there is a slice; those who wait get theirs one after another. */
  next(): Promise<void> {
    return (this.queue = this.queue.then(async () => {
      // Who had it before may have left some of it.
      if (!this.over) return;
      await nextTurn();
      this.sliceEndsAt = this.clock.monotonic() + SLICE_MS;
    }));
  }

  /** Does work to its end. */
  async finish<T>(work: Sliced<T>): Promise<T> {
    for (;;) {
      if (this.over) await this.next();
      const step = work.next();
      if (step.done) return step.value;
    }
  }
}
