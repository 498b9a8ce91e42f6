// Octet-counted frames, as long as nothing about them is odd: ../../framing/octet-frames.ts reads whatever comes.

import { afterPriority } from './header';

/** No body is anywhere near 100 MB; a longer count is damage. */
const MAX_COUNT_DIGITS: usize = 8;

/** Set by {@link readCount}: where the content begins and ends. */
let contentAt: usize = 0;
let contentEnd: usize = 0;

/** The frame at hand; and the one behind it, whose count is read already. */
export let start: usize = 0;
export let end: usize = 0;
export let next: usize = 0;
let nextStart: usize = 0;
let nextEnd: usize = 0;

/** Begins at `at`. Returns false if there is no count. */
export function beginFrames(at: usize): bool {
  if (!readCount(at)) return false;
  next = at;
  nextStart = contentAt;
  nextEnd = contentEnd;
  return true;
}

/**
 * Reads the next frame if it is good at first sight: its count leads to the body's end, or to a frame that does so or is
 * followed by a start; and it begins with `<pri>1 `. Otherwise false, which says nothing of it.
 *
 * @param limit the body's end
 * @param tailAt from here to the limit there is nothing that a frame could begin with
 */
export function readFrame(limit: usize, tailAt: usize): bool {
  start = nextStart;
  end = nextEnd;
  if (end > limit) return false;
  const after = afterLineBreak(end, limit);
  if (after < tailAt) {
    if (!readCount(after) || contentEnd > limit) return false;
    nextStart = contentAt;
    nextEnd = contentEnd;
    const afterThat = afterLineBreak(contentEnd, limit);
    if (afterThat < tailAt && !isStart(afterThat)) return false;
  }
  const fields = afterPriority(start);
  if (fields == 0 || fields > end) return false;
  next = after;
  return true;
}

/** A count, and `<pri>1 ` behind it. */
function isStart(at: usize): bool {
  return readCount(at) && afterPriority(contentAt) != 0;
}

function readCount(at: usize): bool {
  let digit = <u32>load<u8>(at) - 0x30;
  if (digit - 1 > 8) return false;
  let count: usize = digit;
  let i = at + 1;
  while (i - at <= MAX_COUNT_DIGITS) {
    digit = <u32>load<u8>(i) - 0x30;
    if (digit > 9) break;
    count = count * 10 + digit;
    i++;
  }
  if (load<u8>(i) != 0x20 || i - at > MAX_COUNT_DIGITS) return false;
  contentAt = i + 1;
  contentEnd = i + 1 + count;
  return true;
}

function afterLineBreak(at: usize, limit: usize): usize {
  if (at < limit && load<u8>(at) == 0x0a) return at + 1;
  if (at + 1 < limit && load<u16>(at) == 0x0a0d) return at + 2;
  return at;
}
