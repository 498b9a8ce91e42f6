import { afterPriority, isDigit } from '../message/syslog.js';
import { BYTES } from '../memory.js';
import type { Tally } from '../tally.js';

const bytes = BYTES;

const SPACE = 0x20;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const LESS_THAN = 0x3c;
const GREATER_THAN = 0x3e;
const ZERO = 0x30;

/** No body is anywhere near 100 MB; a longer count is damage. */
const MAX_COUNT_DIGITS = 8;

/** So long may a count be that cannot be read (2⁶⁴ in decimal has 20 digits) for what follows to pass as the next frame. */
const MAX_BROKEN_COUNT_BYTES = 24;

/** Over so many frames whose header is bad the next good one is looked for, when a frame's end is judged. */
const MAX_HOPS = 4;

/**
 * Reads octet-counted frames, `LEN SP MSG` (RFC 6587 §3.4.1), out of a body that may be damaged.
 *
 * A frame is good if its count leads to the body's end or to where another frame seems to start; so text that looks like a
 * frame inside a good one is never seen. What is lost is counted, and reading goes on at the next start that is itself
 * confirmed by what follows its end. A line break behind a frame, which some senders do not count, is stepped over.
 * Every step goes forward and looks ahead at a bounded number of places, so the time is linear whatever comes.
 */
export class OctetFrames {
  /** The message last read is bytes[start..end), beginning with `<pri>1 `. */
  start = 0;
  end = 0;
  /** Where reading goes on. */
  at = 0;
  /** From here to the limit there are only spaces, line breaks and the like: nothing that a frame could begin with. */
  tailAt = 0;
  private limit = 0;
  /** Set by {@link readCount}: where the content begins and ends. */
  private contentAt = 0;
  private contentEnd = 0;

  constructor(private readonly tally: Tally) {}

  /** Before each body: it was loaded, begins at `from` and ends at `limit`. */
  begin(from: number, limit: number): void {
    this.at = from;
    this.limit = limit;
    let tailAt = limit;
    while (tailAt > from && bytes[tailAt - 1]! <= SPACE) tailAt--;
    this.tailAt = tailAt;
  }

  /** Whether there is a frame's start at `at`: a count, a space and `<pri>1 `. */
  isStart(at: number): boolean {
    return this.readCount(at) && afterPriority(this.contentAt) >= 0;
  }

  /** Reads up to the next good frame. @returns whether there was one */
  next(): boolean {
    while (this.at < this.tailAt) {
      const frameAt = this.at;
      if (!this.readCount(frameAt)) {
        this.lose(frameAt, 'count');
        continue;
      }
      const start = this.contentAt;
      const end = this.contentEnd;
      if (end > this.limit) {
        this.lose(frameAt, 'truncated');
        continue;
      }
      const next = this.afterLineBreak(end);
      if (!this.leadsOn(next) && !this.isBeforeDamage(start, next)) {
        this.lose(frameAt, 'count');
        continue;
      }
      this.at = next;
      const fields = afterPriority(start);
      if (fields < 0 || fields > end) {
        this.tally.frame(frameAt, 'header');
        continue;
      }
      this.start = start;
      this.end = end;
      return true;
    }
    return false;
  }

  /** Counts without leading zero, so that a count that lost its first digit is not one. */
  private readCount(at: number): boolean {
    let digit = bytes[at]! - ZERO;
    if (digit < 1 || digit > 9) return false;
    let count = digit;
    let i = at + 1;
    for (; i - at <= MAX_COUNT_DIGITS; i++) {
      digit = bytes[i]! - ZERO;
      if (digit < 0 || digit > 9) break;
      count = count * 10 + digit;
    }
    if (bytes[i] !== SPACE || i - at > MAX_COUNT_DIGITS) return false;
    this.contentAt = i + 1;
    this.contentEnd = i + 1 + count;
    return true;
  }

  private afterLineBreak(at: number): number {
    if (bytes[at] === LINE_FEED && at < this.limit) return at + 1;
    if (bytes[at] === CARRIAGE_RETURN && bytes[at + 1] === LINE_FEED && at + 1 < this.limit) return at + 2;
    return at;
  }

  /** Whether `at` is the body's end, or holds a count that leads to the end or to a frame's start. */
  private leadsOn(at: number): boolean {
    if (at >= this.tailAt) return true;
    for (let hops = 0; hops < MAX_HOPS; hops++) {
      if (!this.readCount(at) || this.contentEnd > this.limit) return false;
      at = this.afterLineBreak(this.contentEnd);
      if (at >= this.tailAt || this.isStart(at)) return true;
    }
    return false;
  }

