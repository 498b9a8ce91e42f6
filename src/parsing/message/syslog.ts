import { BYTES } from '../memory.js';

const bytes = BYTES;

const LESS_THAN = 0x3c;
const GREATER_THAN = 0x3e;
const ONE = 0x31;
const SPACE = 0x20;

/**
 * Where the header fields begin behind `<pri>1 ` (RFC 5424 §6.2: PRIVAL of one to three digits, VERSION 1), or -1 if that
 * does not stand at `at`.
 */
export function afterPriority(at: number): number {
  if (bytes[at] !== LESS_THAN || !isDigit(bytes[at + 1]!)) return -1;
  let i = at + 2;
  if (isDigit(bytes[i]!)) i++;
  if (isDigit(bytes[i]!)) i++;
  return bytes[i] === GREATER_THAN && bytes[i + 1] === ONE && bytes[i + 2] === SPACE ? i + 3 : -1;
}

export function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
