// The way of a message from its bytes to the register, as ../script-engine.ts goes it.

import {
  PENDING_KINDS_AT,
  PENDING_NAMES_AT,
  PENDING_OFFSETS_AT,
  PENDING_UNITS_AT,
  PENDING_VALUES_AT,
  STATE_AT,
  STATE_MESSAGES,
  WINDOW_MEASUREMENTS_AT,
} from '../layout';
import { appNameEnd, procIdAt, procIdEnd, readHeader, textAt, timeAt, timeEnd } from './header';
import { beginFrames, end, next, readFrame, start } from './frames';
import { lost, openWindow, reject } from './host';
import { beginInterner, NAMES, seedInterners, SOURCES, UNITS } from './interner';
import { beginLines, countNamed, isFull, isSourceTooLong, pending, readLine, source } from './line';
import { beginNames, ERROR_BYTES, errorName, LOST_BYTES, lostName } from './platform';
import { addMeasurement, beginRegister, seedRegister } from './register';
import { isDigit, mayHoldMetric } from './scan';
import { micros, readTimestamp, seconds } from './timestamp';
import { SOURCE_TOO_LONG } from './value';

export { beginBatches, encodeBatch } from './encoder';

/** Codes of loss notices; -1 for none. */
const L10: i32 = 0;
const L12: i32 = 1;
const L13: i32 = 2;

/** More digits are no number of messages. */
const MAX_DIGITS: usize = 12;

let platform: bool = false;
let resolutionSeconds: f64 = 60;
let nowMs: f64 = 0;

/** The window of the last line: its start, and its place. Infinitely late before the first. */
let windowStart: f64 = Infinity;
let window: i32 = 0;

/** Whether the register took all of it so far. */
let hasRoom: bool = true;

/** Once: the secrets of the hashes, so that nobody can send keys that collide. @param low, high random bits */
export function seed(low: u32, high: u32): void {
  seedInterners(low, high);
  seedRegister(low);
}

/** Before each body. @param routerSource 0: source, 1: dyno, 2: host */
export function begin(
  routerSource: i32,
  withPlatform: bool,
  namePrefixBytes: usize,
  sourcePrefixBytes: usize,
  resolution: f64,
  now: f64,
): void {
  beginInterner(NAMES);
  beginInterner(SOURCES);
  beginInterner(UNITS);
  beginNames();
  beginRegister();
  beginLines(routerSource, withPlatform, namePrefixBytes, sourcePrefixBytes);
  platform = withPlatform;
  resolutionSeconds = resolution;
  nowMs = now;
  windowStart = Infinity;
  hasRoom = true;
}

/**
 * Reads frames from `at` on as long as they are good at first sight. Returns where it stopped; -1 if there was no room for
 * something.
 */
export function frames(at: usize, limit: usize, tailAt: usize): i32 {
  if (at >= tailAt || !beginFrames(at)) return <i32>at;
  while (at < tailAt && readFrame(limit, tailAt)) {
    at = next;
    if (!message(start, end)) return -1;
  }
  return <i32>at;
}

/** Reads the message bytes[from..to). Returns false if there was no room for something of it. */
export function message(from: usize, to: usize): bool {
  // Whatever is looked for is found here at the latest.
  const held = load<u8>(to);
  store<u8>(to, 0x20);
  readMessage(from, to);
  store<u8>(to, held);
  store<i32>(STATE_AT, load<i32>(STATE_AT, STATE_MESSAGES) + 1, STATE_MESSAGES);
  return hasRoom && !isFull;
}

function readMessage(from: usize, to: usize): void {
  readHeader(from, to);
  const code = lossCode();
  const messages = code < 0 ? 0 : messagesLost(textAt, to);
  if (code >= 0) lost(code, messages);
  const isRouter = procIdEnd - procIdAt == 6 && load<u32>(procIdAt) == 0x74756f72 && load<u16>(procIdAt + 4) == 0x7265;
  // Error, a space
  const isError =
    platform && load<u32>(textAt) == 0x6f727245 && load<u16>(textAt + 4) == 0x2072 && (code >= 0 || isFromHeroku());
  if (!isRouter && !isError && !mayHoldMetric(textAt, to)) return;
  readLine(textAt, to, isRouter);
  if (isError) addError(textAt + 6, to, code, messages);
  if (pending > 0) register();
}

