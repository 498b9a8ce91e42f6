import type { DestinationKind, SecondValue } from '../model/credentials.js';
import type { MetricPoint } from '../model/metric-point.js';

/**
 * A place that metrics are delivered to, for one tenant. A kind of destination is one file (or folder) under
 * destinations/ and one line in destinations/index.ts.
 *
 * It promises: `prepare` is a pure function, so that a delivery that is taken up again goes on where it stopped; `post`
 * makes at most one request and never throws for an answer or a broken connection. It does not retry: that is the store's.
 */
export interface Destination {
  readonly kind: DestinationKind;
  /** Whether a second value for the same series and time takes the place of the first. */
  readonly secondValue: SecondValue;
  /** A request holds records up to this sum of {@link DestinationRecord.weight}. */
  readonly requestWeightMax: number;

  /** Host and port that it sends to; undefined where nothing leaves the process. One that does not answer gets less to do. */
  readonly host?: string;

  /**
   * Turns the points of one window into what is sent, in order. Points that would collide there are merged or left out.
   * There may be a million of them: it yields after a few, so that others get their turn in between.
   */
  prepare(points: Iterable<MetricPoint>): Sliced<Prepared>;

  /** Sends records as one request. The signal aborts it; an aborted request is retryable and not answered. */
  post(records: readonly DestinationRecord[], signal: AbortSignal): Promise<Delivery>;
}

/** Work that may be interrupted wherever it yields. */
export type Sliced<T> = Generator<void, T, void>;

/** What a destination makes of a window's points. */
export interface Prepared {
  readonly records: readonly DestinationRecord[];
  /** Points left out because the destination cannot tell them from another. */
  readonly collisions: number;
}

/** One point in a destination's own form. Opaque to all but the destination that made it. */
export interface DestinationRecord {
  readonly weight: number;
  readonly body: unknown;
}

/** The outcome of one request. `why` is for people: a status or a fault, never the answer's body, never a secret. */
export type Delivery =
  /** `rejected`: about so many records of it the destination has dropped (0: it only warns); `why` in its words, for operators. */
  | { readonly outcome: 'delivered'; readonly rejected?: { readonly points: number; readonly why: string } }
  /** The request as a whole was refused for what is in it (`data`) or for its size (`size`): split it and try the halves. */
  | { readonly outcome: 'rejected'; readonly because: 'data' | 'size'; readonly why: string }
  /** A passing fault. `answered` is false where the request may still arrive or have arrived. */
  | {
      readonly outcome: 'retryable';
      readonly afterMs: number | undefined;
      readonly answered: boolean;
      readonly why: string;
    }
  /** Nothing of this tenant will be taken until someone mends it. */
  | { readonly outcome: 'refused'; readonly why: string };
