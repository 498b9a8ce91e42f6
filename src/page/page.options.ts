/** Injection token of {@link PageOptions}. */
export const PAGE_OPTIONS = Symbol('PageOptions');

/** What the operator says of the page. */
export interface PageOptions {
  /** Whether there is one. */
  readonly page: boolean;
  /** Whether `POST /sign` is on, so that the page can make drain tokens. */
  readonly sign: boolean;
}
