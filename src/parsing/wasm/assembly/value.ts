// Reads a value, as ../../logfmt/value.ts does: the same number to the last bit, the same rejections.

import { numberOf } from './host';
import { isDigit } from './scan';

/** Why a metric is not taken: places in MEASUREMENT_REJECTIONS of ../../rejections.ts; NONE if it is. */
export const NONE: i32 = -1;
export const NAME_EMPTY: i32 = 0;
export const NAME_TOO_LONG: i32 = 1;
export const SOURCE_TOO_LONG: i32 = 2;
export const VALUE_MALFORMED: i32 = 3;
export const VALUE_RANGE: i32 = 4;
export const UNIT_MALFORMED: i32 = 5;

const MAX_UNIT_BYTES: usize = 16;
const MAX_ABSOLUTE_VALUE: f64 = 1e126;
const MAX_EXACT_DIGITS: i32 = 15;
const EXPONENT_CAP: i32 = 100000;

const POWERS_OF_TEN = memory.data<f64>([
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
]);

/** What {@link readValue} read, and where its unit begins. */
export let number: f64 = 0;
export let unitAt: usize = 0;

/** Reads bytes[at..end), which is not empty. Returns why it is not a value, or NONE. */
export function readValue(at: usize, end: usize): i32 {
  let i = at;
  const sign = load<u8>(i);
  if (sign == 0x2d || sign == 0x2b) i++;

  const digitsAt = i;
  let mantissa: u64 = 0;
  let digit = load<u8>(i) - 0x30;
  while (digit <= 9 && i < end) {
    mantissa = mantissa * 10 + digit;
    digit = load<u8>(++i) - 0x30;
  }
  let digits = <i32>(i - digitsAt);
  let power: i32 = 0;
  if (load<u8>(i) == 0x2e && i < end) {
    const fractionAt = ++i;
    digit = load<u8>(i) - 0x30;
    while (digit <= 9 && i < end) {
      mantissa = mantissa * 10 + digit;
      digit = load<u8>(++i) - 0x30;
    }
    power = <i32>(fractionAt - i);
    digits -= power;
  }
  if (digits == 0) return VALUE_MALFORMED;
  if ((load<u8>(i) | 0x20) == 0x65 && i < end) {
    const exponentEnd = endOfExponent(i + 1, end);
    if (exponentEnd > 0) {
      power += exponent(i + 1, exponentEnd);
      i = exponentEnd;
    }
  }
  unitAt = i;
  if (i < end && !isUnit(i, end)) return UNIT_MALFORMED;

  if (digits > MAX_EXACT_DIGITS || power < -22 || power > 22) {
    number = numberOf(at, i);
  } else {
    const size =
      power < 0
        ? <f64>mantissa / load<f64>(POWERS_OF_TEN + ((<usize>-power) << 3))
        : <f64>mantissa * load<f64>(POWERS_OF_TEN + ((<usize>power) << 3));
    number = sign == 0x2d ? -size : size;
  }
  return Math.abs(number) <= MAX_ABSOLUTE_VALUE ? NONE : VALUE_RANGE;
}

/** The end of an exponent that begins at `at`, behind the e; 0 if there are no digits. */
function endOfExponent(at: usize, end: usize): usize {
  let i = at;
  const sign = load<u8>(i);
  if ((sign == 0x2d || sign == 0x2b) && i < end) i++;
  const digitsAt = i;
  while (i < end && isDigit(load<u8>(i))) i++;
  return i > digitsAt ? i : 0;
}

function exponent(at: usize, end: usize): i32 {
  const sign = load<u8>(at);
  let size: i32 = 0;
  for (let i = sign == 0x2d || sign == 0x2b ? at + 1 : at; i < end && size < EXPONENT_CAP; i++) {
    size = size * 10 + load<u8>(i) - 0x30;
  }
  return sign == 0x2d ? -size : size;
}

/** `[A-Za-z%/]`, up to 16. */
function isUnit(at: usize, end: usize): bool {
  if (end - at > MAX_UNIT_BYTES) return false;
  for (let i = at; i < end; i++) {
    const byte = load<u8>(i);
    if ((byte | 0x20) - 0x61 > 25 && byte != 0x25 && byte != 0x2f) return false;
  }
  return true;
}
