import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Cardinality, EXACT_HASHES_MAX } from './cardinality.js';
import { murmur3 } from './murmur-hash.js';
import { uniqueHash } from './unique-hash.js';

const utf8 = new TextEncoder();
const hashOf = (text: string): number => {
  const bytes = utf8.encode(text);
  return uniqueHash(bytes, 0, bytes.length);
};

/** The cardinality of `prefix0`, `prefix1` and so on. */
function ofStrings(prefix: string, from: number, to: number): Cardinality {
  const cardinality = new Cardinality();
  for (let i = from; i < to; i++) cardinality.add(hashOf(`${prefix}${i}`));
  return cardinality;
}

describe('MurmurHash3_x86_32', () => {
  // From the reference implementation (SMHasher).
  it.each([
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['', 0xffffffff, 0x81f16f39],
    ['test', 0, 0xba6bd213],
    ['test', 0x9747b28c, 0x704b81dc],
    ['Hello, world!', 0, 0xc0363e43],
    ['Hello, world!', 0x9747b28c, 0x24884cba],
    ['The quick brown fox jumps over the lazy dog', 0, 0x2e4ff723],
    ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
    ['aaa', 0x9747b28c, 0x283e0130],
    ['ππππππππ', 0x9747b28c, 0xd58063c1],
  ])('of %j with seed %i', (text, seed, hash) => {
    const bytes = utf8.encode(text);
    expect(murmur3(bytes, 0, bytes.length, seed)).toBe(hash);
  });

  it('is the same wherever the bytes are', () => {
    const bytes = utf8.encode('by user-4711, ');
    expect(uniqueHash(bytes, 3, 12)).toBe(hashOf('user-4711'));
  });
});

describe('a cardinality', () => {
  it('is exact while there are few strings, whatever how often they come', () => {
    const cardinality = ofStrings('user-', 0, EXACT_HASHES_MAX);
    cardinality.merge(ofStrings('user-', 0, EXACT_HASHES_MAX));
    expect(cardinality.exactHashes()?.size).toBe(EXACT_HASHES_MAX);
    expect(cardinality.estimate()).toBe(EXACT_HASHES_MAX);
  });

  it('of none is 0', () => {
    expect(new Cardinality().estimate()).toBe(0);
  });

  it('is the same in any grouping and order', () => {
    const part = fc.tuple(fc.nat(4_000), fc.nat(1_500)).map(([from, count]) => [from, from + count] as const);
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const whole = new Cardinality();
        for (const [from, to] of parts) for (let i = from; i < to; i++) whole.add(hashOf(String(i)));
        const merged = [parts, [...parts].reverse()].map((order) => {
          const into = new Cardinality();
          for (const [from, to] of order) into.merge(ofStrings('', from, to));
          return into;
        });
        for (const other of merged) {
          expect(other.estimate()).toBe(whole.estimate());
          expect(other.registers).toEqual(whole.registers);
          expect([...(other.exactHashes() ?? [])].sort()).toEqual([...(whole.exactHashes() ?? [])].sort());
        }
      }),
      { numRuns: 15 },
    );
  });

  it('is within its standard error of 0.81 %, over many sets of each size, and not off to one side', () => {
    for (const size of [1_500, 6_000, 25_000]) {
      const errors = Array.from({ length: 30 }, (_, set) => {
        return ofStrings(`set ${set} of ${size}: `, 0, size).estimate() / size - 1;
      });
      const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
      const deviation = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
      // Of 30 sets: the deviation is within ±40 % of the true one, and the mean within 3 of its own deviations.
      expect(deviation).toBeLessThan(0.0081 * 1.4);
      expect(Math.abs(mean)).toBeLessThan((3 * 0.0081) / Math.sqrt(errors.length));
    }
  });

  it('of 400,000 is within 2.5 %', () => {
    expect(Math.abs(ofStrings('', 0, 400_000).estimate() / 400_000 - 1)).toBeLessThan(0.025);
  });
});
