import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { decodeBase64, encodeBase64 } from './base64.js';
import { decrypt, encrypt, fernetKey, type FernetKey } from './fernet.js';

interface Vector {
  readonly desc: string;
  readonly token: string;
  readonly now: string;
  readonly secret: string;
  readonly src: string;
  readonly iv: readonly number[];
  readonly ttl_sec: number;
}

/** Why each vector of invalid.json is refused. */
const REASONS: Readonly<Record<string, string>> = {
  'incorrect mac': 'signature',
  'too short': 'length',
  'invalid base64': 'base64',
  'payload size not multiple of block size': 'length',
  'payload padding error': 'padding',
  'far-future TS (unacceptable clock skew)': 'future',
  'expired TTL': 'expired',
  'incorrect IV (causes padding error)': 'padding',
  'very short payload size': 'length',
  'super short payload size': 'length',
};

const [generated] = vectors('generate') as [Vector];
const key = keyOf(generated.secret);
const hello = Buffer.from('hello');

describe('the vectors of the Fernet specification', () => {
  it.each(vectors('generate'))('the token of $src is made byte for byte', ({ secret, src, now, iv, token }) => {
    const options = { nowSeconds: seconds(now), iv: Uint8Array.from(iv) };
    expect(encrypt(keyOf(secret), Buffer.from(src), options)).toBe(token);
  });

  it.each(vectors('verify'))('the token of $src is read under a time-to-live of $ttl_sec s', (vector) => {
    expect(decryptVector(vector)).toEqual({ ok: true, plaintext: Buffer.from(vector.src) });
  });

  it.each(vectors('invalid'))('a token is refused for: $desc', (vector) => {
    expect(decryptVector(vector)).toEqual({ ok: false, reason: REASONS[vector.desc] });
  });

  it('each has been given its reason', () => {
    expect(vectors('invalid').map(({ desc }) => desc)).toEqual(Object.keys(REASONS));
  });
});

describe('encrypt', () => {
  it('makes a token that reads as the bytes that went in, whatever their number', () => {
    for (let length = 0; length <= 48; length++) {
      const plaintext = Buffer.alloc(length, 0xe9);
      expect(decrypt(key, encrypt(key, plaintext, { nowSeconds: 0 }))).toEqual({ ok: true, plaintext });
    }
  });

  it('never makes the same token twice', () => {
    const tokens = Array.from({ length: 100 }, () => encrypt(key, hello, { nowSeconds: 0 }));
    expect(new Set(tokens).size).toBe(100);
  });
});

describe('decrypt', () => {
  const token = encrypt(key, hello, { nowSeconds: 1000 });

  it('refuses a token in which any one bit is another', () => {
    const bytes = decodeBase64(token) as Buffer;
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const tampered = Buffer.from(bytes);
      tampered[bit >> 3]! ^= 1 << (bit & 7);
      // Byte 0 is the version, which is looked at first; whatever else changes is the signature's to find.
      expect([bit, decrypt(key, encodeBase64(tampered))]).toEqual([
        bit,
        { ok: false, reason: bit < 8 ? 'version' : 'signature' },
      ]);
    }
  });

  it('refuses a token in which any one character is another', () => {
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=%\n ';
    const bytes = decodeBase64(token) as Buffer;
    for (let at = 0; at < token.length; at++) {
      for (const digit of digits) {
        if (digit === token[at]) continue;
        const changed = token.slice(0, at) + digit + token.slice(at + 1);
        // A token with a single - or _ may have + or / there: the same bytes in the other alphabet.
        const isSame = decodeBase64(changed)?.equals(bytes) ?? false;
        expect(decrypt(key, changed).ok).toBe(isSame);
      }
    }
  });

  it('refuses every beginning of a token', () => {
    const bytes = decodeBase64(token) as Buffer;
    for (let length = 0; length < bytes.length; length++) {
      expect([length, decrypt(key, encodeBase64(bytes.subarray(0, length))).ok]).toEqual([length, false]);
    }
  });

  it.each([
    ['text after the padding', (text: string) => `${text}trailing`],
    ['foreign characters inside', (text: string) => `${text.slice(0, 9)}!${text.slice(9)}`],
    ['characters of the other alphabet inside', (text: string) => `${text.slice(0, 12)}/+//${text.slice(12)}`],
    ['a line feed at its end', (text: string) => `${text}\n`],
  ])('refuses a token with %s', (_, change) => {
    // This one has digits of the URL-safe alphabet only, so that those of the other make a mixture.
    expect(decrypt(key, change(generated.token))).toEqual({ ok: false, reason: 'base64' });
  });

  it('refuses a rightly signed token whose ciphertext is no whole number of blocks', () => {
    for (const length of [0, 1, 15, 17, 31]) {
      const signed = Buffer.concat([Buffer.from([0x80]), Buffer.alloc(8 + 16 + length)]);
      const signature = createHmac('sha256', key.signing).update(signed).digest();
      const forged = encodeBase64(Buffer.concat([signed, signature]));
      expect([length, decrypt(key, forged)]).toEqual([length, { ok: false, reason: 'length' }]);
    }
  });

  it('refuses a token made with another key', () => {
    const other = fernetKey(Buffer.alloc(32, 7));
    expect(decrypt(other, token)).toEqual({ ok: false, reason: 'signature' });
  });

  it('refuses a token made with another signing key before it decrypts anything', () => {
    const forger: FernetKey = { signing: fernetKey(Buffer.alloc(32, 7)).signing, encryption: key.encryption };
    expect(decrypt(key, encrypt(forger, hello, { nowSeconds: 0 }))).toEqual({ ok: false, reason: 'signature' });
  });

  it('takes a token of any time where no time-to-live is asked for', () => {
    for (const nowSeconds of [0, 1, Number.MAX_SAFE_INTEGER]) {
      expect(decrypt(key, encrypt(key, hello, { nowSeconds })).ok).toBe(true);
    }
  });

  it.each([
    ['on the last second of its life', 1060, true],
    ['one second later', 1061, false],
    ['a minute before it was made', 940, true],
    ['one second earlier', 939, false],
  ])('judges a token with a time-to-live %s', (_, nowSeconds, taken) => {
    expect(decrypt(key, token, { ttlSeconds: 60, nowSeconds }).ok).toBe(taken);
  });
});

describe('fernetKey', () => {
  it.each([0, 16, 31, 33, 64])('refuses a key of %d bytes', (length) => {
    expect(() => fernetKey(Buffer.alloc(length))).toThrow(RangeError);
  });
});

function vectors(name: string): Vector[] {
  return JSON.parse(
    readFileSync(new URL(`../../test/fixtures/fernet/${name}.json`, import.meta.url), 'utf8'),
  ) as Vector[];
}

function decryptVector({ secret, token, ttl_sec, now }: Vector) {
  // Below one second means none, as in the library that the vectors come with.
  const lifetime = ttl_sec > 0 ? { ttlSeconds: ttl_sec, nowSeconds: seconds(now) } : undefined;
  return decrypt(keyOf(secret), token, lifetime);
}

function keyOf(secret: string): FernetKey {
  return fernetKey(decodeBase64(secret) as Buffer);
}

function seconds(instant: string): number {
  return Date.parse(instant) / 1000;
}
