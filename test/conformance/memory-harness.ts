import { ManualClock } from '../../src/model/clock.js';
import { MemoryWindowStore } from '../../src/store/memory/memory-window-store.js';
import type { StoreFactory } from './window-store/stage.js';

/** Any instant will do, but one that is no full hour. */
const START_AT = Date.UTC(2026, 2, 1, 11, 17, 23, 456);

/** An embedded store on a clock that stands still. */
export const memoryStore: StoreFactory = (options) => {
  const clock = new ManualClock(START_AT);
  return Promise.resolve({
    store: new MemoryWindowStore(options, clock),
    advance: (ms) => Promise.resolve(clock.advance(ms)),
    close: () => Promise.resolve(),
  });
};
