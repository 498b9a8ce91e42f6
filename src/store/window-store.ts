import type { SecondValue } from '../model/credentials.js';
import type { WindowRef } from '../model/window.js';

/** Injection token of the {@link WindowStore}. */
export const WINDOW_STORE = Symbol('WindowStore');

/**
 * The hand-over between receivers and outlets: an append-only list of encoded batches a window, and a queue of the tenants
 * that have something due.
 *
 * Promises:
 * - commit is atomic a request: all of its batches and its idempotency key, or nothing. Once it answered, an outlet will
 *   be given the data, until a delivery of it is settled or it is older than the delivery age.
 * - every decision on time (late, future, due, leases, expiry) is made by the store's own clock inside the call.
 * - at most one claim a tenant is alive; renew and settle of any but the last claim change nothing.
 * - a repeat or a delayed copy of any call neither loses nor doubles data.
 *
 * Does not promise: that a window is claimed only once (a claim whose lease ends comes back), nor any order between
 * tenants beyond "longest due first".
 *
 * Every method rejects with {@link StoreUnavailableError} on a passing fault; a commit that was rejected may or may not
 * have happened, so it is repeated with the same idempotency key.
 */
export interface WindowStore {
  /** False where the data ends with the process; a 2xx then means less, and shutdown delivers what is open. */
  readonly durable: boolean;

  /** The store's clock, ms since the epoch. */
  now(): Promise<number>;

  /** Stores requests together; each has an answer of its own, in the same order, and none harms another. */
  commit(requests: readonly CommitRequest[]): Promise<CommitAnswers>;

  /** Tenants that have something due, longest due first. */
  dueTenants(limit: number): Promise<TenantId[]>;

  /** How much is due that nobody has taken, for operators. @param limit tenants whose windows are counted, longest due first */
  backlog(limit: number): Promise<Backlog>;

  /**
   * Takes a tenant's due windows, oldest first, for `leaseMs`. Undefined if another claim on it is alive, if it is held,
   * or if it has nothing. Gives up what is past its delivery age and retires what is past its deadline on the way. A
   * claim whose answer has no windows only tells of expired ones: nothing is claimed and there is nothing to settle.
   *
   * @param claim random, made by the caller; the right to renew and settle
   */
  claim(tenant: TenantId, claim: ClaimToken, options: ClaimOptions): Promise<Claim | undefined>;

  /**
   * Batches `from` to before `to` of a window, in order of arrival. Fewer than asked for means that the list has expired:
   * deliver nothing of it and settle it as expired.
   */
  read(tenant: TenantId, window: WindowRef, from: number, to: number): Promise<Uint8Array[]>;

  /** Lengthens a claim to `leaseMs` from now and records progress. False if it is not the tenant's last claim. */
  renew(tenant: TenantId, claim: ClaimToken, leaseMs: number, progress: readonly WindowProgress[]): Promise<boolean>;

  /**
   * Ends a claim. Windows that are not named stay due. A hold keeps the tenant from being claimed for a while, whatever
   * is committed meanwhile. False if it is not the tenant's last claim; then nothing changed. A repeat of the last settle
   * changes nothing either and is answered as the first time.
   */
  settle(tenant: TenantId, claim: ClaimToken, settlement: Settlement): Promise<boolean>;

  /**
   * Drops all windows of a tenant that wait for delivery, open ones included, in one step (if there are many thousands, in
   * a few), and says how much that was. Whoever has claimed it has its claim no more. Since a POST of theirs may still be
   * under way, the tenant is held until their lease would have ended. Windows that are delivered stay until their deadline:
   * of a late line alone such a window would be made anew, and take the place of the whole at the destination.
   */
  purge(tenant: TenantId): Promise<Purged>;

  /** What is known of a tenant, for `GET /logs` and operators; undefined if nothing. */
  facts(tenant: TenantId): Promise<TenantFacts | undefined>;

  /**
   * Windows of a tenant that were delivered, each once, oldest first: those that ended within StoreOptions.recent, as far as there
   * is room for them. A moment later one may be gone, or replaced.
   */
  recent(tenant: TenantId): Promise<RecentWindows>;

  /** Summaries of windows that {@link recent} gave, in their order; undefined for one that is gone. */
  readRecent(tenant: TenantId, windows: readonly RecentWindow[]): Promise<(Uint8Array | undefined)[]>;

  /** Makes every open window due now. Only a store that is not durable does this, at shutdown. */
  closeOpenWindows(): Promise<void>;

  /** Lets go of what it holds open; the last call, once nobody uses it any more. */
  close(): Promise<void>;
}

/** What is due and in nobody's hands: no claim on it is alive, and no hold in force. */
export interface Backlog {
  /** The store's clock, ms since the epoch. */
  readonly nowMs: number;
  readonly tenants: number;
  /** Due windows of the tenants that were looked at. */
  readonly windows: number;
  /** When the tenant that waits longest should have been looked at, ms since the epoch; undefined if none waits. */
  readonly oldestDueAt: number | undefined;
}

/** 32 hex digits, see tenantIdOf. */
export type TenantId = string;

