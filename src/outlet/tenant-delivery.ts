import { randomBytes } from 'node:crypto';
import type { Clock } from '../model/clock.js';
import { endAt, type WindowRef } from '../model/window.js';
import { type MetricPoint, toPoint } from '../model/metric-point.js';
import {
  type Claim,
  type ClaimedWindow,
  type SettledWindow,
  StoreUnavailableError,
  type TenantId,
  type WindowStore,
} from '../store/window-store.js';
import type { Counters } from '../telemetry/counters.js';
import type { Logger } from '../telemetry/logger.js';
import type { Destination } from './destination.js';
import type { Held } from './held-tenants.js';
import type { HostShares } from './host-shares.js';
import { Lease } from './lease.js';
import type { MemoryBudget } from './memory-budget.js';
import { type OutletOptions, WINDOWS_PER_CLAIM } from './outlet.options.js';
import { type Failure, Poster } from './poster.js';
import { readWindow, type ReadWindow } from './read-window.js';
import { settle } from './settle.js';
import { settlementOf } from './settlement.js';
import { summaryFor } from './summarise.js';
import type { TenantDestinations } from './tenant-destinations.js';
import type { Turns } from './turns.js';
import { requestsOf, WindowWork } from './window-work.js';

/** A window that a later release wrote comes again after so long, ms: roll-outs take minutes. */
const UNKNOWN_VERSION_MS = 60_000;

/** A window whose token cannot be opened comes again after so long, ms: the next commit may bring one that can. */
const UNKNOWN_KEY_MS = 30_000;

/** A window that can be delivered. */
type Readable = ReadWindow & { readonly outcome: 'read' };

/** What deliveries share. */
export interface DeliveryTools {
  readonly store: WindowStore;
  readonly destinations: Pick<TenantDestinations, 'of'>;
  readonly options: Pick<
    OutletOptions,
    'leaseMs' | 'requestTimeoutMs' | 'parallelPosts' | 'seriesMax' | 'graceMs' | 'recentMs'
  >;
  readonly memory: MemoryBudget;
  readonly hosts: HostShares;
  readonly turns: Turns;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly logger: Logger;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** What came of a look at a tenant: nothing to do there, its token not opened, put off with a hold, or work done. */
export type DeliveryResult = 'nothing' | 'undecryptable' | 'put-off' | 'worked';

/** One claim on one tenant's due windows, from its start to its end. */
export class TenantDelivery {
  private readonly works: WindowWork[] = [];
  private readonly unsent: SettledWindow[] = [];
  /** Why and for how long the tenant waits, if the delivery was put off. */
  held: Held | undefined;
  private poster: Poster | undefined;
  private handingBack = false;
  private failure: Failure | undefined;

  /** @param slow whether the tenant is known as slow: it has one of the few places for such, at whatever host */
  constructor(
    private readonly tools: DeliveryTools,
    private readonly tenant: TenantId,
    private readonly slow = false,
  ) {}

  /** Delivers what is due. Never throws: what fails is left to the store, which gives it out again. */
  async run(): Promise<DeliveryResult> {
    try {
      return await this.claimAndDeliver();
    } catch (error) {
      this.report(error);
      return 'nothing';
    }
  }

  /** Ends soon: aborts what is under way and hands the claim back. For shutdown. */
  handBack(): void {
    this.handingBack = true;
    this.poster?.abort();
  }

  private async claimAndDeliver(): Promise<DeliveryResult> {
    const { store, clock, options, counters, destinations, memory, hosts } = this.tools;
    const token = randomBytes(16).toString('hex');
    const lease = new Lease(store, clock, options.leaseMs, this.tenant, token, clock.monotonic());
    const { leaseMs } = options;
    const claim = await store.claim(this.tenant, token, { leaseMs, windowLimit: WINDOWS_PER_CLAIM });
    if (!claim) return 'nothing';
    counters.add('windows', 'expired', claim.expiredWindows);
    if (claim.windows.length > 0 || claim.takenOver) counters.add('claims', claim.takenOver ? 'taken-over' : 'taken');
    if (claim.windows.length === 0) return 'nothing';
    const destination = destinations.of(claim.token);
    if (!destination) {
      this.leave(claim.windows, 'unknown-key', UNKNOWN_KEY_MS);
      await this.settle(claim, lease, true);
      return 'undecryptable';
    }
    const host = this.slow ? undefined : destination.host;
    if (host !== undefined && !hosts.enter(host, this.tenant)) {
      const why = 'too many requests wait for an answer of its host';
      this.failure = { kind: 'retry', why, afterMs: 0 };
      return this.settle(claim, lease);
    }
    const taken = memory.take(claim.windows);
    try {
      await this.deliver(taken.windows, destination, claim, lease);
    } catch (error) {
      this.report(error);
      const why = error instanceof StoreUnavailableError ? 'the store was away' : 'l2met itself failed, see its log';
      this.failure = { kind: 'retry', why, afterMs: 0 };
    } finally {
      taken.release();
      if (host !== undefined) hosts.leave(host, this.tenant);
    }
    const result = await this.settle(claim, lease);
    return taken.windows.length === 0 ? 'nothing' : result;
  }

