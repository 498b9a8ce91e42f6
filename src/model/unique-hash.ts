import { murmur3 } from './murmur-hash.js';

/** What the two halves of a hash start from. Part of the storage format: all receivers and releases must agree. */
const SEEDS = [0x9747b28c, 0x1b873593] as const;

/**
 * A hash of bytes[at..end), a whole number of 53 bits: two MurmurHash3_x86_32 (Appleby, public domain) with different seeds side by
 * side. A million strings have two of the same hash once in 18,000 windows.
 */
export function uniqueHash(bytes: Uint8Array, at: number, end: number): number {
  return murmur3(bytes, at, end, SEEDS[0]) * 2 ** 21 + (murmur3(bytes, at, end, SEEDS[1]) >>> 11);
}