/** A random string, at least 128 bits. */
export type ClaimToken = string;

/** One drain request on its way into the store. */
export interface CommitRequest {
  readonly tenant: TenantId;
  /** The drain token as it came; it is kept (the last one wins) for the outlet to decrypt. */
  readonly token: string;
  readonly secondValue: SecondValue;
  /** Where the destination adds: whether a line for a window that is due counts in the open window or is dropped. */
  readonly late: 'next' | 'drop';
  /** Identifies the request over its repeats; made up where the sender gave none. */
  readonly idempotencyKey: string;
  readonly idempotencyTtlMs: number;
  /**
   * Made by the caller for this request alone: a commit that it repeats, since the answer was lost, is answered as the first
   * time. Absent: a repeat is a duplicate. Letters, digits and `-_` only.
   */
  readonly nonce?: string;
  readonly resolutionSeconds: number;
  /** Start of the window that is open by the receiver's idea of the store's clock, s since the epoch. */
  readonly openStartSeconds: number;
  readonly batches: readonly CommitBatch[];
  /** Added to the tenant's {@link TenantFacts.counts}. */
  readonly facts: FactCounts;
  /** What was rejected of it, as {@link TenantFacts.examples} shows it; absent if nothing was. */
  readonly examples?: Examples | undefined;
}

/** A request's buckets for one window. */
export interface CommitBatch {
  readonly startSeconds: number;
  /** As batch-format.ts says. The store looks at nothing in it, and may keep it without a copy. */
  readonly bytes: Uint8Array;
  /** Measurements in it, for the counts of what was dropped. */
  readonly measurements: number;
}

/** Answers to one commit. */
export interface CommitAnswers {
  /** The store's clock at the commit, ms since the epoch. */
  readonly nowMs: number;
  readonly answers: readonly CommitAnswer[];
}

/** What became of one request. `late` and `future` count measurements that were dropped for it. */
export type CommitAnswer =
  | { readonly outcome: 'stored'; readonly late: number; readonly future: number }
  /** The idempotency key is known: another request with it was stored. */
  | { readonly outcome: 'duplicate' }
  /** Nothing was stored: the open window of the request is not (or no longer) open. Compute it anew and repeat. */
  | { readonly outcome: 'again' }
  | { readonly outcome: 'refused'; readonly reason: RefusalReason };

/** The answer to nearly all requests. */
export const ALL_STORED: CommitAnswer = { outcome: 'stored', late: 0, future: 0 };

/** Which cap a request would have broken. The first two are the tenant's own, the last is the store's. */
export type RefusalReason = 'window-bytes' | 'tenant-bytes' | 'store-bytes';

export interface ClaimOptions {
  readonly leaseMs: number;
  /** At most so many windows. */
  readonly windowLimit: number;
}

/** A tenant's due windows, given to one outlet. */
export interface Claim {
  /** The drain token to deliver with. */
  readonly token: string;
  /** Why the last delivery was put off, until one settles without a hold. */
  readonly hold: Hold | undefined;
  readonly windows: readonly ClaimedWindow[];
  /** Windows dropped by this call, undelivered past the delivery age. */
  readonly expiredWindows: number;
  /** Whether a claim had lapsed that nobody settled: what its owner had under way is sent once more. */
  readonly takenOver: boolean;
}

export interface ClaimedWindow extends WindowRef {
  /** The first batch that belongs to this delivery; not 0 only where the destination adds and got the earlier ones. */
  readonly firstBatch: number;
  /** One past the last batch of this delivery. */
  readonly endBatch: number;
  /** Size of these batches in bytes. */
  readonly bytes: number;
  /** How many of its points, in their order, an earlier claim has settled. */
  readonly pointsSettled: number;
  /** When it was first due and undelivered, ms since the epoch. */
  readonly firstDueAt: number;
}

/** How far the delivery of a claimed window is. */
export interface WindowProgress extends WindowRef {
  /** {@link ClaimedWindow.endBatch}: the progress is good for this number of batches only. */
  readonly endBatch: number;
  /** Points delivered or rejected: a prefix of its points in their order. */
  readonly pointsSettled: number;
}

/** What became of the windows of a claim. */
export interface Settlement {
  readonly windows: readonly SettledWindow[];
  readonly hold?: NewHold;
  /** Series that were dropped from the windows, as {@link TenantFacts.seriesOverLimit} shows them; absent if none was. */
  readonly seriesOverLimit?: readonly string[];
  /** Added to the tenant's {@link TenantFacts.counts}. */
  readonly facts: FactCounts;
}

export type SettledWindow =
  /**
   * Delivered up to endBatch; with what came since, it is due again. The summary is kept for {@link WindowStore.recent}, in place
   * of an earlier one of the window; it is as window-summary.ts says, and the store looks at nothing in it.
   */
  | ({ readonly outcome: 'delivered'; readonly endBatch: number; readonly summary?: Uint8Array } & WindowRef)
  /** Its batches are gone or unreadable for good; it is dropped. */
  | ({ readonly outcome: 'expired' } & WindowRef)
  /** Not delivered (entirely): due again `afterMs` from now, its age counting on; with 0 it keeps its place in the order. */
  | ({ readonly outcome: 'later'; readonly afterMs: number } & WindowProgress);

