import { describe, expect, it } from '@jest/globals';
import { DrainParser } from '../parsing/drain-parser.js';
import { examplesOf } from './rejection-examples.js';

const parser = new DrainParser(1);
const options = {
  resolutionSeconds: 60,
  prefix: '',
  sourcePrefix: '',
  routerSource: 'none',
  platform: false,
} as const;

function examples(text: string, framing: 'detect' | 'octet-counted' = 'detect') {
  const body = Buffer.from(text);
  return examplesOf(parser.parse(body, framing, options, 0).firstRejections, body);
}

describe('examples of what was rejected', () => {
  it('are Unicode, wherever they are cut: Redis takes no other JSON', () => {
    for (let length = 60; length < 90; length++) {
      for (const text of Object.values(
        examples(`count#${'n'.repeat(length)}😀xx=abc\nmeasure#a=${'😀'.repeat(length)}\n`)!,
      )) {
        expect(text).toBe(Buffer.from(text).toString());
      }
    }
  });

  it('are none where nothing was', () => {
    expect(examples('measure#a=1\n')).toBeUndefined();
  });

  it('show the key and the form of the value, one of each reason, the first', () => {
    expect(
      examples('x measure#db.latency=12,5ms measure#b=secret\ncount#=7 sample#c=9e300 sample#d="no number é"'),
    ).toEqual({
      'rejected.unit-malformed': 'measure#db.latency=00,0aa',
      'rejected.value-malformed': 'measure#b=aaaaaa',
      'rejected.name-empty': 'count#=0',
      'rejected.value-range': 'sample#c=0a000',
    });
  });

  it('show the first of each reason, however many of another come before', () => {
    expect(Object.keys(examples(`${'count#=1 '.repeat(100)}count#a=1e500`)!)).toEqual([
      'rejected.name-empty',
      'rejected.value-range',
    ]);
  });

  it('show of a frame no more than the kinds of its characters', () => {
    expect(examples('12 <190 s3cret hunter2\nmore', 'octet-counted')).toEqual({
      'rejected.frame-count': '00 <000 a0aaaa aaaaaa0',
    });
  });

  it('are short and harmless', () => {
    const [text] = Object.values(examples(`count#${'n'.repeat(500)}\u001b[2J=1`)!);
    expect(text).toMatch(/^count#n{73}…$/);
  });
});
