import type { Clock } from '../../model/clock.js';
import type { WindowRef } from '../../model/window.js';
import type { StoreOptions } from '../store.options.js';
import {
  ALL_STORED,
  type Backlog,
  type Claim,
  type ClaimOptions,
  type ClaimToken,
  type CommitAnswer,
  type CommitAnswers,
  type CommitRequest,
  type Purged,
  type RecentWindow,
  type RecentWindows,
  type RefusalReason,
  SERIES_SHOWN_MAX,
  type Settlement,
  type TenantFacts,
  type TenantId,
  type WindowProgress,
  type WindowStore,
} from '../window-store.js';
import { DueQueue } from './due-queue.js';
import { ExpiringMap } from './expiring-map.js';
import { countsOf, FactBook } from './fact-book.js';
import { place, type Placement } from './placement.js';
import { RecentBook } from './recent-book.js';
import { TenantState } from './tenant-state.js';
import { amountOf, waitingFacts } from './waiting.js';

/** What an idempotency key costs: with its receipt, an entry and a place in a map it takes some 240 bytes in Node 20 (measured). */
const KEY_BYTES = 320;

/** Ended keys and facts that one look for due tenants frees at most: a few hundred µs, four times a second. */
const SWEEP_LIMIT = 2_000;

/** What summaries may take, of all tenants, beside what {@link StoreOptions.storeBytesMax} bounds: this share of it. */
const RECENT_SHARE = 1 / 8;

/** What a stored request leaves under its idempotency key. */
interface Receipt {
  readonly nonce: string | undefined;
  readonly answer: CommitAnswer;
}

/** What a store takes up. */
export interface MemoryUsage {
  /** Tenants with windows, a claim or a hold. */
  readonly tenants: number;
  /** Idempotency keys, ended ones that were not yet swept included. */
  readonly idempotencyKeys: number;
  /** Tenants of which facts are kept. */
  readonly facts: number;
  /** Batches and idempotency keys with their overhead: what StoreOptions.storeBytesMax bounds. */
  readonly bytes: number;
}

/**
 * The embedded store: keeps everything in this process, for one that is receiver and outlet. What it acknowledged ends
 * with the process. Each call is one synchronous step, so nothing comes between its checks and its writes.
 *
 * It takes batches over without a copy: who commits one must not write to it again, and who reads one must not at all.
 */
export class MemoryWindowStore implements WindowStore {
  readonly durable = false;

  private readonly tenants = new Map<TenantId, TenantState>();
  private readonly due = new DueQueue();
  private readonly idempotencyKeys = new ExpiringMap<Receipt>();
  private readonly factBook = new FactBook();
  private readonly recentBook: RecentBook | undefined;
  private batchBytes = 0;

  constructor(
    private readonly options: StoreOptions,
    private readonly clock: Clock,
  ) {
    const { recent, storeBytesMax } = options;
    this.recentBook = recent && new RecentBook(recent, storeBytesMax * RECENT_SHARE);
  }

  /** What the store takes up now. */
  get usage(): MemoryUsage {
    const idempotencyKeys = this.idempotencyKeys.size;
    const bytes = this.batchBytes + idempotencyKeys * KEY_BYTES;
    return { tenants: this.tenants.size, idempotencyKeys, facts: this.factBook.size, bytes };
  }

  now(): Promise<number> {
    return Promise.resolve(this.clock.now());
  }

  commit(requests: readonly CommitRequest[]): Promise<CommitAnswers> {
    const nowMs = this.clock.now();
    // One after another: each is checked against what those before it have stored.
    return Promise.resolve({ nowMs, answers: requests.map((request) => this.commitOne(request, nowMs)) });
  }

  dueTenants(limit: number): Promise<TenantId[]> {
    const nowMs = this.clock.now();
    this.idempotencyKeys.sweep(nowMs, SWEEP_LIMIT);
    this.factBook.sweep(nowMs, SWEEP_LIMIT);
    this.recentBook?.sweep(nowMs);
    return Promise.resolve(this.due.due(nowMs, limit));
  }

