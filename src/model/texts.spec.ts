import { describe, expect, it } from '@jest/globals';
import { remembered, Texts } from './texts.js';

describe('Texts', () => {
  it('numbers different texts in order of first arrival', () => {
    const texts = new Texts();
    expect(['b', 'a', '', 'b', '__proto__'].map((text) => texts.numberOf(text))).toEqual([0, 1, 2, 0, 3]);
    expect(['a', 'c', ''].map((text) => texts.find(text))).toEqual([1, -1, 2]);
  });
});

describe('remembered', () => {
  it('makes what it makes of a text once', () => {
    const made: string[] = [];
    const lengthOf = remembered((text) => {
      made.push(text);
      return { length: text.length };
    });
    expect(lengthOf('abc')).toEqual({ length: 3 });
    expect(lengthOf('abc')).toBe(lengthOf('abc'));
    expect(lengthOf('')).toEqual({ length: 0 });
    expect(made).toEqual(['abc', '']);
  });
});
