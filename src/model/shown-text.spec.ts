import { describe, expect, it } from '@jest/globals';
import { shownText } from './shown-text.js';

describe('text from a log line, as it is shown', () => {
  it.each([
    ['a name as it is', 'db.latency', 'db.latency'],
    ['letters of any script', 'größe.日本', 'größe.日本'],
    ['no escape sequence', 'a\u001b[2Jb', 'a[2Jb'],
    ['no forged line', 'a\r\nb\u2028c\u2029d', 'abcd'],
    ['no bidi override', 'a\u202eb', 'ab'],
    ['no half of a character', 'a\ud83d', 'a'],
    ['as much as is allowed', 'x'.repeat(20), 'x'.repeat(20)],
    ['the beginning of what is longer', 'x'.repeat(21), `${'x'.repeat(19)}…`],
  ])('is %s', (_what, text, shown) => {
    expect(shownText(text, 20)).toBe(shown);
  });

  it('is cut between characters, never within one', () => {
    for (let length = 1; length < 12; length++) {
      const text = shownText('a😀b😀😀c', length);
      expect(text).toBe(Buffer.from(text).toString());
    }
    expect(shownText('a😀b', 3)).toBe('a…');
  });
});
