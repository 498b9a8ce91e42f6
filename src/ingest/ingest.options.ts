import type { WindowPolicy } from '../model/window.js';

/** Injection token of {@link IngestOptions}. */
export const INGEST_OPTIONS = Symbol('IngestOptions');

/** What an operator can change of the receiver. */
export interface IngestOptions {
  /** Which windows the store takes. */
  readonly windowPolicy: WindowPolicy;
  /** Largest body in bytes, as sent and after inflating. */
  readonly bodyLimitBytes: number;
  /** How long after a request's first byte a commit is tried again. */
  readonly patienceMs: number;
  /** How long the idempotency key of a sender is kept. */
  readonly idempotencyMs: number;
  /** Drain requests at work at once. */
  readonly inFlightRequests: number;
  /** Bytes of drain bodies at work at once. */
  readonly inFlightBytes: number;
  /** Requests to POST /sign that an address may make a minute. */
  readonly signPerMinute: number;
  /** Whether POST /sign makes tokens. */
  readonly sign: boolean;
  /** Whether POST /try reads lines for whoever asks. */
  readonly try: boolean;
  /** What POST /sign asks for; undefined: a key of the ring. */
  readonly signSecret: string | undefined;
  /** Whether the operator said where `email:api-token` credentials go. */
  readonly accountsRouted: boolean;
}
