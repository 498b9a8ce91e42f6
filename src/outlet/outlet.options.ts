import type { AccountRoute } from '../model/credentials.js';

/** Injection token of {@link OutletOptions}. */
export const OUTLET_OPTIONS = Symbol('OutletOptions');

/** What an operator can change of the outlet. */
export interface OutletOptions {
  /** How often due tenants are looked for. */
  readonly tickMs: number;
  /** How long a claim holds without being renewed; at least twice the request time-out and 5 s more. */
  readonly leaseMs: number;
  /** Time for a destination to answer one request. */
  readonly requestTimeoutMs: number;
  /** Tenants delivered for at once; as many more may wait for destinations that are slow to answer. */
  readonly concurrentTenants: number;
  /** Bytes of batches at work at once, one large window aside; who needs more waits. */
  readonly memoryBytesMax: number;
  /** Different series that one window of a tenant may have; those that come after are dropped. */
  readonly seriesMax: number;
  /** Requests in flight for one tenant, where the destination replaces. */
  readonly parallelPosts: number;
  /** From a window's end until it is due: what is due later has been delivered before. */
  readonly graceMs: number;
  /** Of windows that ended within this time, a summary is kept to be looked at; 0: of none. */
  readonly recentMs: number;
  /** At shutdown, time for deliveries before their claims are handed back. */
  readonly shutdownMs: number;
  /** Host patterns (`host` or `*.domain`) that tenants may name as a destination; empty: any. */
  readonly allowDestinations: readonly string[];
  /** HTTP proxy for destinations with https, and the hosts (separated by commas) that are reached without it. */
  readonly proxy: { readonly url: string; readonly except: string } | undefined;
  /** Where `email:api-token` credentials go. */
  readonly accounts: AccountRoute;
  /** METCHAN_URL's credentials: the operator's own word, to which no policy on addresses applies. */
  readonly ownCredentials: string | undefined;
  /** User-Agent of every request, as `l2met/1.0.0`. */
  readonly userAgent: string;
  /** Where the console destination prints. What it throws or rejects with means that the text has to be printed again. */
  readonly print: (text: string) => void | Promise<void>;
}

/** What applies where the operator says nothing else. */
export const DEFAULT_OUTLET_OPTIONS = {
  tickMs: 250,
  leaseMs: 60_000,
  requestTimeoutMs: 20_000,
  concurrentTenants: 256,
  memoryBytesMax: 256 * 1024 * 1024,
  seriesMax: 10_000,
  parallelPosts: 4,
  graceMs: 3_000,
  recentMs: 3_600_000,
  shutdownMs: 10_000,
  allowDestinations: [],
  proxy: undefined,
  ownCredentials: undefined,
} as const satisfies Partial<OutletOptions>;

/**
 * Windows that one claim takes: an hour of them at the usual resolution, so that after an outage a tenant's backlog
 * shares requests, while one claim does not keep the tenant from others for long.
 */
export const WINDOWS_PER_CLAIM = 60;
