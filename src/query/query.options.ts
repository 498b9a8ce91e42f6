/** Injection token of {@link QueryOptions}. */
export const QUERY_OPTIONS = Symbol('QueryOptions');

/** What an operator can change of queries. */
export interface QueryOptions {
  /** For how long the store keeps what was delivered, ms; 0: not at all. */
  readonly recentMs: number;
}
