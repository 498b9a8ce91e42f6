import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { decodeBase64 } from './base64.js';
import { CREDENTIALS_BYTES_MAX, DrainTokens } from './drain-token.js';
import { generateKey, KeyRing } from './key-ring.js';

const CREDENTIALS = 'user@example.com:0123456789abcdef';

const ring = KeyRing.parse(generateKey());
const tokens = new DrainTokens(ring);

describe('a drain token', () => {
  it.each([
    ['e-mail and API token', CREDENTIALS],
    ['a destination URL', 'librato+https://a%40b.c:t@metrics.example.com/v1/metrics'],
    ['letters beyond ASCII', 'grün@example.com:日本🚰'],
    ['a byte order mark, kept', '\uFEFFx'],
    ['nothing', ''],
  ])('opens to the credentials it was issued for: %s', (_, credentials) => {
    expect(tokens.open(tokens.issue(credentials))).toEqual({ ok: true, credentials });
  });

  it('opens in each form of base64', () => {
    // Short credentials, whose token ends in padding, until one has both digits that the alphabets differ in.
    const credentials = 'a@b.c:token';
    let urlSafe: string;
    do urlSafe = tokens.issue(credentials);
    while (!/-.*_|_.*-/.test(urlSafe));
    expect(urlSafe).toMatch(/==$/);
    const standard = urlSafe.replaceAll('-', '+').replaceAll('_', '/');
    for (const form of [urlSafe, standard, urlSafe.replace(/=+$/, ''), standard.replace(/=+$/, '')]) {
      expect(tokens.open(form)).toEqual({ ok: true, credentials });
    }
  });

  it('carries the time of its making, rounded down to seconds', () => {
    const token = new DrainTokens(ring, { now: () => 1_700_000_000_999 }).issue(CREDENTIALS);
    expect(decodeBase64(token)?.readBigUInt64BE(1)).toBe(1_700_000_000n);
  });

  it.each(goTokens())(
    'of the Go program opens under $desc, whatever its place in the ring',
    ({ secret, token, src }) => {
      for (const secrets of [secret, `${generateKey()}:${secret}`, `${secret}:${generateKey()}`]) {
        expect(new DrainTokens(KeyRing.parse(secrets)).open(token)).toEqual({ ok: true, credentials: src });
      }
    },
  );

  it('of a key that is not in the ring is told from one that is no token', () => {
    const foreign = new DrainTokens(KeyRing.parse(generateKey())).issue(CREDENTIALS);
    expect(tokens.open(foreign)).toEqual({ ok: false, reason: 'unknown-key' });
  });

  it.each([
    ['nothing', ''],
    ['a word', 'password'],
    ['credentials that nobody encrypted', CREDENTIALS],
    ['a token without its beginning', tokens.issue(CREDENTIALS).slice(4)],
    ['a token that is not all there', tokens.issue(CREDENTIALS).slice(0, 40)],
    ['a token in quotes', `"${tokens.issue(CREDENTIALS)}"`],
    ['a token with the colon of Basic credentials', `${tokens.issue(CREDENTIALS)}:`],
    ['a token of bytes that are not UTF-8', ring.encrypt(Buffer.from([0x61, 0xc3, 0x28]), 0)],
    ['a token of UTF-8 that ends inside a character', ring.encrypt(Buffer.from('ü').subarray(0, 1), 0)],
  ])('is not: %s', (_, text) => {
    expect(tokens.open(text)).toEqual({ ok: false, reason: 'malformed' });
  });

  it('is issued and opened up to the longest credentials', () => {
    const credentials = 'x'.repeat(CREDENTIALS_BYTES_MAX);
    expect(tokens.open(tokens.issue(credentials))).toEqual({ ok: true, credentials });
  });

  it('is not issued for longer credentials, counted in bytes', () => {
    expect(() => tokens.issue('x'.repeat(CREDENTIALS_BYTES_MAX + 1))).toThrow(RangeError);
    expect(() => tokens.issue('ü'.repeat(CREDENTIALS_BYTES_MAX / 2 + 1))).toThrow(RangeError);
  });

  it('above 8 KiB is refused without being looked at, rightly made or not', () => {
    const unread = new DrainTokens({
      decrypt: () => {
        throw new Error('looked at');
      },
    } as unknown as KeyRing);
    expect(unread.open('A'.repeat(8193))).toEqual({ ok: false, reason: 'malformed' });
    expect(() => unread.open('A'.repeat(8192))).toThrow('looked at');
    const long = ring.encrypt(Buffer.alloc(CREDENTIALS_BYTES_MAX + 1, 'x'), 0);
    expect(tokens.open(long)).toEqual({ ok: false, reason: 'malformed' });
  });
});

describe('the secret of POST /sign', () => {
  const [first, second] = [generateKey(), generateKey()] as const;
  const both = new DrainTokens(KeyRing.parse(`${first}:${second}`));

  it('is any key of the ring', () => {
    expect([first, second].map((key) => both.isSecret(key))).toEqual([true, true]);
  });

  it('is no other key, no part of one, and not nothing', () => {
    for (const candidate of [generateKey(), first.slice(0, 22), `${first}:${second}`, '']) {
      expect(both.isSecret(candidate)).toBe(false);
    }
  });

  it('is not a key that differs in its last byte only', () => {
    const near = Buffer.from(first, 'base64url');
    near[31]! ^= 1;
    expect(both.isSecret(near.toString('base64'))).toBe(false);
  });
});

function goTokens() {
  const file = new URL('../../test/fixtures/fernet/go-tokens.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as { desc: string; secret: string; token: string; src: string }[];
}
