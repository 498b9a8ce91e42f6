// Looking for bytes, sixteen at a time.

const QUOTE: u8 = 0x22;
const EQUALS: u8 = 0x3d;
const BACKSLASH: u8 = 0x5c;

/** The first byte from `at` on that is at most 0x20 or a quote. There must be one. */
export function separatorOrQuote(at: usize): usize {
  let found = separatorsAndQuotes(v128.load(at));
  while (found == 0) found = separatorsAndQuotes(v128.load((at += 16)));
  return at + ctz(found);
}

/** The first byte from `at` on that is at most 0x20, a quote or `=`. There must be one. */
export function keyEnd(at: usize): usize {
  let block = v128.load(at);
  let found = separatorsAndQuotes(block) | places(block, EQUALS);
  while (found == 0) {
    block = v128.load((at += 16));
    found = separatorsAndQuotes(block) | places(block, EQUALS);
  }
  return at + ctz(found);
}

/** The first space from `at` on. There must be one. */
export function spaceFrom(at: usize): usize {
  let found = places(v128.load(at), 0x20);
  while (found == 0) found = places(v128.load((at += 16)), 0x20);
  return at + ctz(found);
}

/** Where a byte stands in a block, as bits. */
function places(block: v128, byte: u8): i32 {
  return i8x16.bitmask(i8x16.eq(block, i8x16.splat(byte)));
}

function separatorsAndQuotes(block: v128): i32 {
  return i8x16.bitmask(v128.or(i8x16.le_u(block, i8x16.splat(0x20)), i8x16.eq(block, i8x16.splat(QUOTE))));
}

/** Where the quote is that closes a value beginning at `at`; 0 if none does before `end`. A backslash escapes what is behind it. */
export function closingQuote(at: usize, end: usize): usize {
  while (at < end) {
    const block = v128.load(at);
    const quotes = places(block, QUOTE);
    const found = quotes | places(block, BACKSLASH);
    if (found == 0) {
      at += 16;
      continue;
    }
    const place = ctz(found);
    at += place;
    if ((quotes >> place) & 1) return at < end ? at : 0;
    at += 2;
  }
  return 0;
}

/**
 * Whether bytes[at..end) may hold a metric: only `measure#`, `count#`, `sample#`, `unique#` and `measure.` begin one, so there is
 * a `#` behind an e or a t, or a point behind `re`. Now and then it is wrong to say so, which costs time and nothing else.
 */
export function mayHoldMetric(at: usize, end: usize): bool {
  // What stands before these is looked at, too; and no such name begins earlier.
  for (at += 2; at < end; at += 16) {
    const block = v128.load(at);
    const marks = v128.or(i8x16.eq(block, i8x16.splat(0x23)), i8x16.eq(block, i8x16.splat(0x2e)));
    if (!v128.any_true(marks)) continue;
    const before = v128.load(at - 1);
    const isE = i8x16.eq(before, i8x16.splat(0x65));
    const hash = v128.and(i8x16.eq(block, i8x16.splat(0x23)), v128.or(isE, i8x16.eq(before, i8x16.splat(0x74))));
    const point = v128.and(
      v128.and(i8x16.eq(block, i8x16.splat(0x2e)), isE),
      i8x16.eq(v128.load(at - 2), i8x16.splat(0x72)),
    );
    if (v128.any_true(v128.or(hash, point))) return true;
  }
  return false;
}

export function isDigit(byte: u8): bool {
  return byte - 0x30 <= 9;
}

/** Resolves `\"` and `\\` in bytes[at..end), in place; any other backslash stays. Returns where the text then ends. */
export function unescape(at: usize, end: usize): usize {
  let to = at;
  for (let i = at; i < end; i++) {
    if (load<u8>(i) == BACKSLASH && i + 1 < end) {
      const next = load<u8>(i + 1);
      if (next == QUOTE || next == BACKSLASH) i++;
    }
    store<u8>(to++, load<u8>(i));
  }
  return to;
}
