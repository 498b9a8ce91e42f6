import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { DrainTokens } from '../crypto/drain-token.js';
import type { Clock } from '../model/clock.js';
import {
  parseCredentials,
  type ResolvedDestination,
  resolveDestination,
  SECOND_VALUE,
  type SecondValue,
} from '../model/credentials.js';
import { tenantIdOf } from '../model/tenant-id.js';
import { CLOCK } from '../telemetry/clock.token.js';
import { AddressLimiter } from './address-limiter.js';
import { secretsInAuthorization } from './authorization.js';
import { BoundedMap } from './bounded-map.js';
import { HttpError } from './http-error.js';
import { ACCESS_OPTIONS, type AccessOptions } from './access.options.js';

/** Authorization headers, and tokens, whose result is remembered, good ones and bad ones. */
const REMEMBERED = 20_000;

/** A longer header is looked at anew each time, so that what is remembered stays small. */
const REMEMBERED_LENGTH_MAX = 1_024;

/** Failures that come of guessing. */
const GUESSES: ReadonlySet<string> = new Set([
  'L2MET_INGEST_CREDENTIALS_MALFORMED',
  'L2MET_INGEST_CREDENTIALS_UNKNOWN',
]);

/** Whoever showed good credentials. */
export interface Drain {
  readonly tenant: string;
  /** As it came, for the outlet. */
  readonly token: string;
  readonly destination: ResolvedDestination;
  readonly secondValue: SecondValue;
}

/** Tells who sends, from the Authorization header. */
@Injectable()
export class Authenticator {
  private readonly known = new BoundedMap<string, Drain>(REMEMBERED);
  /** By token, since one token may come in many headers. */
  private readonly drains = new BoundedMap<string, Drain>(REMEMBERED);
  /** Headers that failed, by digest, so that a repeat costs no decryption. */
  private readonly failed = new BoundedMap<string, HttpError>(REMEMBERED);
  private readonly failures: AddressLimiter;
  private readonly revoked: ReadonlySet<string>;

  constructor(
    private readonly tokens: DrainTokens,
    @Inject(ACCESS_OPTIONS) private readonly options: AccessOptions,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.failures = new AddressLimiter(options.authFailuresPerMinute, clock);
    this.revoked = new Set(options.revokedTenants);
  }

  /**
   * The drain that a header stands for.
   *
   * @param address of the client; failures are limited by it, good credentials never are
   * @throws HttpError 401, or 429 where the address has guessed too often
   */
  authenticate(header: string | undefined, address: string): Drain {
    if (header === undefined || header === '') throw new HttpError('L2MET_INGEST_CREDENTIALS_MISSING');
    const known = this.known.get(header);
    if (known) return known;
    const digest = createHash('sha256').update(header).digest('base64');
    const result = this.failed.get(digest) ?? this.examine(header);
    if (result instanceof HttpError) {
      this.failed.set(digest, result);
      // Who has a token of ours is no guesser, whatever is wrong with it.
      const waitSeconds = GUESSES.has(result.code) ? this.failures.hit(address) : 0;
      throw waitSeconds > 0 ? new HttpError('L2MET_INGEST_CREDENTIALS_GUESSING', undefined, waitSeconds) : result;
    }
    if (header.length <= REMEMBERED_LENGTH_MAX) this.known.set(header, result);
    return result;
  }

  private examine(header: string): Drain | HttpError {
    const candidates = secretsInAuthorization(header);
    if (!candidates) return new HttpError('L2MET_INGEST_CREDENTIALS_MALFORMED');
    for (const token of candidates) {
      const known = this.drains.get(token);
      if (known) return known;
      const opened = this.tokens.open(token);
      if (opened.ok) return this.identify(token, opened.credentials);
    }
    return new HttpError('L2MET_INGEST_CREDENTIALS_UNKNOWN');
  }

  private identify(token: string, text: string): Drain | HttpError {
    const tenant = tenantIdOf(text);
    if (this.revoked.has(tenant)) return new HttpError('L2MET_INGEST_CREDENTIALS_REVOKED');
    const parsed = parseCredentials(text);
    if (!parsed.ok) return new HttpError('L2MET_INGEST_CREDENTIALS_CONTENT', parsed.problem);
    const destination = resolveDestination(parsed.credentials, this.options.accounts);
    const drain = { tenant, token, destination, secondValue: SECOND_VALUE[destination.target.kind] };
    this.drains.set(token, drain);
    return drain;
  }
}
