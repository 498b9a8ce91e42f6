import { describe, expect, it } from '@jest/globals';
import { decodeBase64, encodeBase64 } from './base64.js';

describe('decodeBase64', () => {
  it.each([
    ['standard, padded', '+/+/+w==', 'fbffbffb'],
    ['standard, unpadded', '+/+/+w', 'fbffbffb'],
    ['URL-safe, padded', '-_-_-w==', 'fbffbffb'],
    ['URL-safe, unpadded', '-_-_-w', 'fbffbffb'],
    ['one character of padding', 'AAE=', '0001'],
    ['no padding needed', 'AAEC', '000102'],
    ['nothing at all', '', ''],
  ])('reads %s', (_, text, hex) => {
    expect(decodeBase64(text)?.toString('hex')).toBe(hex);
  });

  it.each([
    ['digits of both alphabets', '+/-_'],
    ['a line feed at the end', 'AAEC\n'],
    ['a space inside', 'AA EC'],
    ['a foreign character', 'AAE%'],
    ['a letter that only looks like one', 'AAEС'],
    ['text after the padding', 'AAE=AAEC'],
    ['too little padding', '+/+/+w='],
    ['too much padding', 'AAE=='],
    ['three characters of padding', 'A==='],
    ['padding where none is needed', 'AAEC='],
    ['a whole group of padding', 'AAEC===='],
    ['nothing but padding', '=='],
    ['a group of one character', 'AAECA'],
    ['unused bits set before two characters of padding', '+/+/+x=='],
    ['unused bits set before one character of padding', 'AAF='],
    ['unused bits set without padding', 'AAF'],
  ])('refuses %s', (_, text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });
});

describe('encodeBase64', () => {
  it('writes the URL-safe alphabet with padding', () => {
    expect(encodeBase64(Buffer.from('fbffbffb', 'hex'))).toBe('-_-_-w==');
  });
});
