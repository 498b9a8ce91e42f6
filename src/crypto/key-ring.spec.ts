import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { generateKey, KeyRing, KeyRingError } from './key-ring.js';

// Bytes that need both special digits, so that the alphabets differ.
const RAW = Buffer.concat([Buffer.from('fbffbffb', 'hex'), Buffer.alloc(28, 5)]);
const OTHER = Buffer.alloc(32, 9).toString('base64url');

const FORMS: [string, string][] = [
  ['standard base64, padded', RAW.toString('base64')],
  ['standard base64, unpadded', RAW.toString('base64').replace(/=+$/, '')],
  ['URL-safe base64, padded', `${RAW.toString('base64url')}=`],
  ['URL-safe base64, unpadded', RAW.toString('base64url')],
  ['hex digits, as the Go program took them too', RAW.toString('hex')],
];

describe('KeyRing.parse', () => {
  it.each(FORMS)('reads a key in %s', (_, form) => {
    const token = KeyRing.parse(RAW.toString('base64')).encrypt(Buffer.from('x'), 0);
    expect(KeyRing.parse(form).decrypt(token).ok).toBe(true);
  });

  it('passes over white space around a key', () => {
    expect(KeyRing.parse(`${OTHER} : ${RAW.toString('base64')}\n`).holds(RAW.toString('base64'))).toBe(true);
  });

  // Not a random one: one in four, cut short, reads as 31 bytes and not as damage.
  const good = `${Buffer.alloc(32, 0xff).toString('base64url')}=`;
  it.each([
    ['nothing at all', '', 'the first key is empty'],
    ['a colon at the start', `:${good}`, 'the first key is empty'],
    ['a colon at the end', `${good}:`, 'the second key is empty'],
    ['two colons in a row', `${good}::${good}`, 'the second key is empty'],
    ['a first key one byte short', Buffer.alloc(31).toString('base64'), 'the first key has 31 bytes'],
    ['a second key one byte long', `${good}:${Buffer.alloc(33).toString('base64')}`, 'the second key has 33 bytes'],
    ['half a key', `${good}:${good}:${Buffer.alloc(16).toString('base64')}`, 'the third key has 16 bytes'],
    ['a password for a key', `${good}:correct horse battery staple`, 'the second key is not base64'],
    ['a key with digits of both alphabets', '+_'.repeat(22), 'the first key is not base64'],
    ['a key that lost its last character', good.slice(0, -2), 'the first key is not base64'],
    ['63 hex digits', 'a'.repeat(63), 'the first key is not base64'],
    ['a comma for a colon', `${good},${good}`, 'the first key is not base64'],
    ['a bad key far down', `${`${good}:`.repeat(11)}x`, 'key 12 is not base64'],
  ])('refuses %s, says which key and what is expected', (_, secrets, which) => {
    const error = errorOf(secrets);
    expect(error).toBeInstanceOf(KeyRingError);
    expect(error).toMatchObject({ code: 'L2MET_CRYPTO_KEY' });
    expect(error.message).toContain(`SECRETS: ${which}`);
    expect(error.message).toContain('32 bytes in base64');
    expect(error.message).toContain('`l2met keygen`');
  });

  it.each([
    ['of the wrong size', 'c29tZXRoaW5nLXNlY3JldA'],
    ['that is not base64', 'something secret'],
  ])('never shows a part of a key %s in its error', (_, value) => {
    const shown = inspect(errorOf(`${good}:${value}`));
    expect(shown).not.toContain(value.slice(0, 6));
    expect(shown).not.toContain(good.slice(0, 6));
  });
});

describe('a key ring', () => {
  const [old, fresh, foreign] = [generateKey(), generateKey(), generateKey()] as const;
  const text = Buffer.from('user@example.com:abc');

  it('encrypts with its first key', () => {
    const token = KeyRing.parse(`${fresh}:${old}`).encrypt(text, 0);
    expect(KeyRing.parse(fresh).decrypt(token)).toEqual({ ok: true, plaintext: text });
    expect(KeyRing.parse(old).decrypt(token)).toEqual({ ok: false, reason: 'signature' });
  });

  it('reads tokens of an old key through each step of a rotation', () => {
    const token = KeyRing.parse(old).encrypt(text, 0);
    for (const secrets of [`${old}:${fresh}`, `${fresh}:${old}`, `${fresh}:${foreign}:${old}`]) {
      expect(KeyRing.parse(secrets).decrypt(token)).toEqual({ ok: true, plaintext: text });
    }
  });

  it('refuses tokens of a key that was taken out', () => {
    const token = KeyRing.parse(old).encrypt(text, 0);
    expect(KeyRing.parse(`${fresh}:${foreign}`).decrypt(token)).toEqual({ ok: false, reason: 'signature' });
  });

  it.each(FORMS)('holds each of its keys, asked in %s', (_, form) => {
    const key = RAW.toString('base64');
    expect(KeyRing.parse(`${key}:${OTHER}`).holds(form)).toBe(true);
    expect(KeyRing.parse(`${OTHER}:${key}`).holds(form)).toBe(true);
    expect(KeyRing.parse(OTHER).holds(form)).toBe(false);
  });

  it('does not hold half a key, a key and more, two keys, or nothing', () => {
    const ring = KeyRing.parse(`${RAW.toString('base64')}:${OTHER}`);
    const halves = [RAW.subarray(0, 16), RAW.subarray(16), Buffer.concat([RAW, RAW]), Buffer.alloc(0)];
    const texts = halves.map((bytes) => bytes.toString('base64'));
    for (const text of [...texts, `${RAW.toString('base64')}:`, `${RAW.toString('base64')}:${OTHER}`, '=', 'ü']) {
      expect([text, ring.holds(text)]).toEqual([text, false]);
    }
  });

  it('shows no key when it is printed or serialised', () => {
    const ring = KeyRing.parse(OTHER);
    const shown = inspect(ring, { depth: 9, showHidden: true }) + JSON.stringify(ring);
    expect(shown).not.toContain('9, 9');
    expect(shown).not.toContain('09 09');
    expect(shown).not.toContain(OTHER.slice(0, 8));
  });
});

describe('generateKey', () => {
  it('makes a key that a ring takes, in the form the Go program takes', () => {
    const key = generateKey();
    expect(key).toMatch(/^[A-Za-z0-9_-]{43}=$/);
    expect(KeyRing.parse(key).holds(key)).toBe(true);
  });

  it('never makes the same key twice', () => {
    expect(new Set(Array.from({ length: 100 }, generateKey)).size).toBe(100);
  });
});

function errorOf(secrets: string): Error {
  try {
    KeyRing.parse(secrets);
  } catch (error) {
    return error as Error;
  }
  throw new Error('the keys were taken');
}