  /**
   * Whether the frame that ends at `next` is good although what follows leads nowhere: a frame whose own count is broken,
   * or cut off by the body's end. It is not if its end lies among the digits of a better start: `…=12202 <45>1 ` with the
   * end before or behind one of those digits is a count too small or too large, and would make a wrong value.
   */
  private isBeforeDamage(start: number, next: number): boolean {
    const space = this.spaceBeforePriority(next);
    if (space < 0) return this.isCutStart(next) || this.isMissingCount(next);
    if (bytes[next - 1] === LINE_FEED) return true;
    if (this.confirmedStart(start, space, next) >= 0) return false;
    if (this.isStart(next) && this.contentEnd > this.limit) return true;
    // `…=52` and then `02 <45>1 `, where 202 would go past the end: one digit too many, and the last frame cut off.
    for (let at = this.firstDigit(start, space); at < next; at++) {
      if (this.isStart(at) && this.contentEnd > this.limit) return false;
    }
    return true;
  }

  /** Whether a message without a count begins at `at`. (Behind a space, its count is there and the frame before too long.) */
  private isMissingCount(at: number): boolean {
    return afterPriority(at) >= 0 && bytes[at - 1] !== SPACE;
  }

  /**
   * Whether the body ends inside a count or a `<pri>1 ` that begin at `at`. Digits alone are taken for it only behind a
   * line break: else they may be the end of a value whose frame's count is too small.
   */
  private isCutStart(at: number): boolean {
    const { tailAt } = this;
    let i = at;
    while (i < tailAt && isDigit(bytes[i]!)) i++;
    if (i === at || i - at > MAX_COUNT_DIGITS) return false;
    if (i === tailAt) return bytes[at - 1] === LINE_FEED;
    if (bytes[i] !== SPACE || bytes[i + 1] !== LESS_THAN) return false;
    for (i += 2; i < tailAt; i++) if (!isDigit(bytes[i]!) && bytes[i] !== GREATER_THAN) return false;
    return i - at <= MAX_BROKEN_COUNT_BYTES;
  }

  /** The space in ` <pri>1 ` if that follows `at` after a few bytes that are no space, or -1. */
  private spaceBeforePriority(at: number): number {
    let i = at;
    while (i < this.limit && bytes[i] !== SPACE && i - at < MAX_BROKEN_COUNT_BYTES) i++;
    return i < this.limit && bytes[i] === SPACE && afterPriority(i + 1) >= 0 ? i : -1;
  }

  /** Among the digits before `space`, not before `lowest`, the start of a frame that leads on; -1 if there is none. */
  private confirmedStart(lowest: number, space: number, except = -1): number {
    for (let at = this.firstDigit(lowest, space); at < space; at++) {
      if (at !== except && this.readCount(at) && this.leadsOn(at)) return at;
    }
    return -1;
  }

  /** As {@link confirmedStart}, but of a frame that ends in a line break before one whose count is broken. */
  private startBeforeBrokenCount(lowest: number, space: number): number {
    for (let at = this.firstDigit(lowest, space); at < space; at++) {
      if (!this.readCount(at) || this.contentEnd > this.limit) continue;
      const end = this.contentEnd;
      if (bytes[end - 1] === LINE_FEED && this.spaceBeforePriority(end) >= 0) return at;
    }
    return -1;
  }

  private firstDigit(lowest: number, space: number): number {
    let at = space;
    while (at > lowest && space - at < MAX_COUNT_DIGITS && isDigit(bytes[at - 1]!)) at--;
    return at;
  }

  /** Counts the frame at `frameAt` as lost and goes to the next start, or to the end. */
  private lose(frameAt: number, reason: 'count' | 'truncated'): void {
    this.tally.frame(frameAt, reason);
    const { limit } = this;
    // The lost frame's own header is no start: with part of its count cut off it might lead on by chance.
    const space = this.spaceBeforePriority(frameAt);
    const from = space >= 0 ? space + 2 : frameAt + 1;
    for (let i = from + 1; i < limit; i++) {
      if (bytes[i] !== LESS_THAN || bytes[i - 1] !== SPACE || afterPriority(i) < 0) continue;
      let start = this.confirmedStart(from, i - 1);
      if (start < 0) start = this.startBeforeBrokenCount(from, i - 1);
      if (start >= 0) {
        this.at = start;
        return;
      }
    }
    this.at = limit;
  }
}
