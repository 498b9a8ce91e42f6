import { MAX_ABSOLUTE_VALUE, MAX_UNIT_BYTES } from '../../model/kind.js';
import { BYTES } from '../memory.js';
import type { MeasurementRejection } from '../rejections.js';
import { isDigit } from '../message/syslog.js';

const bytes = BYTES;

const ZERO = 0x30;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const LOWER_E = 0x65;

/** So many digits always fit a double's 53 bits (10¹⁵ < 2⁵³). */
const MAX_EXACT_DIGITS = 15;

/**
 * The powers of ten that a double holds exactly. A whole number below 2⁵³ multiplied or divided by one of them is rounded
 * once, hence correctly (Clinger, "How to Read Floating Point Numbers Accurately", PLDI 1990).
 */
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/** Past this an exponent's size no longer matters; it keeps the sum of its digits from growing without end. */
const EXPONENT_CAP = 100_000;

/** Bytes that a unit is made of: `[A-Za-z%/]`. */
const IN_UNIT = Uint8Array.from({ length: 256 }, (_, byte) => (/[A-Za-z%/]/.test(String.fromCharCode(byte)) ? 1 : 0));

/**
 * Reads a value: optional sign, digits with at most one point, optional exponent, and a unit up to its end. An `e` with no
 * digits behind it begins the unit. The number is what Number() makes of the same digits, to the last bit.
 */
export class Value {
  number = 0;
  /** Where the unit begins; it goes to the value's end. */
  unitAt = 0;

  /** Reads bytes[at..end), which is not empty. @returns why it is not a value, or undefined */
  read(at: number, end: number): MeasurementRejection | undefined {
    let i = at;
    const sign = bytes[i]!;
    if (sign === MINUS || sign === PLUS) i++;

    const digitsAt = i;
    let mantissa = 0;
    let digit = bytes[i]! - ZERO;
    while (digit >= 0 && digit <= 9 && i < end) {
      mantissa = mantissa * 10 + digit;
      digit = bytes[++i]! - ZERO;
    }
    let digits = i - digitsAt;
    let power = 0;
    if (bytes[i] === POINT && i < end) {
      const fractionAt = ++i;
      digit = bytes[i]! - ZERO;
      while (digit >= 0 && digit <= 9 && i < end) {
        mantissa = mantissa * 10 + digit;
        digit = bytes[++i]! - ZERO;
      }
      power = fractionAt - i;
      digits -= power;
    }
    if (digits === 0) return 'value-malformed';
    // Upper or lower case, as Number() takes it.
    if ((bytes[i]! | 0x20) === LOWER_E && i < end) {
      const exponentEnd = this.exponentEnd(i + 1, end);
      if (exponentEnd > 0) {
        power += exponent(i + 1, exponentEnd);
        i = exponentEnd;
      }
    }
    this.unitAt = i;
    if (end > i && !isUnit(i, end)) return 'unit-malformed';

    if (digits > MAX_EXACT_DIGITS || power < -22 || power > 22) {
      this.number = Number(Buffer.from(bytes.buffer, bytes.byteOffset + at, i - at).toString('latin1'));
    } else {
      const size = power < 0 ? mantissa / POWERS_OF_TEN[-power]! : mantissa * POWERS_OF_TEN[power]!;
      this.number = sign === MINUS ? -size : size;
    }
    return this.number <= MAX_ABSOLUTE_VALUE && this.number >= -MAX_ABSOLUTE_VALUE ? undefined : 'value-range';
  }

  /** The end of an exponent that begins at `at`, behind the e; 0 if there are no digits. */
  private exponentEnd(at: number, end: number): number {
    let i = at;
    if ((bytes[i] === MINUS || bytes[i] === PLUS) && i < end) i++;
    const digitsAt = i;
    while (i < end && isDigit(bytes[i]!)) i++;
    return i > digitsAt ? i : 0;
  }
}

function exponent(at: number, end: number): number {
  const isNegative = bytes[at] === MINUS;
  let size = 0;
  for (let i = isNegative || bytes[at] === PLUS ? at + 1 : at; i < end && size < EXPONENT_CAP; i++) {
    size = size * 10 + bytes[i]! - ZERO;
  }
  return isNegative ? -size : size;
}

function isUnit(at: number, end: number): boolean {
  if (end - at > MAX_UNIT_BYTES) return false;
  for (let i = at; i < end; i++) if (IN_UNIT[bytes[i]!] === 0) return false;
  return true;
}