  /** The chain between claim and settle: read, summarise, batch, deliver. */
  private async deliver(
    windows: readonly ClaimedWindow[],
    destination: Destination,
    claim: Claim,
    lease: Lease,
  ): Promise<void> {
    const { options, clock, counters, hosts, turns } = this.tools;
    const { host } = destination;
    const onAnswer = (): void => {
      if (host !== undefined) hosts.answered(host);
    };
    this.poster = new Poster(destination, lease, () => this.progress(), options, clock, counters, onAnswer);
    if (this.handingBack) this.poster.abort();
    for (const window of windows) {
      if (this.poster.ended) return;
      const read = await this.read(window, lease);
      if (!read) continue;
      const points = pointsOf(read.buckets, refOf(window));
      const summary = summaryFor(window, options.recentMs, clock.now());
      const prepared = await turns.finish(destination.prepare(summary ? summary.of(points) : points));
      this.works.push(new WindowWork(window, prepared, read.dropped, await summary?.finish()));
    }
    const requests = requestsOf(this.works, destination.requestWeightMax);
    // After a hold, one request shows whether the destination is back, before the others follow.
    await this.poster.sendAll(requests, claim.hold !== undefined);
  }

  /** Undefined where the window cannot be delivered; it is in {@link unsent} then. */
  private async read(window: ClaimedWindow, lease: Lease): Promise<Readable | undefined> {
    const { store, options, counters, turns } = this.tools;
    const keepLease = () => lease.ensure(options.requestTimeoutMs, () => this.progress());
    const read = await readWindow(store, this.tenant, window, options.seriesMax, turns, keepLease);
    switch (read.outcome) {
      case 'expired':
        this.unsent.push({ outcome: 'expired', ...refOf(window) });
        return undefined;
      case 'unknown-version':
        this.leave([window], 'unknown-version', UNKNOWN_VERSION_MS);
        return undefined;
      case 'read':
        counters.add('batches', 'corrupt', read.corruptBatches);
        if (read.buckets.size > 0 || read.corruptBatches === 0) return read;
        this.unsent.push({ outcome: 'expired', ...refOf(window) });
        return undefined;
    }
  }

  private leave(windows: readonly ClaimedWindow[], why: 'unknown-key' | 'unknown-version', afterMs: number): void {
    for (const window of windows) {
      const { endBatch, pointsSettled } = window;
      this.unsent.push({ outcome: 'later', afterMs, ...refOf(window), endBatch, pointsSettled });
    }
    this.tools.counters.add('windows', why, windows.length);
    this.tools.logger.warn({ event: 'windows-left', tenant: this.tenant, windows: windows.length, why }, LEFT[why]);
  }

  private async settle(claim: Claim, lease: Lease, keyMissing = false): Promise<'put-off' | 'worked'> {
    const { clock, random, store, counters, logger, options } = this.tools;
    const { works, unsent, poster } = this;
    const settlement = settlementOf(
      {
        works,
        unsent,
        previous: claim.hold,
        keyMissing,
        failure: this.failure ?? poster?.failure,
        mayArriveMs: (poster?.mayArriveUntil ?? 0) - clock.monotonic(),
      },
      random(),
    );
    const { hold, facts } = settlement;
    if (poster?.rejection !== undefined) {
      const { rejection: why } = poster;
      logger.warn(
        { event: 'points-rejected', tenant: this.tenant, why },
        'the destination has something to say of points in requests that it took',
      );
    }
    if (this.failure ?? poster?.failure) {
      logger.warn({ event: 'delivery-put-off', tenant: this.tenant, hold }, `delivery put off: ${hold?.why}`);
    }
    if (await settle(store, lease, settlement, { counters, logger, clock })) {
      const again = works.filter(({ done, window }) => done && window.firstDueAt > endAt(window) + options.graceMs);
      counters.add('redeliveries', 'late', again.length);
      if (this.handingBack && works.some((work) => !work.done)) counters.add('claims', 'handed-back');
      logger.debug({ event: 'delivery', tenant: this.tenant, ...facts }, 'delivery ended');
    }
    const done = new Set(works.filter((work) => work.done).map(({ window }) => window));
    const firstDueAt = Math.min(...claim.windows.filter((w) => !done.has(w)).map((w) => w.firstDueAt));
    if (hold && (hold.forMs > 0 || keyMissing)) this.held = { kind: hold.kind, forMs: hold.forMs, firstDueAt };
    return hold && hold.forMs > 0 ? 'put-off' : 'worked';
  }

  private progress() {
    return this.works.map((work) => work.progress());
  }

  private report(error: unknown): void {
    const { logger } = this.tools;
    if (error instanceof StoreUnavailableError) {
      logger.warn({ event: 'store-unavailable', tenant: this.tenant }, 'the store is away; the claim will come back');
    } else {
      logger.error({ event: 'delivery-failed', tenant: this.tenant, err: error }, 'a delivery failed unexpectedly');
    }
  }
}

const LEFT = {
  'unknown-key': 'no key in SECRETS opens the token of a tenant: its windows wait',
  'unknown-version': 'a later release wrote a window: it waits for one that can read it',
} as const;

/** What a window says of its buckets, made one by one. */
function* pointsOf(buckets: Readable['buckets'], window: WindowRef): Generator<MetricPoint, void, void> {
  for (const bucket of buckets) yield toPoint(bucket, window);
}

function refOf({ resolutionSeconds, startSeconds }: ClaimedWindow) {
  return { resolutionSeconds, startSeconds };
}
