import { closingQuote, separatorOrQuote } from './byte-scanner.js';
import { BYTES } from '../memory.js';

const bytes = BYTES;

const QUOTE = 0x22;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;

/** Whether a byte stands between tuples: at most 0x20, or a quote. */
export const SEPARATES = Uint8Array.from({ length: 256 }, (_, byte) => (byte <= 0x20 || byte === QUOTE ? 1 : 0));

/** A set of bytes, as a table, from a string of them. */
export function byteSet(bytes: string): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (bytes.includes(String.fromCharCode(byte)) ? 1 : 0));
}

/** Where the tuple ends whose key begins at `keyAt`: the same end as by reading it, only found faster. */
export function afterTuple(keyAt: number, end: number): number {
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
