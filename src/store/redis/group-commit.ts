import type { CommitAnswer, CommitAnswers, CommitRequest } from '../window-store.js';
import { Groups } from './groups.js';

/** Requests that one call takes. Redis does nothing else meanwhile: so many cost it about 10 ms. */
const REQUESTS_MAX = 128;

/** Windows that one call takes, each a key or two; a single request may have more. */
const WINDOWS_MAX = 1_000;

/** Bytes of batches that one call takes; a single request may have more. */
const BYTES_MAX = 4 * 1024 * 1024;

/** What became of one request, and when by the store's clock. */
export interface TimedAnswer {
  readonly nowMs: number;
  readonly answer: CommitAnswer;
}

/** The commits of one partition: those that come while a call is in flight share the next. */
export type GroupCommit = Groups<CommitRequest, TimedAnswer>;

/** @param commitTogether one call to the store */
export function groupCommit(
  commitTogether: (requests: readonly CommitRequest[]) => Promise<CommitAnswers>,
): GroupCommit {
  return new Groups(async (requests) => {
    const { nowMs, answers } = await commitTogether(requests);
    return answers.map((answer) => ({ nowMs, answer }));
  }, groupSize);
}

function groupSize(requests: readonly CommitRequest[]): number {
  let bytes = 0;
  let windows = 0;
  let size = 0;
  for (const { batches } of requests) {
    bytes += batches.reduce((sum, batch) => sum + batch.bytes.byteLength, 0);
    windows += batches.length;
    if (size > 0 && (size === REQUESTS_MAX || bytes > BYTES_MAX || windows > WINDOWS_MAX)) break;
    size++;
  }
  return size;
}
