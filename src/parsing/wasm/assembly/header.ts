// The header of a syslog message, as ../../message/header.ts and structured-data.ts read it.

import { isDigit, spaceFrom } from './scan';

const SPACE: u8 = 0x20;
const QUOTE: u8 = 0x22;
const EQUALS: u8 = 0x3d;
const OPEN: u8 = 0x5b;
const BACKSLASH: u8 = 0x5c;
const CLOSE: u8 = 0x5d;

export let timeAt: usize = 0;
export let timeEnd: usize = 0;
export let appNameEnd: usize = 0;
export let procIdAt: usize = 0;
export let procIdEnd: usize = 0;
export let textAt: usize = 0;

/** Reads the header of bytes[start..end), or takes it all as text; a space stands at `end`. */
export function readHeader(start: usize, end: usize): void {
  timeAt = timeEnd = appNameEnd = procIdAt = procIdEnd = start;
  let i = afterPriority(start);
  if (i == 0 || i > end) {
    textAt = afterByteOrderMark(start, end);
    return;
  }
  if (!readUsualFields(start, i, end)) readFields(i, end);
  i = afterSpaces(procIdEnd, end);
  i = afterSpaces(spaceFrom(i), end); // MSGID
  textAt = afterByteOrderMark(afterStructuredData(i, end), end);
}

/** Fields with one space between them, within 64 bytes: all spaces there are looked for at once. */
function readUsualFields(start: usize, at: usize, end: usize): bool {
  let spaces =
    (<u64>spacesIn(start)) |
    ((<u64>spacesIn(start + 16)) << 16) |
    ((<u64>spacesIn(start + 32)) << 32) |
    ((<u64>spacesIn(start + 48)) << 48);
  if ((spaces & (spaces >> 1)) != 0) return false;
  spaces = (spaces >> (at - start)) << (at - start);
  timeAt = at;
  timeEnd = start + <usize>ctz(spaces);
  spaces &= spaces - 1; // HOSTNAME
  spaces &= spaces - 1;
  appNameEnd = start + <usize>ctz(spaces);
  procIdAt = appNameEnd + 1;
  spaces &= spaces - 1;
  procIdEnd = start + <usize>ctz(spaces);
  return spaces != 0 && procIdEnd < end;
}

function readFields(at: usize, end: usize): void {
  let i = afterSpaces(at, end);
  timeAt = i;
  i = spaceFrom(i);
  timeEnd = i;
  i = spaceFrom(afterSpaces(i, end)); // HOSTNAME
  i = spaceFrom(afterSpaces(i, end)); // APP-NAME
  appNameEnd = i;
  i = afterSpaces(i, end);
  procIdAt = i;
  procIdEnd = spaceFrom(i);
}

function spacesIn(at: usize): i32 {
  return i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(SPACE)));
}

/** Where the fields begin behind `<pri>1 `; 0 if that does not stand at `at`. */
export function afterPriority(at: usize): usize {
  if (load<u8>(at) != 0x3c || !isDigit(load<u8>(at + 1))) return 0;
  let i = at + 2;
  if (isDigit(load<u8>(i))) i++;
  if (isDigit(load<u8>(i))) i++;
  return load<u8>(i) == 0x3e && load<u16>(i + 1) == 0x2031 ? i + 3 : 0;
}

function afterSpaces(at: usize, end: usize): usize {
  while (load<u8>(at) == SPACE && at < end) at++;
  return at;
}

function afterByteOrderMark(at: usize, end: usize): usize {
  return (load<u32>(at) & 0xffffff) == 0xbfbbef && at + 3 <= end ? at + 3 : at;
}

function afterStructuredData(at: usize, end: usize): usize {
  const first = load<u8>(at);
  if (first == 0x2d) return load<u8>(at + 1) == SPACE ? min(at + 2, end) : at;
  if (first != OPEN) return at;
  let i = at;
  while (load<u8>(i) == OPEN && i < end) {
    i = afterElement(i + 1, end);
    if (i == 0) return at;
  }
  return load<u8>(i) == SPACE ? min(i + 1, end) : at;
}

function afterElement(at: usize, end: usize): usize {
  let i = afterName(at);
  if (i == at) return 0;
  while (load<u8>(i) == SPACE && i < end) {
    i = afterParameter(i + 1, end);
    if (i == 0) return 0;
  }
  return load<u8>(i) == CLOSE && i < end ? i + 1 : 0;
}

function afterParameter(at: usize, end: usize): usize {
  let i = afterName(at);
  if (i == at || load<u8>(i) != EQUALS || load<u8>(i + 1) != QUOTE) return 0;
  for (i += 2; i < end; i++) {
    const byte = load<u8>(i);
    if (byte == QUOTE) return i + 1;
    if (byte == BACKSLASH) i++;
  }
  return 0;
}

function afterName(at: usize): usize {
  while (isInName(load<u8>(at))) at++;
  return at;
}

function isInName(byte: u8): bool {
  return byte > SPACE && byte < 0x7f && byte != EQUALS && byte != CLOSE && byte != QUOTE;
}
