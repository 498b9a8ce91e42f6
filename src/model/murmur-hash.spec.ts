import { describe, expect, it } from '@jest/globals';
import { murmurHash } from './murmur-hash.js';

/** As it is published: its words one by one, most significant digit first. */
function published(text: string): string {
  const digest = Buffer.from(murmurHash(text), 'base64url');
  return [0, 4, 8, 12].map((at) => digest.readUInt32LE(at).toString(16).padStart(8, '0')).join('');
}

describe('murmurHash', () => {
  it.each([
    ['', '00000000000000000000000000000000'],
    ['The quick brown fox jumps over the lazy dog', '2f1583c3ecee2c675d7bf66ce5e91d2c'],
    ["I will not buy this tobacconist's, it is scratched.", '9b5b7ba2ef3f7866889adeaf00f3f98e'],
    ['MurmurHash3 was written by Austin Appleby, and is placed in the public', '6d3583489d9d1e5a898493af67e2ad10'],
  ])('of "%s" is as published', (text, hash) => {
    expect(published(text)).toBe(hash);
  });

  it('is of the whole text, however long, in 22 characters', () => {
    const texts = ['ä', 'ö', ...[1, 15, 16, 17, 1300, 1400, 5000].flatMap((n) => ['x'.repeat(n), `${'x'.repeat(n)}y`])];
    const hashes = texts.map(murmurHash);
    expect(new Set(hashes).size).toBe(texts.length);
    expect(texts.map(murmurHash)).toEqual(hashes);
    for (const hash of hashes) expect(hash).toMatch(/^[\w-]{22}$/);
  });
});