  backlog(limit: number): Promise<Backlog> {
    const nowMs = this.clock.now();
    const due = this.due.due(nowMs, Infinity);
    const windows = due.slice(0, limit).map((tenant) => this.tenants.get(tenant)?.dueWindows(nowMs) ?? 0);
    const oldestDueAt = due[0] === undefined ? undefined : this.due.at(due[0]);
    return Promise.resolve({ nowMs, tenants: due.length, windows: windows.reduce((a, b) => a + b, 0), oldestDueAt });
  }

  claim(tenant: TenantId, claim: ClaimToken, options: ClaimOptions): Promise<Claim | undefined> {
    const nowMs = this.clock.now();
    const claimed = this.change(tenant, nowMs, (state) => state.claim(claim, options, nowMs));
    if (claimed && claimed.expiredWindows > 0) {
      this.factBook.add(tenant, { windowsExpired: claimed.expiredWindows }, nowMs);
    }
    return Promise.resolve(claimed);
  }

  read(tenant: TenantId, window: WindowRef, from: number, to: number): Promise<Uint8Array[]> {
    return Promise.resolve(this.tenants.get(tenant)?.window(window)?.batches.slice(from, to) ?? []);
  }

  renew(tenant: TenantId, claim: ClaimToken, leaseMs: number, progress: readonly WindowProgress[]): Promise<boolean> {
    if (!this.tenants.get(tenant)?.isOwner(claim)) return Promise.resolve(false);
    const nowMs = this.clock.now();
    this.change(tenant, nowMs, (state) => state.renew(leaseMs, progress, nowMs));
    return Promise.resolve(true);
  }

  settle(tenant: TenantId, claim: ClaimToken, settlement: Settlement): Promise<boolean> {
    const nowMs = this.clock.now();
    if (!this.tenants.get(tenant)?.isOwner(claim)) {
      return Promise.resolve(this.factBook.read(tenant, nowMs)?.settledClaim === claim);
    }
    const { windows, hold, seriesOverLimit, facts } = settlement;
    const settled = this.change(tenant, nowMs, (state) => state.settle(windows, hold, nowMs))!;
    for (const window of windows) {
      if (window.outcome === 'delivered' && window.summary) {
        this.recentBook?.keep(tenant, window, window.summary, nowMs);
      }
    }
    const page = this.factBook.add(tenant, facts, nowMs);
    this.factBook.add(tenant, { windowsExpired: settled.expired }, nowMs);
    page.settledClaim = claim;
    if (settled.delivered > 0) {
      page.lastDelivery = { at: nowMs, points: facts.pointsDelivered ?? 0, rejected: facts.pointsRejected ?? 0 };
    }
    if (seriesOverLimit) page.seriesOverLimit = seriesOverLimit.slice(0, SERIES_SHOWN_MAX);
    return Promise.resolve(true);
  }

  purge(tenant: TenantId): Promise<Purged> {
    const nowMs = this.clock.now();
    const purged = amountOf(this.change(tenant, nowMs, (state) => state.purge(nowMs)) ?? []);
    if (purged.windows > 0) this.factBook.add(tenant, { windowsPurged: purged.windows }, nowMs);
    return Promise.resolve(purged);
  }

  facts(tenant: TenantId): Promise<TenantFacts | undefined> {
    const page = this.factBook.read(tenant, this.clock.now());
    const state = this.tenants.get(tenant);
    if (!page && !state) return Promise.resolve(undefined);
    return Promise.resolve({
      counts: page ? countsOf(page, this.clock.now()) : {},
      examples: { ...page?.examples },
      lastDataAt: page?.lastDataAt,
      lastDelivery: page?.lastDelivery,
      hold: state?.hold,
      seriesOverLimit: page?.seriesOverLimit ?? [],
      ...waitingFacts(state?.waiting ?? []),
      claimedUntilAt: state?.claimedUntilAt,
      nextLookAt: this.due.at(tenant),
    });
  }