/** What an app prints comes under another name: it cannot make up an error of the platform's. */
function isFromHeroku(): bool {
  // space, hero, ku
  const at = appNameEnd - 6;
  return appNameEnd > 6 && load<u8>(at - 1) == 0x20 && load<u32>(at) == 0x6f726568 && load<u16>(at + 4) == 0x756b;
}

function addError(codeAt: usize, end: usize, code: i32, messages: f64): void {
  let codeEnd = codeAt;
  while (codeEnd < end && isAlphanumeric(load<u8>(codeEnd))) codeEnd++;
  countNamed(errorName(codeAt, codeEnd), ERROR_BYTES + (codeEnd - codeAt), 1, codeAt);
  if (code >= 0 && messages > 0) countNamed(lostName(code), LOST_BYTES, messages, codeAt);
}

function isAlphanumeric(byte: u8): bool {
  return isDigit(byte) || (byte | 0x20) - 0x61 <= 25;
}

/** The code of a loss notice, by the process that wrote it. */
function lossCode(): i32 {
  const length = procIdEnd - procIdAt;
  // Error, a space, L1
  if (load<u32>(textAt) != 0x6f727245 || load<u32>(textAt + 4) != 0x314c2072) return -1;
  const digit = load<u8>(textAt + 8);
  if (length == 7) {
    // logplex
    if (load<u32>(procIdAt) != 0x70676f6c || load<u32>(procIdAt + 3) != 0x78656c70) return -1;
    return digit == 0x30 && load<u8>(textAt + 9) == 0x20 ? L10 : -1;
  }
  // log-shuttle
  if (length != 11 || load<u64>(procIdAt) != 0x7475_6873_2d67_6f6c || load<u32>(procIdAt + 7) != 0x656c7474) return -1;
  if (load<u16>(textAt + 9) != 0x203a) return -1;
  return digit == 0x32 ? L12 : digit == 0x33 ? L13 : -1;
}

/** How many messages a loss notice is about: the number before the word; 0 if there is none. */
function messagesLost(at: usize, end: usize): f64 {
  for (let i = at; i + 10 <= end; i++) {
    // A space, messages, a space
    if (load<u8>(i) != 0x20 || load<u64>(i + 1) != 0x7365676173_73656d || load<u8>(i + 9) != 0x20) continue;
    let digitsAt = i;
    while (digitsAt > at && isDigit(load<u8>(digitsAt - 1))) digitsAt--;
    if (i - digitsAt > MAX_DIGITS) return 0;
    let messages: f64 = 0;
    for (let j = digitsAt; j < i; j++) messages = messages * 10 + (load<u8>(j) - 0x30);
    return messages;
  }
  return 0;
}

/** The line's time is read only now that it is needed. */
function register(): void {
  if (isSourceTooLong) {
    for (let i = 0; i < pending; i++) reject(load<i32>((<usize>i) << 2, PENDING_OFFSETS_AT), SOURCE_TOO_LONG);
    return;
  }
  const isTimed = readTimestamp(timeAt, timeEnd);
  const at = isTimed ? seconds : Math.floor(nowMs / 1000);
  const atUs = isTimed ? seconds * 1000000 + <f64>micros : nowMs * 1000;
  const into = at - windowStart;
  if (!(into >= 0 && into < resolutionSeconds)) {
    window = openWindow(at);
    windowStart = Math.floor(at / resolutionSeconds) * resolutionSeconds;
  }
  const measurements = ((<usize>window) << 2) + WINDOW_MEASUREMENTS_AT;
  store<i32>(measurements, load<i32>(measurements) + pending);
  for (let i: usize = 0; i < <usize>pending; i++) {
    const isTaken = addMeasurement(
      load<i32>(i << 2, PENDING_KINDS_AT),
      load<i32>(i << 2, PENDING_NAMES_AT),
      source,
      load<i32>(i << 2, PENDING_UNITS_AT),
      window,
      load<f64>(i << 3, PENDING_VALUES_AT),
      atUs,
    );
    if (!isTaken) hasRoom = false;
  }
}
