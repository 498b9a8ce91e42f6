/*
 * Hashes by Austin Appleby (MurmurHash3, public domain). They keep apart what comes by itself, at a tenth of the cost of a cryptographic
 * one, but not what someone makes up to collide: use them where that harms nobody else.
 */

/** MurmurHash3_x86_32 of bytes[at..end). */
export function murmur3(bytes: Uint8Array, at: number, end: number, seed: number): number {
  let hash = seed;
  let i = at;
  for (; i + 4 <= end; i += 4) {
    hash ^= spread(
      bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24),
      0xcc9e2d51,
      15,
      0x1b873593,
    );
    hash = (Math.imul(rotated(hash, 13), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let j = end - 1; j >= i; j--) tail = (tail << 8) | bytes[j]!;
  if (i < end) hash ^= spread(tail, 0xcc9e2d51, 15, 0x1b873593);
  return finished(hash ^ (end - at)) >>> 0;
}

/** Texts of up to so many bytes need no memory of their own. */
const SCRATCH_BYTES = 4096;

const scratch = Buffer.alloc(SCRATCH_BYTES);
const digest = Buffer.alloc(16);

/** MurmurHash3_x86_128 of a text's UTF-8, in base64 without padding. */
export function murmurHash(text: string): string {
  // UTF-8 takes up to three bytes a code unit. Behind the text is room for a whole block.
  const bytes = text.length * 3 + 16 <= SCRATCH_BYTES ? scratch : Buffer.alloc(text.length * 3 + 16);
  const length = bytes.write(text);
  bytes.fill(0, length, length + 16);
  let h1 = 0;
  let h2 = 0;
  let h3 = 0;
  let h4 = 0;
  let at = 0;
  for (; at + 16 <= length; at += 16) {
    h1 ^= spread(bytes.readInt32LE(at), C1, 15, C2);
    h1 = (Math.imul(rotated(h1, 19) + h2, 5) + 0x561ccd1b) | 0;
    h2 ^= spread(bytes.readInt32LE(at + 4), C2, 16, C3);
    h2 = (Math.imul(rotated(h2, 17) + h3, 5) + 0x0bcaa747) | 0;
    h3 ^= spread(bytes.readInt32LE(at + 8), C3, 17, C4);
    h3 = (Math.imul(rotated(h3, 15) + h4, 5) + 0x96cd1c35) | 0;
    h4 ^= spread(bytes.readInt32LE(at + 12), C4, 18, C1);
    h4 = (Math.imul(rotated(h4, 13) + h1, 5) + 0x32ac3b17) | 0;
  }
  // What is left, and zeros, which change nothing.
  h4 ^= spread(bytes.readInt32LE(at + 12), C4, 18, C1);
  h3 ^= spread(bytes.readInt32LE(at + 8), C3, 17, C4);
  h2 ^= spread(bytes.readInt32LE(at + 4), C2, 16, C3);
  h1 ^= spread(bytes.readInt32LE(at), C1, 15, C2);

  h1 ^= length;
  h2 ^= length;
  h3 ^= length;
  h4 ^= length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = (h2 + h1) | 0;
  h3 = (h3 + h1) | 0;
  h4 = (h4 + h1) | 0;
  h1 = finished(h1);
  h2 = finished(h2);
  h3 = finished(h3);
  h4 = finished(h4);
  h1 = (h1 + h2 + h3 + h4) | 0;
  digest.writeInt32LE(h1, 0);
  digest.writeInt32LE((h2 + h1) | 0, 4);
  digest.writeInt32LE((h3 + h1) | 0, 8);
  digest.writeInt32LE((h4 + h1) | 0, 12);
  return digest.toString('base64url');
}

const C1 = 0x239b961b;
const C2 = 0xab0e9789 | 0;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93 | 0;

function rotated(bits: number, by: number): number {
  return (bits << by) | (bits >>> (32 - by));
}

function spread(word: number, first: number, by: number, second: number): number {
  return Math.imul(rotated(Math.imul(word, first), by), second);
}

/** The finalizer of both: each bit from bits of all places. */
export function finished(hash: number): number {
  let bits = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
