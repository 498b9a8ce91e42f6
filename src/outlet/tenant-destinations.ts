import { Inject, Injectable } from '@nestjs/common';
import { DrainTokens } from '../crypto/drain-token.js';
import type { Clock } from '../model/clock.js';
import { parseCredentials, resolveDestination } from '../model/credentials.js';
import { CLOCK } from '../telemetry/clock.token.js';
import { AddressPolicy } from './address-policy.js';
import type { Destination } from './destination.js';
import { destinationOf } from './destinations/index.js';
import { HttpClient } from './http-client.js';
import { OUTLET_OPTIONS, type OutletOptions } from './outlet.options.js';

/** From a tenant's drain token to its destination. */
@Injectable()
export class TenantDestinations {
  private readonly http: HttpClient;

  constructor(
    private readonly tokens: DrainTokens,
    @Inject(OUTLET_OPTIONS) private readonly options: OutletOptions,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    const { userAgent, proxy, allowDestinations } = options;
    this.http = new HttpClient({ userAgent, proxy, policy: new AddressPolicy(allowDestinations) });
  }

  /** Undefined where no key here opens the token, or where this release does not know what is in it. */
  of(token: string): Destination | undefined {
    const opened = this.tokens.open(token);
    if (!opened.ok) return undefined;
    const parsed = parseCredentials(opened.credentials);
    if (!parsed.ok) return undefined;
    const { clock, http } = this;
    const { accounts, ownCredentials } = this.options;
    const resolved = resolveDestination(parsed.credentials, accounts);
    const byOperator = resolved.byOperator || opened.credentials === ownCredentials;
    return destinationOf({ ...resolved, byOperator }, { clock, http, print: this.options.print });
  }

  /** Cuts the connections to destinations. */
  close(): Promise<void> {
    return this.http.close();
  }
}
