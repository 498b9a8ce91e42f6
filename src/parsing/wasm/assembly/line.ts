// Reads the text of one line, as ../../logfmt/line-reader.ts does.

import {
  PENDING_KINDS_AT,
  PENDING_MAX,
  PENDING_NAMES_AT,
  PENDING_OFFSETS_AT,
  PENDING_UNITS_AT,
  PENDING_VALUES_AT,
} from '../layout';
import { reject } from './host';
import { FULL, intern, internShort, NAMES, SOURCES, UNITS } from './interner';
import {
  bytes,
  BYTES_BYTES,
  connect,
  CONNECT_BYTES,
  ERROR_BYTES,
  errorName,
  service,
  SERVICE_BYTES,
  STATUS_BYTES,
  statusName,
} from './platform';
import { COUNT, MEASURE, SAMPLE, UNIQUE } from './register';
import { closingQuote, keyEnd as endOfKey, separatorOrQuote, unescape } from './scan';
import { uniqueHash } from './unique-hash';
import { NAME_EMPTY, NAME_TOO_LONG, NONE, number, readValue, unitAt, VALUE_MALFORMED } from './value';

const MAX_NAME_BYTES: usize = 255;

const QUOTE: u8 = 0x22;
const EQUALS: u8 = 0x3d;
const HASH: u8 = 0x23;
const POINT: u8 = 0x2e;

/** Where a router line's source comes from. */
const FROM_SOURCE: i32 = 0;
const FROM_DYNO: i32 = 1;

/** The metrics of the line, in order; its source; whether that is too long with its prefix; whether there was no room. */
export let pending: i32 = 0;
export let source: i32 = 0;
export let isSourceTooLong: bool = false;
export let isFull: bool = false;

let routerSource: i32 = FROM_SOURCE;
let platform: bool = false;
let namePrefixBytes: usize = 0;
let sourcePrefixBytes: usize = 0;
let isRouter: bool = false;
let hasSource: bool = false;

/** The tuple at hand. */
let keyAt: usize = 0;
let keyEnd: usize = 0;
let valueAt: usize = 0;
let valueEnd: usize = 0;
let isQuoted: bool = false;

export function beginLines(from: i32, withPlatform: bool, namePrefix: usize, sourcePrefix: usize): void {
  routerSource = from;
  platform = withPlatform;
  namePrefixBytes = namePrefix;
  sourcePrefixBytes = sourcePrefix;
  isFull = false;
}

/** Reads bytes[at..end), with a space at `end`. */
export function readLine(at: usize, end: usize, byRouter: bool): void {
  pending = 0;
  source = 0;
  isRouter = byRouter;
  hasSource = false;
  isSourceTooLong = isTooLongWithPrefix(0);
  let i = at;
  for (;;) {
    for (;;) {
      const byte = load<u8>(i);
      if (byte > 0x20 && byte != QUOTE) break;
      if (i >= end) return;
      i++;
    }
    if (!isInitial(load<u8>(i))) {
      i = afterTuple(i, end);
      continue;
    }
    keyAt = i;
    i = endOfKey(i + 1);
    keyEnd = valueAt = valueEnd = i;
    isQuoted = false;
    if (load<u8>(i) == EQUALS) i = findValue(i + 1, end);
    readTuple();
  }
}

/** Whether a key that counts begins so. */
function isInitial(byte: u8): bool {
  // As bits of a word: m, c, s and u; of a router also b, and d or h.
  const letter = <u32>byte - 0x61;
  if (letter > 25) return false;
  const letters: u32 = isRouter
    ? routerSource == FROM_SOURCE
      ? 0x0014_1006
      : routerSource == FROM_DYNO
        ? 0x0014_100e
        : 0x0014_1086
    : 0x0014_1004;
  return ((letters >> letter) & 1) != 0;
}

/** Where the tuple ends whose key begins at `at`. */
function afterTuple(at: usize, end: usize): usize {
  const i = separatorOrQuote(at + 1);
  if (load<u8>(i) != QUOTE || load<u8>(i - 1) != EQUALS || i - 1 <= at) return i;
  // Only the first equals sign of a tuple opens a value.
  for (let j = at + 1; j < i - 1; j++) if (load<u8>(j) == EQUALS) return i;
  const closing = closingQuote(i + 1, end);
  return closing != 0 ? closing + 1 : separatorOrQuote(i + 1);
}

function findValue(at: usize, end: usize): usize {
  if (load<u8>(at) == QUOTE) {
    const closing = closingQuote(at + 1, end);
    if (closing != 0) {
      isQuoted = true;
      valueAt = at + 1;
      valueEnd = closing;
      return closing + 1;
    }
    valueAt = at;
    valueEnd = separatorOrQuote(at + 1);
    return valueEnd;
  }
  valueAt = at;
  valueEnd = separatorOrQuote(at);
  return valueEnd;
}

