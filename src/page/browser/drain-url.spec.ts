import { describe, expect, it } from '@jest/globals';
import { parseDrain } from './drain-url.js';

const TOKEN = 'gAAAAABmSxy0-_abcdefghijkl';

describe('what is pasted as a drain URL', () => {
  it.each([
    ['a drain URL', `https://${TOKEN}@l2met.example.com/logs`, 'l2met.example.com', ''],
    [
      'one with options, quotes and blanks',
      ` 'http://${TOKEN}@localhost:8080/logs?resolution=5' `,
      'localhost:8080',
      '?resolution=5',
    ],
    ['one with the token as password', `https://:${TOKEN}@l2met.example.com/logs`, 'l2met.example.com', ''],
    ['a bare token', `${TOKEN}==`, undefined, ''],
  ])('is understood: %s', (_what, pasted, host, query) => {
    const token = host === undefined ? `${TOKEN}==` : TOKEN;
    expect(parseDrain(pasted)).toEqual({ token, host, query });
  });

  it.each([
    ['nothing', ' ', /Paste a drain URL/],
    ['a word', 'hello', /is no drain URL/],
    ['another scheme', `ftp://${TOKEN}@host/logs`, /is no drain URL/],
    ['no token', 'https://l2met.example.com/logs', /no token in it/],
    ['a token that is badly escaped', 'https://%ff@l2met.example.com/logs', /no token in it/],
  ])('is answered with a sentence: %s', (_what, pasted, sentence) => {
    expect(parseDrain(pasted)).toMatch(sentence);
  });
});
