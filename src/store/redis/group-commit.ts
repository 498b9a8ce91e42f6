import { type CommitAnswer, type CommitRequest, StoreUnavailableError } from '../window-store.js';

/** Requests that one call takes. Redis does nothing else meanwhile: so many cost it about 2 ms. */
const REQUESTS_MAX = 128;

/** Bytes of batches that one call takes; a single request may have more. */
const BYTES_MAX = 4 * 1024 * 1024;

/** What became of one request, and when by the store's clock. */
export interface TimedAnswer {
  readonly nowMs: number;
  readonly answer: CommitAnswer;
}

/** Commits some requests together. */
export type CommitTogether = (
  requests: readonly CommitRequest[],
) => Promise<{ readonly nowMs: number; readonly answers: readonly CommitAnswer[] }>;

interface Waiting {
  readonly request: CommitRequest;
  readonly resolve: (answer: TimedAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The commits of one partition: while a call is in flight, what comes meanwhile waits and goes together in the next, so
 * that the busier Redis is, the more each call takes along. What waits is bounded by what the receiver lets in.
 */
export class GroupCommit {
  private waiting: Waiting[] = [];
  private inFlight = false;

  constructor(private readonly commitTogether: CommitTogether) {}

  /** @throws what the call that took it along threw */
  commit(request: CommitRequest): Promise<TimedAnswer> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ request, resolve, reject });
      // Not at once: what is committed in the same step goes along.
      if (!this.inFlight) {
        this.inFlight = true;
        queueMicrotask(() => void this.run());
      }
    });
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) await this.commitGroup(this.takeGroup());
    this.inFlight = false;
  }

  private async commitGroup(group: readonly Waiting[]): Promise<void> {
    try {
      const { nowMs, answers } = await this.commitTogether(group.map(({ request }) => request));
      group.forEach(({ resolve }, i) => resolve({ nowMs, answer: answers[i]! }));
    } catch (error) {
      for (const { reject } of group) reject(error);
      // Those behind would only learn the same a time-out later, and their senders do not wait that long.
      if (error instanceof StoreUnavailableError) for (const { reject } of this.waiting.splice(0)) reject(error);
    }
  }

  private takeGroup(): Waiting[] {
    let bytes = 0;
    let size = 0;
    for (const { request } of this.waiting) {
      bytes += request.batches.reduce((sum, batch) => sum + batch.bytes.byteLength, 0);
      if (size > 0 && (size === REQUESTS_MAX || bytes > BYTES_MAX)) break;
      size++;
    }
    return this.waiting.splice(0, size);
  }
}
