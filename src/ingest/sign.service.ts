import { createHash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { DrainTokens } from '../crypto/drain-token.js';
import type { Clock } from '../model/clock.js';
import { parseCredentials } from '../model/credentials.js';
import { CLOCK } from '../telemetry/clock.token.js';
import { AddressLimiter } from '../access/address-limiter.js';
import { secretsInAuthorization } from '../access/authorization.js';
import { HttpError } from '../access/http-error.js';
import { INGEST_OPTIONS, type IngestOptions } from './ingest.options.js';

/** Makes drain tokens for whoever knows the secret. */
@Injectable()
export class SignService {
  private readonly requests: AddressLimiter;

  constructor(
    private readonly tokens: DrainTokens,
    @Inject(INGEST_OPTIONS) private readonly options: IngestOptions,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.requests = new AddressLimiter(options.signPerMinute, clock);
  }

  /**
   * A drain token for the credentials in a body.
   *
   * @param address of the client, for the rate limit
   * @throws HttpError 401 for a wrong secret, 400 for bad credentials, 429, or 404 where signing is off
   */
  sign(authorization: string | undefined, address: string, body: Buffer): string {
    if (!this.options.sign) throw new HttpError('L2MET_INGEST_SIGN_OFF');
    const waitSeconds = this.requests.hit(address);
    if (waitSeconds > 0) throw new HttpError('L2MET_INGEST_SIGN_RATE', undefined, waitSeconds);
    const secrets = authorization === undefined ? undefined : secretsInAuthorization(authorization);
    if (!secrets?.some((secret) => this.isSecret(secret))) throw new HttpError('L2MET_INGEST_SIGN_SECRET');
    const credentials = body.toString('utf8').trim();
    const parsed = parseCredentials(credentials);
    if (!parsed.ok) throw new HttpError('L2MET_INGEST_SIGN_CREDENTIALS', parsed.problem);
    return this.tokens.issue(credentials);
  }

  /** In constant time for every secret of a length. */
  private isSecret(candidate: string): boolean {
    const { signSecret } = this.options;
    return signSecret === undefined
      ? this.tokens.isSecret(candidate)
      : timingSafeEqual(digest(candidate), digest(signSecret));
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