/** The windows of which a store has kept summaries. */
export interface RecentWindows {
  /** The store's clock, ms since the epoch. */
  readonly nowMs: number;
  readonly windows: readonly RecentWindow[];
}

/** A window that was delivered, with a summary to be read. */
export interface RecentWindow extends WindowRef {
  /** When its delivery was settled, ms since the epoch. With the window it says which summary: a later one takes its place. */
  readonly deliveredAt: number;
  /** Size of its summary. */
  readonly bytes: number;
}

/** Dropped series that are shown, at most: enough to see what makes them. */
export const SERIES_SHOWN_MAX = 20;

/** Why a tenant waits. */
export interface Hold {
  /**
   * `retry`: the destination faltered; `pause`: it refuses this tenant; `abort`: a POST may still be under way; `key`: the
   * outlet that looked at it last has no key for its drain token. That one keeps no other outlet away: it lasts 0 ms.
   */
  readonly kind: 'retry' | 'pause' | 'abort' | 'key';
  /** For people, without secrets. */
  readonly why: string;
  /** Deliveries put off in a row for this kind of reason, this one included; back-off grows with it. */
  readonly failures: number;
}

export interface NewHold extends Hold {
  readonly forMs: number;
}

/** What a purge has dropped; `bytes` are those of the batches. */
export interface Purged {
  readonly windows: number;
  readonly batches: number;
  readonly bytes: number;
}

/** The hold on a tenant whose claim was ended by a purge. */
export const PURGE_HOLD: Hold = { kind: 'abort', why: 'purged with a request under way', failures: 0 };

/** Counts under short fixed names (never a metric name or other text from outside). */
export type FactCounts = Readonly<Partial<Record<FactName, number>>>;

/**
 * Names under which facts about a tenant are counted. A fixed list bounds what a tenant takes. The store itself counts
 * late, future, duplicates (in measurements), refusedRequests (for the tenant's own caps), windowsExpired and
 * windowsPurged, in the step that decides each; callers add the rest.
 */
export const FACT_NAMES = [
  'requests',
  'messages',
  'measurements',
  'unreadableRequests',
  'rejected.frame-count',
  'rejected.frame-truncated',
  'rejected.frame-header',
  'rejected.name-empty',
  'rejected.name-too-long',
  'rejected.source-too-long',
  'rejected.value-malformed',
  'rejected.value-range',
  'rejected.unit-malformed',
  'optionsFallback',
  'countMismatches',
  'late',
  'future',
  'duplicates',
  'refusedRequests',
  'windowsDelivered',
  'pointsDelivered',
  'pointsRejected',
  'collisions',
  'seriesOverLimit',
  'windowsExpired',
  'windowsPurged',
] as const;

export type FactName = (typeof FACT_NAMES)[number];

/** Facts that are about something that could not be read. */
export type RejectionFact = Extract<FactName, `rejected.${string}`>;

export const REJECTION_FACTS = FACT_NAMES.filter((name): name is RejectionFact => name.startsWith('rejected.'));

/** One example of each reason, values masked: harmless text, for people. */
export type Examples = Readonly<Partial<Record<RejectionFact, string>>>;

/**
 * Counts are kept for so long, ms, and then for as long again beside those that are counted anew: what is shown is of the last
 * half hour up to an hour.
 */
export const COUNTS_MS = 1_800_000;

/** What is known of a tenant over the last hour. */
export interface TenantFacts {
  readonly counts: FactCounts;
  /** The last example of each reason. */
  readonly examples: Examples;
  /** Last commit, ms since the epoch. */
  readonly lastDataAt: number | undefined;
  /** Last settlement of windows that were through. */
  readonly lastDelivery: LastDelivery | undefined;
  /** The hold that is in force or was the last outcome. */
  readonly hold: (Hold & { readonly untilAt: number }) | undefined;
  /** Windows that wait for delivery, open ones included; batches and bytes are what is in them. */
  readonly windowsWaiting: number;
  readonly batchesWaiting: number;
  readonly bytesWaiting: number;
  /** When the first of them was, or will be, due, ms since the epoch; put off or not. */
  readonly firstDueAt: number | undefined;
  /** Until when its last claim holds, unless that was settled, ms since the epoch. In the past if its outlet is gone. */
  readonly claimedUntilAt: number | undefined;
  /** When an outlet should look at it next, ms since the epoch; undefined if there is nothing to look for. */
  readonly nextLookAt: number | undefined;
  /** The last series that were dropped as too many, at most {@link SERIES_SHOWN_MAX}: harmless text, for people. */
  readonly seriesOverLimit: readonly string[];
}

/** A delivery that got through, with whatever the destination made of it. */
export interface LastDelivery {
  /** ms since the epoch. */
  readonly at: number;
  /** Series that the destination took. */
  readonly points: number;
  /** Series that it refused. */
  readonly rejected: number;
}

/** A passing fault of the store: the call may or may not have happened. */
export class StoreUnavailableError extends Error {
  readonly code = 'L2MET_STORE_UNAVAILABLE';
}
