/** A tenant's window: aligned to its resolution, counted from the epoch. */
export interface WindowRef {
  /** Length of the window in seconds; divides 3600. */
  readonly resolutionSeconds: number;
  /** Start of the window, s since the epoch. */
  readonly startSeconds: number;
}

/** When things happen to a window, in ms; every instant is by the store's clock. */
export interface WindowPolicy {
  /** From a window's end until it is due. */
  readonly graceMs: number;
  /** The least time from a window's end during which lines are still taken. */
  readonly lateDeadlineMs: number;
  /** The least distance into the future at which lines are still taken. */
  readonly futureLimitMs: number;
  /** From when a window was due until it is given up. */
  readonly deliveryAgeMs: number;
}

/** What applies where the operator says nothing else. */
export const DEFAULT_WINDOW_POLICY: WindowPolicy = {
  graceMs: 3_000,
  lateDeadlineMs: 300_000,
  futureLimitMs: 60_000,
  deliveryAgeMs: 6 * 3_600_000,
};

/** The resolutions that a drain may ask for, in seconds: the divisors of an hour. */
export const RESOLUTIONS: readonly number[] = Array.from({ length: 3600 }, (_, i) => i + 1).filter(
  (seconds) => 3600 % seconds === 0,
);

/** Start of the window that holds an instant. @param atMs ms since the epoch @returns s since the epoch */
export function windowStart(atMs: number, resolutionSeconds: number): number {
  return Math.floor(atMs / 1000 / resolutionSeconds) * resolutionSeconds;
}

/** When a window ends, ms since the epoch. */
export function endAt(window: WindowRef): number {
  return (window.startSeconds + window.resolutionSeconds) * 1000;
}

/** When a window is due, ms since the epoch. */
export function dueAt(window: WindowRef, policy: WindowPolicy): number {
  return endAt(window) + policy.graceMs;
}

/** From this instant on, ms since the epoch, a line is too late for its window. */
export function deadlineAt(window: WindowRef, policy: WindowPolicy): number {
  return endAt(window) + Math.max(2_000 * window.resolutionSeconds, policy.lateDeadlineMs);
}

/** Whether a window lies too far ahead of `nowMs`. */
export function isTooFarAhead(window: WindowRef, nowMs: number, policy: WindowPolicy): boolean {
  return window.startSeconds * 1000 > nowMs + Math.max(1_000 * window.resolutionSeconds, policy.futureLimitMs);
}

/**
 * When a window that was delivered and got more data is delivered again: the larger of the grace and of the resolution up
 * to 60 s later, so that a trickle of late lines does not mean a delivery each, but at the latest at its deadline.
 */
export function redeliverAt(window: WindowRef, nowMs: number, policy: WindowPolicy): number {
  const pause = Math.max(policy.graceMs, Math.min(60_000, window.resolutionSeconds * 1000));
  return Math.max(nowMs, Math.min(nowMs + pause, deadlineAt(window, policy)));
}
