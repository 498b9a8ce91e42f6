import type { Kind } from '../model/kind.js';
import type { Tally } from './tally.js';
import type { ParsedWindow, ParseOptions } from './parsed-drain.js';

/** Messages lost by senders, by the code of their notices. */
export type LossNotices = Record<'L10' | 'L12' | 'L13', number>;

/**
 * Reads the messages of a body, one after the other, and gives what they came to: messages → measurements → window batches.
 * There are two that do the same.
 */
export interface Engine {
  /**
   * Before each body, which is at the beginning of memory (memory.ts).
   *
   * @param tally gets what is not read
   * @param nowMs what a line without a usable time counts as, ms since the epoch
   */
  begin(bodyBytes: number, options: ParseOptions, nowMs: number, tally: Tally): void;

  /**
   * Reads octet-counted frames from `at` on as long as they are good at first sight; it need not read any.
   *
   * @param limit the body's end
   * @param tailAt from here to the limit there is nothing that a frame could begin with
   * @returns where it stopped; undefined if there is no room for something: another engine must read the body
   */
  frames(at: number, limit: number, tailAt: number): number | undefined;

  /** Reads the message at bytes[start..end). False if there is no room for something of it: another engine must read the body. */
  message(start: number, end: number): boolean;

  /** Messages read. */
  readonly messages: number;
  /** How many measurements there were of each kind. */
  readonly byKind: Record<Kind, number>;
  readonly lossNotices: LossNotices;

  /** The windows of the body, ascending by start. */
  encode(): ParsedWindow[];
}
