import { BYTES } from '../memory.js';
import { isDigit } from './syslog.js';

const bytes = BYTES;

const ZERO = 0x30;
const HYPHEN = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const COLON = 0x3a;
const UPPER_T = 0x54;
const UPPER_Z = 0x5a;

/** Length of `YYYY-MM-DDTHH:MM:SS`. */
const SECONDS_LENGTH = 19;

const MAX_FRACTION_DIGITS = 9;

/**
 * Reads the TIMESTAMP of RFC 5424 §6.2.3: RFC 3339 with upper case T and Z and no leap second, but with 0 to 9 fractional
 * digits (what is below a microsecond is cut off) and any offset, `-00:00` included.
 */
export class Timestamp {
  /** Whole seconds since the epoch. */
  seconds = 0;
  /** Microseconds into that second. */
  micros = 0;

  /** The date last read, as YYYYMMDD, and its day since the epoch: lines of one request are mostly of one day. */
  private date = 19700101;
  private day = 0;

  /** Reads bytes[at..end). @returns false if that is no time; seconds and micros then mean nothing */
  read(at: number, end: number): boolean {
    if (end - at <= SECONDS_LENGTH || !hasSeparators(at)) return false;
    const century = twoDigits(at);
    const yearOfCentury = twoDigits(at + 2);
    const month = twoDigits(at + 5);
    const dayOfMonth = twoDigits(at + 8);
    const hour = twoDigits(at + 11);
    const minute = twoDigits(at + 14);
    const second = twoDigits(at + 17);
    // Each is -1 if it is not two digits, and the sign of all together is that of the least.
    if ((century | yearOfCentury | month | dayOfMonth | hour | minute | second) < 0) return false;
    if (hour > 23 || minute > 59 || second > 59) return false;
    const year = century * 100 + yearOfCentury;
    const date = year * 10000 + month * 100 + dayOfMonth;
    if (date !== this.date) {
      if (month < 1 || month > 12 || dayOfMonth < 1 || dayOfMonth > daysInMonth(year, month)) return false;
      this.date = date;
      this.day = dayNumber(year, month, dayOfMonth);
    }
    const fractionEnd = this.readFraction(at + SECONDS_LENGTH, end);
    if (fractionEnd < 0) return false;
    const offset = offsetSeconds(fractionEnd, end);
    if (offset === NO_OFFSET) return false;
    this.seconds = this.day * 86400 + (hour * 3600 + minute * 60 + second - offset);
    return true;
  }

  /** Reads `.` and digits into {@link micros}, or sets 0 if there is no point. @returns where they end, or -1 */
  private readFraction(at: number, end: number): number {
    this.micros = 0;
    if (bytes[at] !== POINT) return at;
    const digitsAt = at + 1;
    let i = digitsAt;
    let micros = 0;
    while (isDigit(bytes[i]!) && i < end) {
      if (i - digitsAt < 6) micros = micros * 10 + (bytes[i]! - ZERO);
      i++;
    }
    if (i === digitsAt || i - digitsAt > MAX_FRACTION_DIGITS) return -1;
    for (let digits = i - digitsAt; digits < 6; digits++) micros *= 10;
    this.micros = micros;
    return i;
  }
}

function hasSeparators(at: number): boolean {
  return (
    bytes[at + 4] === HYPHEN &&
    bytes[at + 7] === HYPHEN &&
    bytes[at + 10] === UPPER_T &&
    bytes[at + 13] === COLON &&
    bytes[at + 16] === COLON
  );
}

/** The number at `at`, or -1 if there are not two digits. */
function twoDigits(at: number): number {
  const tens = bytes[at]! - ZERO;
  const ones = bytes[at + 1]! - ZERO;
  return (tens | ones | (9 - tens) | (9 - ones)) < 0 ? -1 : tens * 10 + ones;
}

const NO_OFFSET = 1 << 30;

/** Seconds east of UTC, from `Z` or `±hh:mm` standing alone in bytes[at..end), or {@link NO_OFFSET}. */
function offsetSeconds(at: number, end: number): number {
  const sign = bytes[at];
  if (sign === UPPER_Z) return end === at + 1 ? 0 : NO_OFFSET;
  if ((sign !== PLUS && sign !== HYPHEN) || end !== at + 6 || bytes[at + 3] !== COLON) return NO_OFFSET;
  const hours = twoDigits(at + 1);
  const minutes = twoDigits(at + 4);
  if ((hours | minutes) < 0 || hours > 23 || minutes > 59) return NO_OFFSET;
  const seconds = hours * 3600 + minutes * 60;
  return sign === PLUS ? seconds : 0 - seconds;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days from 1970-01-01, in the proleptic Gregorian calendar; the year is taken to begin in March. */
function dayNumber(year: number, month: number, dayOfMonth: number): number {
  const y = month <= 2 ? year - 1 : year;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + dayOfMonth - 1;
  return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - 719468;
}
