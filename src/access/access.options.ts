import type { AccountRoute } from '../model/credentials.js';

/** Injection token of {@link AccessOptions}. */
export const ACCESS_OPTIONS = Symbol('AccessOptions');

/** What an operator can change of who is let in. */
export interface AccessOptions {
  /** Failed credentials that an address may show a minute. */
  readonly authFailuresPerMinute: number;
  /** Tenants whose tokens are refused. */
  readonly revokedTenants: readonly string[];
  /** Where `email:api-token` credentials go. */
  readonly accounts: AccountRoute;
}
