/** Injection token of {@link MetchanOptions}. */
export const METCHAN_OPTIONS = Symbol('MetchanOptions');

/** Where l2met's own numbers go. */
export interface MetchanOptions {
  /** Credentials of a destination, as in a drain token. */
  readonly credentials: string;
  /** Stands before every name, with a dot. */
  readonly prefix: string;
  /** Tells this process from others. */
  readonly source: string;
}
