// Reads TIMESTAMP as ../../message/timestamp.ts does.

import { isDigit } from './scan';

const MAX_FRACTION_DIGITS: usize = 9;

/** Whole seconds since the epoch, and microseconds into that second. */
export let seconds: f64 = 0;
export let micros: i32 = 0;

/** No date: the fifth byte of one is a dash. */
const NOTHING: u64 = 0;

/** The date and time up to the minute last read, and that minute in s since the epoch: lines of one request are of a few. */
let cachedDate: u64 = NOTHING;
let cachedTime: u64 = 0;
let cachedMinute: i64 = 0;

/** Reads bytes[at..end). Returns false if that is no time; seconds and micros then mean nothing. */
export function readTimestamp(at: usize, end: usize): bool {
  if (end - at <= 19 || load<u8>(at + 16) != 0x3a || load<u8>(at + 4) != 0x2d) return false;
  const date = load<u64>(at);
  const time = load<u64>(at + 8);
  if (date != cachedDate || time != cachedTime) {
    if (!readMinute(at)) return false;
    cachedDate = date;
    cachedTime = time;
  }
  const second = twoDigits(at + 17);
  if (second < 0 || second > 59) return false;
  const fractionEnd = readFraction(at + 19, end);
  if (fractionEnd == 0) return false;
  const offset = offsetSeconds(fractionEnd, end);
  if (offset == i32.MAX_VALUE) return false;
  seconds = <f64>(cachedMinute + second - offset);
  return true;
}

/** `YYYY-MM-DDTHH:MM`. */
function readMinute(at: usize): bool {
  // Until it is read well, nothing is remembered.
  cachedDate = NOTHING;
  if (load<u8>(at + 7) != 0x2d || load<u8>(at + 10) != 0x54 || load<u8>(at + 13) != 0x3a) {
    return false;
  }
  const century = twoDigits(at);
  const yearOfCentury = twoDigits(at + 2);
  const month = twoDigits(at + 5);
  const day = twoDigits(at + 8);
  const hour = twoDigits(at + 11);
  const minute = twoDigits(at + 14);
  if ((century | yearOfCentury | month | day | hour | minute) < 0) return false;
  if (hour > 23 || minute > 59) return false;
  const year = century * 100 + yearOfCentury;
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return false;
  cachedMinute = <i64>dayNumber(year, month, day) * 86400 + hour * 3600 + minute * 60;
  return true;
}

/** Reads `.` and digits into micros, or sets 0 if there is no point. Returns where they end, or 0. */
function readFraction(at: usize, end: usize): usize {
  micros = 0;
  if (load<u8>(at) != 0x2e) return at;
  const digitsAt = at + 1;
  let i = digitsAt;
  while (isDigit(load<u8>(i)) && i < end) {
    if (i - digitsAt < 6) micros = micros * 10 + (load<u8>(i) - 0x30);
    i++;
  }
  const digits = i - digitsAt;
  if (digits == 0 || digits > MAX_FRACTION_DIGITS) return 0;
  for (let n = digits; n < 6; n++) micros *= 10;
  return i;
}

/** The number at `at`, or -1 if there are not two digits. */
function twoDigits(at: usize): i32 {
  const tens = <i32>load<u8>(at) - 0x30;
  const ones = <i32>load<u8>(at + 1) - 0x30;
  return (tens | ones | (9 - tens) | (9 - ones)) < 0 ? -1 : tens * 10 + ones;
}

/** Seconds east of UTC, from `Z` or `±hh:mm` standing alone in bytes[at..end); i32.MAX_VALUE if that is not there. */
function offsetSeconds(at: usize, end: usize): i32 {
  const sign = load<u8>(at);
  if (sign == 0x5a) return end == at + 1 ? 0 : i32.MAX_VALUE;
  if ((sign != 0x2b && sign != 0x2d) || end != at + 6 || load<u8>(at + 3) != 0x3a) return i32.MAX_VALUE;
  const hours = twoDigits(at + 1);
  const minutes = twoDigits(at + 4);
  if ((hours | minutes) < 0 || hours > 23 || minutes > 59) return i32.MAX_VALUE;
  const east = hours * 3600 + minutes * 60;
  return sign == 0x2b ? east : -east;
}

function daysInMonth(year: i32, month: i32): i32 {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/** Days from 1970-01-01, in the proleptic Gregorian calendar; the year is taken to begin in March. */
function dayNumber(year: i32, month: i32, dayOfMonth: i32): i32 {
  const y = month <= 2 ? year - 1 : year;
  const dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + dayOfMonth - 1;
  return y * 365 + floorDiv(y, 4) - floorDiv(y, 100) + floorDiv(y, 400) + dayOfYear - 719468;
}

function floorDiv(a: i32, b: i32): i32 {
  return a < 0 ? -((b - 1 - a) / b) : a / b;
}
