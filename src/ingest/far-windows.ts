import { deadlineAt, isTooFarAhead, type WindowPolicy } from '../model/window.js';
import type { CommitBatch } from '../store/window-store.js';

/**
 * What lies within so much of a limit, ms, is for the store to judge: a receiver knows the store's clock from its last answer
 * only, and that clock may have been set since.
 */
const DOUBT_MS = 600_000;

/** Windows of one request, without those that no store would take. */
export interface NearWindows {
  readonly near: readonly CommitBatch[];
  /** Measurements of windows that are closed. */
  readonly late: number;
  /** Measurements of windows that are too far ahead. */
  readonly future: number;
}

/**
 * Sorts out windows that are late or ahead by far. Each window is a key of the store and costs it time, and a request whose
 * lines are of all times could name a hundred thousand.
 */
export function nearWindows(
  windows: readonly CommitBatch[],
  resolutionSeconds: number,
  nowMs: number,
  policy: WindowPolicy,
): NearWindows {
  let late = 0;
  let future = 0;
  const near = windows.filter(({ startSeconds, measurements }) => {
    const window = { resolutionSeconds, startSeconds };
    const isLate = nowMs - DOUBT_MS >= deadlineAt(window, policy);
    const isAhead = isTooFarAhead(window, nowMs + DOUBT_MS, policy);
    if (isLate) late += measurements;
    if (isAhead) future += measurements;
    return !isLate && !isAhead;
  });
  return { near, late, future };
}
