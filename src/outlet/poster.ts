import type { Clock } from '../model/clock.js';
import type { WindowProgress } from '../store/window-store.js';
import type { Counters } from '../telemetry/counters.js';
import type { Delivery, Destination } from './destination.js';
import type { Lease } from './lease.js';
import type { Item } from './window-work.js';

/** A POST that gets less time than this, ms, is not worth starting: it would end without an answer. */
const POST_MS_MIN = 1_000;

/** Why not everything was sent. */
export type Failure =
  | { readonly kind: 'retry'; readonly why: string; readonly afterMs: number }
  | { readonly kind: 'pause'; readonly why: string; readonly afterMs: number };

/**
 * Sends a tenant's requests within its lease: several at once where the destination replaces, else one after another, each
 * with the progress recorded before it. The first fault ends it: no further request is started, those under way are awaited.
 */
export class Poster {
  /** The fault that ended it, the weightiest if several requests failed at once. */
  failure: Failure | undefined;
  /** What the destination said of the first points that it dropped from a request that it took, for operators. */
  rejection: string | undefined;
  /** `clock.monotonic()` until which a request without a final answer may still arrive; 0 if none. */
  mayArriveUntil = 0;

  private stopped = false;
  private readonly underWay = new Set<AbortController>();
  private posted = 0;

  constructor(
    private readonly destination: Destination,
    private readonly lease: Lease,
    private readonly progress: () => readonly WindowProgress[],
    private readonly options: { readonly requestTimeoutMs: number; readonly parallelPosts: number },
    private readonly clock: Clock,
    private readonly counters: Counters,
    /** Runs whenever the destination has answered, whatever it said. */
    private readonly onAnswer: () => void = () => undefined,
  ) {}

  /** @param probe send the first request alone, and the others only if it was answered well */
  async sendAll(requests: Iterator<readonly Item[], void>, probe: boolean): Promise<void> {
    const work = async (requestsMax: number): Promise<void> => {
      try {
        for (let sent = 0; sent < requestsMax && !this.stopped; sent++) {
          const request = requests.next();
          if (request.done) return;
          await this.send(request.value);
        }
      } catch (error) {
        this.stopped = true;
        throw error;
      }
    };
    if (probe) await work(1);
    const workers = this.destination.secondValue === 'replaces' ? this.options.parallelPosts : 1;
    const ends = await Promise.allSettled(Array.from({ length: workers }, () => work(Infinity)));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** Whether it will start no further request. */
  get ended(): boolean {
    return this.stopped;
  }

  /** Starts no further request and aborts those under way. */
  abort(): void {
    this.stopped = true;
    for (const controller of this.underWay) controller.abort();
  }

  /** Sends one request; one that is rejected as a whole is cut in halves until what is bad in it stands alone. */
  private async send(items: readonly Item[]): Promise<void> {
    const delivery = await this.post(items);
    switch (delivery?.outcome) {
      case undefined:
        return;
      case 'delivered': {
        // A destination that drops points of a request that it takes does not say which: so many of them are counted.
        const dropped = Math.min(items.length, delivery.rejected?.points ?? 0);
        for (const [i, { work, index }] of items.entries()) work.settle(index, i < dropped ? 'rejected' : 'delivered');
        this.rejection ??= delivery.rejected?.why;
        return;
      }
      case 'rejected': {
        if (items.length === 1) {
          items[0]!.work.settle(items[0]!.index, 'rejected');
          return;
        }
        const half = Math.ceil(items.length / 2);
        await this.send(items.slice(0, half));
        await this.send(items.slice(half));
        return;
      }
      case 'retryable':
        return this.fail({ kind: 'retry', why: delivery.why, afterMs: delivery.afterMs ?? 0 });
      case 'refused':
        return this.fail({ kind: 'pause', why: delivery.why, afterMs: 0 });
    }
  }

  private fail(failure: Failure): void {
    this.stopped = true;
    const held = this.failure;
    const outweighs = !held || (held.kind === failure.kind ? failure.afterMs > held.afterMs : failure.kind === 'pause');
    if (outweighs) this.failure = failure;
  }

  /** Makes one POST, or none (undefined) where it could not end in time or is not wanted any more. */
  private async post(items: readonly Item[]): Promise<Delivery | undefined> {
    const forMs = this.stopped ? undefined : await this.timeForPost();
    // Another request may have failed while this one waited for the lease.
    if (forMs === undefined || this.stopped) {
      this.stopped = true;
      return undefined;
    }
    this.posted++;
    const controller = new AbortController();
    const startedAt = this.clock.monotonic();
    const abortAt = startedAt + forMs;
    const timer = setTimeout(() => controller.abort(), forMs);
    this.underWay.add(controller);
    const delivery = await this.attempt(items, controller.signal);
    clearTimeout(timer);
    this.underWay.delete(controller);
    this.counters.add('deliveries', `${this.destination.kind}.${outcomeOf(delivery)}`);
    this.counters.took('delivery_duration_seconds', (this.clock.monotonic() - startedAt) / 1000, this.destination.kind);
    const answered = delivery.outcome !== 'retryable' || delivery.answered;
    if (answered) {
      this.onAnswer();
    } else {
      this.mayArriveUntil = Math.max(this.mayArriveUntil, abortAt);
      // Aborted by us: the destination did not falter.
      if (this.stopped && controller.signal.aborted) return undefined;
    }
    return delivery;
  }

  private async attempt(items: readonly Item[], signal: AbortSignal): Promise<Delivery> {
    try {
      return await this.destination.post(
        items.map(({ record }) => record),
        signal,
      );
    } catch {
      return {
        outcome: 'retryable',
        afterMs: undefined,
        answered: false,
        why: 'the destination failed in an unexpected way',
      };
    }
  }

  /** How long the next POST may take, abort included, so that it ends before the lease does; undefined if it must not start. */
  private async timeForPost(): Promise<number | undefined> {
    const { requestTimeoutMs } = this.options;
    if (this.destination.secondValue === 'adds' && this.posted > 0) {
      // A takeover must not send again what is settled: the store has to know it before the next POST leaves.
      if (!(await this.lease.renew(this.progress))) return undefined;
    } else {
      await this.lease.ensure(requestTimeoutMs, this.progress);
    }
    if (this.lease.lost) return undefined;
    const forMs = Math.min(requestTimeoutMs, this.lease.postMs);
    return forMs >= Math.min(POST_MS_MIN, requestTimeoutMs) ? forMs : undefined;
  }
}

/** As it is counted. */
function outcomeOf(delivery: Delivery): Delivery['outcome'] | 'partial' {
  return delivery.outcome === 'delivered' && delivery.rejected?.points ? 'partial' : delivery.outcome;
}
