import { BYTES, WORDS } from '../memory.js';

const bytes = BYTES;
const words = WORDS;

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/*
 * Both functions look at four bytes at a time: a byte of `w` below n makes its highest bit appear in `(w - n·0x01010101) & ~w`,
 * and none appears without one (Anderson, "Bit Twiddling Hacks", hasless); a byte equal to q is a byte of `w ^ q·0x01010101`
 * below 1. Which of the four it is, is then looked up byte by byte.
 */

/**
 * The first byte from `at` on that is at most 0x20 or a quote. There must be one.
 */
export function separatorOrQuote(at: number): number {
  let i = at;
  while ((i & 3) !== 0) {
    const byte = bytes[i]!;
    if (byte <= SPACE || byte === QUOTE) return i;
    i++;
  }
  let wordAt = i >> 2;
  for (;;) {
    const word = words[wordAt]!;
    const quotes = word ^ 0x22222222;
    if ((((word - 0x21212121) & ~word) | ((quotes - 0x01010101) & ~quotes)) & 0x80808080) break;
    wordAt++;
  }
  i = wordAt << 2;
  while (bytes[i]! > SPACE && bytes[i] !== QUOTE) i++;
  return i;
}

/**
 * Where the quote is that closes a value beginning at `at`, or -1 if none does before `end`. A backslash escapes the byte behind
 * it.
 */
export function closingQuote(at: number, end: number): number {
  let i = at;
  while (i < end) {
    if ((i & 3) === 0) {
      const word = words[i >> 2]!;
      const quotes = word ^ 0x22222222;
      const backslashes = word ^ 0x5c5c5c5c;
      if (!((((quotes - 0x01010101) & ~quotes) | ((backslashes - 0x01010101) & ~backslashes)) & 0x80808080)) {
        i += 4;
        continue;
      }
    }
    const byte = bytes[i]!;
    if (byte === QUOTE) return i;
    i += byte === BACKSLASH ? 2 : 1;
  }
  return -1;
}