function readTuple(): void {
  const begin = load<u32>(keyAt);
  if (begin == 0x7361656d) {
    // meas, ure# or ure.
    const rest = load<u32>(keyAt + 4);
    if (rest == 0x23657275 || rest == 0x2e657275) return readMetric(MEASURE, keyAt + 8);
  } else if (begin == 0x6e756f63) {
    // coun, unt#
    if (load<u32>(keyAt + 2) == 0x23746e75) return readMetric(COUNT, keyAt + 6);
  } else if (begin == 0x706d6173) {
    // samp, ple#
    if (load<u32>(keyAt + 3) == 0x23656c70) return readMetric(SAMPLE, keyAt + 7);
  } else if (begin == 0x71696e75) {
    // uniq, que#
    if (load<u32>(keyAt + 3) == 0x23657571) return readMetric(UNIQUE, keyAt + 7);
  }
  if (isRouter) readRouterTuple();
  else if (begin == 0x72756f73 && load<u16>(keyAt + 4) == 0x6563 && keyEnd - keyAt == 6) readSource();
}

function readRouterTuple(): void {
  const length = keyEnd - keyAt;
  const begin = load<u32>(keyAt);
  if (length == 7) {
    // connect, service
    if (begin == 0x6e6e6f63 && load<u32>(keyAt + 3) == 0x7463656e) return readRouterValue(connect, CONNECT_BYTES);
    if (begin == 0x76726573 && load<u32>(keyAt + 3) == 0x65636976) return readRouterValue(service, SERVICE_BYTES);
  } else if (length == 5) {
    // bytes
    if (begin == 0x65747962 && load<u8>(keyAt + 4) == 0x73) return readRouterValue(bytes, BYTES_BYTES);
  } else if (length == 6) {
    // status, source
    if (begin == 0x74617473) {
      if (platform && load<u16>(keyAt + 4) == 0x7375) countNamed(statusName(valueAt, valueEnd), STATUS_BYTES, 1, keyAt);
    } else if (routerSource == FROM_SOURCE && begin == 0x72756f73 && load<u16>(keyAt + 4) == 0x6563) {
      readSource();
    }
  } else if (length == 4) {
    // code, dyno, host
    if (begin == 0x65646f63) {
      if (platform) countNamed(errorName(valueAt, valueEnd), ERROR_BYTES + (valueEnd - valueAt), 1, keyAt);
    } else if (begin == (routerSource == FROM_DYNO ? 0x6f6e7964 : 0x74736f68) && routerSource != FROM_SOURCE) {
      readSource();
    }
  }
}

function readMetric(kind: i32, nameAt: usize): void {
  if (nameAt == keyEnd) return reject(keyAt, NAME_EMPTY);
  if (namePrefixBytes + (keyEnd - nameAt) > MAX_NAME_BYTES) return reject(keyAt, NAME_TOO_LONG);
  const name = intern(NAMES, nameAt, keyEnd);
  if (kind == UNIQUE) readString(name);
  else readNumber(kind, name);
}

/** H-errors have no times: their empty values are no measurements. */
function readRouterValue(name: i32, nameBytes: usize): void {
  if (valueAt == valueEnd) return;
  if (namePrefixBytes + nameBytes > MAX_NAME_BYTES) return reject(keyAt, NAME_TOO_LONG);
  readNumber(MEASURE, name);
}

/** Adds to a counter of the platform's. @param name 0 if there is none */
export function countNamed(name: i32, nameBytes: usize, by: f64, at: usize): void {
  if (name == 0) return;
  if (namePrefixBytes + nameBytes > MAX_NAME_BYTES) return reject(at, NAME_TOO_LONG);
  push(COUNT, name, 0, by, at);
}

/** No value means 1. */
function readNumber(kind: i32, name: i32): void {
  if (valueAt == valueEnd) return push(kind, name, 0, 1, keyAt);
  const rejection = readValue(valueAt, valueEnd);
  if (rejection != NONE) return reject(keyAt, rejection);
  push(kind, name, internShort(UNITS, unitAt, valueEnd), number, keyAt);
}

/** A string counts by its hash, which is kept like a value. None is no string. */
function readString(name: i32): void {
  const end = isQuoted ? unescape(valueAt, valueEnd) : valueEnd;
  if (valueAt == end) return reject(keyAt, VALUE_MALFORMED);
  push(UNIQUE, name, 0, uniqueHash(valueAt, end), keyAt);
}

/** The first source of a line is its source, even an empty one. The word alone is none. */
function readSource(): void {
  if (hasSource || valueAt == keyEnd) return;
  hasSource = true;
  const end = isQuoted ? unescape(valueAt, valueEnd) : valueEnd;
  isSourceTooLong = isTooLongWithPrefix(end - valueAt);
  if (isSourceTooLong) return;
  source = intern(SOURCES, valueAt, end);
  if (source == FULL) isFull = true;
}

/** Where there is no source its prefix stands alone, without a dot. */
function isTooLongWithPrefix(sourceBytes: usize): bool {
  if (sourceBytes == 0) return sourcePrefixBytes > MAX_NAME_BYTES + 1;
  return sourcePrefixBytes + sourceBytes > MAX_NAME_BYTES;
}

function push(kind: i32, name: i32, unit: i32, value: f64, at: usize): void {
  if (pending == PENDING_MAX || name == FULL || unit == FULL) {
    isFull = true;
    return;
  }
  const place = <usize>pending;
  pending++;
  store<i32>(place << 2, kind, PENDING_KINDS_AT);
  store<i32>(place << 2, name, PENDING_NAMES_AT);
  store<i32>(place << 2, unit, PENDING_UNITS_AT);
  store<f64>(place << 3, value, PENDING_VALUES_AT);
  store<i32>(place << 2, <i32>at, PENDING_OFFSETS_AT);
}
