import { closingQuote, separatorOrQuote } from './byte-scanner.js';
import { BYTES } from '../memory.js';

const bytes = BYTES;

const QUOTE = 0x22;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;

const ORDINARY = 0;
const IS_EQUALS = 1;
const IS_QUOTE = 2;
const IS_SEPARATOR = 3;

/** Every byte's part in logfmt. */
const CLASS = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte <= 0x20) return IS_SEPARATOR;
  if (byte === QUOTE) return IS_QUOTE;
  return byte === EQUALS ? IS_EQUALS : ORDINARY;
});

/** A set of bytes, as a table, from a string of them. */
export function byteSet(bytes: string): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (bytes.includes(String.fromCharCode(byte)) ? 1 : 0));
}

/**
 * The `key=value`, `key="quoted \"value\""` and bare `key` of a text, one after the other.
 *
 * Bytes up to 0x20 separate, and so does a quote that opens no value, so that `{"x":"measure#b=6"}` holds `measure#b=6`. A
 * quote opens a value only straight behind a key's `=`; one that is never closed is an ordinary byte, so that the rest of
 * the line still counts. Without quotes, a value ends before the next separator or quote and may contain `=`.
 */
export class Tuples {
  keyAt = 0;
  keyEnd = 0;
  /** The value without its quotes, still escaped; empty for a bare key. */
  valueAt = 0;
  valueEnd = 0;
  /** Whether the value was quoted. */
  isQuoted = false;

  private end = 0;
  private at = 0;
  private initials: Uint8Array = new Uint8Array(256);

  /**
   * Before each text bytes[at..end), with a separator at `end`.
   *
   * @param initials first bytes of the keys to stop at; all other tuples are passed over
   */
  begin(at: number, end: number, initials: Uint8Array): void {
    this.at = at;
    this.end = end;
    this.initials = initials;
  }

  /** Goes to the next tuple. @returns whether there was one */
  next(): boolean {
    const { end, initials } = this;
    const classes = CLASS;
    let i = this.at;
    for (;;) {
      while (classes[bytes[i]!]! >= IS_QUOTE) {
        if (i >= end) return false;
        i++;
      }
      if (initials[bytes[i]!] === 1) break;
      i = afterTuple(i, end);
    }
    this.keyAt = i;
    // The first byte belongs to the key whatever it is: `="x"` opens no quote.
    i++;
    while (classes[bytes[i]!] === ORDINARY) i++;
    this.keyEnd = i;
    this.at = this.readValue(i);
    return true;
  }

  /** Reads what follows a key. @returns where the tuple ends */
  private readValue(keyEnd: number): number {
    this.isQuoted = false;
    this.valueAt = this.valueEnd = keyEnd;
    if (bytes[keyEnd] !== EQUALS) return keyEnd;
    let i = keyEnd + 1;
    this.valueAt = i;
    if (bytes[i] === QUOTE) {
      i++;
      const closing = closingQuote(i, this.end);
      if (closing >= 0) {
        this.isQuoted = true;
        this.valueAt = i;
        this.valueEnd = closing;
        return closing + 1;
      }
    }
    return (this.valueEnd = separatorOrQuote(i));
  }
}

/** Where the tuple ends whose key begins at `keyAt`: the same end as by reading it, only found faster. */
function afterTuple(keyAt: number, end: number): number {
  const i = separatorOrQuote(keyAt + 1);
  if (bytes[i] !== QUOTE || bytes[i - 1] !== EQUALS || !isFirstEquals(keyAt + 1, i - 1)) return i;
  const closing = closingQuote(i + 1, end);
  return closing >= 0 ? closing + 1 : separatorOrQuote(i + 1);
}

function isFirstEquals(from: number, equalsAt: number): boolean {
  if (equalsAt < from) return false;
  for (let i = from; i < equalsAt; i++) if (bytes[i] === EQUALS) return false;
  return true;
}

/** Resolves `\"` and `\\` in bytes[at..end), in place; any other backslash stays. @returns where the text then ends */
export function unescape(at: number, end: number): number {
  let to = at;
  for (let i = at; i < end; i++) {
    const isEscape = bytes[i] === BACKSLASH && i + 1 < end && (bytes[i + 1] === QUOTE || bytes[i + 1] === BACKSLASH);
    bytes[to++] = bytes[isEscape ? ++i : i]!;
  }
  return to;
}
