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
}
