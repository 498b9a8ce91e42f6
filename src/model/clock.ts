/** The one place where time enters. Specs pass a {@link ManualClock} and move it by hand. */
export interface Clock {
  /** Wall-clock time in ms since the epoch; may step when the machine's clock is set. */
  now(): number;
  /** Monotonic time in ms from an arbitrary start; for durations and deadlines. */
  monotonic(): number;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  /** @param at wall-clock start, ms since the epoch */
  constructor(private at: number) {}

  now(): number {
    return this.at;
  }

  monotonic(): number {
    return this.at;
  }

  /** Moves both clocks on by `ms`. */
  advance(ms: number): void {
    this.at += ms;
  }

  /** Sets both clocks to `at`, ms since the epoch. */
  set(at: number): void {
    this.at = at;
  }
}
