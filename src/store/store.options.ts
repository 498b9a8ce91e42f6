import type { WindowPolicy } from '../model/window.js';

/** Injection token of {@link StoreOptions}. */
export const STORE_OPTIONS = Symbol('StoreOptions');

/** What an operator can change of a window store. */
export interface StoreOptions {
  readonly policy: WindowPolicy;
  /** A window's batches may take so much. */
  readonly windowBytesMax: number;
  /** A tenant's batches may take so much. */
  readonly tenantBytesMax: number;
  /** The embedded store as a whole may take so much. */
  readonly storeBytesMax: number;
  /** Which summaries of delivered windows are kept to be looked at; absent: none. */
  readonly recent?: RecentOptions;
}

/** How much of what was delivered can be looked at. */
export interface RecentOptions {
  /** Windows that ended longer ago are not kept, ms. */
  readonly ms: number;
  /** The summaries of one tenant may take so much: the oldest go first. */
  readonly tenantBytesMax: number;
}