  recent(tenant: TenantId): Promise<RecentWindows> {
    const nowMs = this.clock.now();
    return Promise.resolve({ nowMs, windows: this.recentBook?.windows(tenant, nowMs) ?? [] });
  }

  readRecent(tenant: TenantId, windows: readonly RecentWindow[]): Promise<(Uint8Array | undefined)[]> {
    return Promise.resolve(this.recentBook?.read(tenant, windows) ?? windows.map(() => undefined));
  }

  closeOpenWindows(): Promise<void> {
    const nowMs = this.clock.now();
    for (const tenant of this.tenants.keys()) this.change(tenant, nowMs, (state) => state.close(nowMs));
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private commitOne(request: CommitRequest, nowMs: number): CommitAnswer {
    const { tenant, idempotencyKey, nonce } = request;
    const receipt = this.idempotencyKeys.get(idempotencyKey, nowMs);
    if (receipt && nonce !== undefined && receipt.nonce === nonce) return receipt.answer;
    if (receipt) {
      const duplicates = request.batches.reduce((sum, batch) => sum + batch.measurements, 0);
      this.factBook.add(tenant, { duplicates }, nowMs);
      return { outcome: 'duplicate' };
    }
    const placement = place(request, nowMs, this.options.policy);
    if (placement === 'again') return { outcome: 'again' };
    const reason = this.brokenCap(tenant, placement);
    if (reason) {
      // A full store is not the tenant's doing, and nothing more may be kept then.
      if (reason !== 'store-bytes') this.factBook.add(tenant, { refusedRequests: 1 }, nowMs);
      return { outcome: 'refused', reason };
    }
    this.append(request, placement, nowMs);
    const { late, future } = placement;
    const page = this.factBook.add(tenant, request.facts, nowMs);
    page.lastDataAt = nowMs;
    Object.assign(page.examples, request.examples);
    this.factBook.add(tenant, { late, future }, nowMs);
    const answer = late + future === 0 ? ALL_STORED : { outcome: 'stored' as const, late, future };
    this.idempotencyKeys.set(idempotencyKey, { nonce, answer }, nowMs + request.idempotencyTtlMs, nowMs);
    return answer;
  }

  /** The first cap that storing a placement would break. */
  private brokenCap(tenant: TenantId, placement: Placement): RefusalReason | undefined {
    const { windowBytesMax, tenantBytesMax, storeBytesMax } = this.options;
    const state = this.tenants.get(tenant);
    for (const { window, bytes } of placement.windows.values()) {
      if (bytes + (state?.window(window)?.bytes ?? 0) > windowBytesMax) return 'window-bytes';
    }
    if (placement.bytes + (state?.bytes ?? 0) > tenantBytesMax) return 'tenant-bytes';
    if (placement.bytes + KEY_BYTES + this.usage.bytes > storeBytesMax) return 'store-bytes';
    return undefined;
  }

  private append(request: CommitRequest, placement: Placement, nowMs: number): void {
    if (placement.windows.size === 0) return;
    const { tenant } = request;
    const state = this.tenants.get(tenant) ?? new TenantState(this.options.policy);
    this.tenants.set(tenant, state);
    const dueAt = state.append(placement, request.token, request.secondValue === 'adds', nowMs);
    this.batchBytes += placement.bytes;
    if (!state.isTaken(nowMs)) this.due.lower(tenant, dueAt);
  }

  /** Changes a tenant, then says when it is to be looked at next, or forgets it. */
  private change<T>(tenant: TenantId, nowMs: number, by: (state: TenantState) => T): T | undefined {
    const state = this.tenants.get(tenant);
    if (!state) return undefined;
    const bytesBefore = state.bytes;
    const result = by(state);
    this.batchBytes += state.bytes - bytesBefore;
    if (state.isDone(nowMs)) {
      this.tenants.delete(tenant);
      this.due.delete(tenant);
    } else {
      this.due.set(tenant, state.nextAt(nowMs));
    }
    return result;
  }
}
