import { VIEW } from '../memory.js';

const view = VIEW;

/*
 * These look at four bytes at a time: a byte of `w` below n makes its highest bit appear in `(w - n·0x01010101) & ~w`, and the
 * lowest that appears is right (Anderson, "Bit Twiddling Hacks", hasless); a byte equal to q is a byte of `w ^ q·0x01010101`
 * below 1. Which of the four it is, the number of zeros below that bit says: no loop whose end nobody can predict.
 */

const HIGH_BITS = 0x80808080 | 0;

/** The place of the lowest of the bytes whose highest bit is set in `found`. */
export function lowest(found: number): number {
  return (31 - Math.clz32(found & -found)) >> 3;
}

/** The first byte from `at` on that is at most 0x20 or a quote. There must be one. */
export function separatorOrQuote(at: number): number {
  for (let i = at; ; i += 4) {
    const word = view.getInt32(i, true);
    const quotes = word ^ 0x22222222;
    const found = (((word - 0x21212121) & ~word) | ((quotes - 0x01010101) & ~quotes)) & HIGH_BITS;
    if (found !== 0) return i + lowest(found);
  }
}

/** The first byte from `at` on that is at most 0x20, a quote or `=`. There must be one. */
export function keyEnd(at: number): number {
  for (let i = at; ; i += 4) {
    const word = view.getInt32(i, true);
    const quotes = word ^ 0x22222222;
    const equals = word ^ 0x3d3d3d3d;
    const found =
      (((word - 0x21212121) & ~word) | ((quotes - 0x01010101) & ~quotes) | ((equals - 0x01010101) & ~equals)) &
      HIGH_BITS;
    if (found !== 0) return i + lowest(found);
  }
}

/**
 * Where the quote is that closes a value beginning at `at`, or -1 if none does before `end`. A backslash escapes the byte behind
 * it.
 */
export function closingQuote(at: number, end: number): number {
  for (let i = at; i < end;) {
    const word = view.getInt32(i, true);
    const quotes = word ^ 0x22222222;
    const backslashes = word ^ 0x5c5c5c5c;
    const foundQuotes = (quotes - 0x01010101) & ~quotes;
    const found = (foundQuotes | ((backslashes - 0x01010101) & ~backslashes)) & HIGH_BITS;
    if (found === 0) {
      i += 4;
      continue;
    }
    const place = found & -found;
    i += lowest(found);
    if ((foundQuotes & place) !== 0) return i < end ? i : -1;
    i += 2;
  }
  return -1;
}
