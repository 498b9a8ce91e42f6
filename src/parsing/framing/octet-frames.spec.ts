import { describe, expect, it } from '@jest/globals';
import { frame, message, nonZero } from '../../../test/fixtures/drains/described.js';
import { Tally } from '../tally.js';
import { BYTES, load } from '../memory.js';
import { OctetFrames } from './octet-frames.js';

/** The texts of all messages read, and how many frames were lost for which reason. */
function read(body: string): { texts: string[]; lost: Record<string, number>; offsets: number[] } {
  const { length } = load(Buffer.from(body));
  const tally = new Tally();
  const frames = new OctetFrames(tally);
  frames.begin(0, length);
  const texts: string[] = [];
  while (frames.next()) {
    const message = Buffer.from(BYTES.subarray(frames.start, frames.end)).toString();
    texts.push(message.replace(/^<190>1 \S+ host app web\.1 - /, ''));
  }
  return { texts, lost: nonZero(tally.frames), offsets: tally.listed.map(({ offset }) => offset) };
}

/** A good frame of a text. */
const good = (text: string): string => frame(message(text));
/** A frame whose count is not what it should be. */
const counted = (count: string | number, text: string): string => `${count} ${message(text)}`;
const right = (text: string): number => Buffer.byteLength(message(text));

const one = good('one=1\n');
const two = good('two=2\n');
const three = good('three=3\n');

describe('octet-counted frames', () => {
  it.each([
    ['an empty body', '', []],
    ['one frame', one, ['one=1\n']],
    ['several', one + two + three, ['one=1\n', 'two=2\n', 'three=3\n']],
    ['without line breaks', good('a=1') + good('b=2') + good('c'), ['a=1', 'b=2', 'c']],
    [
      'texts that end in digits, straight before a count',
      good('a=12') + good('b=202') + good('c=3'),
      ['a=12', 'b=202', 'c=3'],
    ],
    ['an empty text', frame(message('')) + two, ['', 'two=2\n']],
    ['a text of several lines', good('a\nb\nc\n') + two, ['a\nb\nc\n', 'two=2\n']],
    ['counts in bytes, not characters', good('größe=1 こんにちは\n') + two, ['größe=1 こんにちは\n', 'two=2\n']],
    [
      'text that looks like a frame inside a frame',
      good(`x ${good('fake=1\n')}${good('fake=2\n')}\n`) + two,
      [`x ${good('fake=1\n')}${good('fake=2\n')}\n`, 'two=2\n'],
    ],
    ['line breaks that no count covers', `${one}\n${two}\r\n${three}\n`, ['one=1\n', 'two=2\n', 'three=3\n']],
    ['blanks behind the last frame', `${one}${two}  \n\n\n`, ['one=1\n', 'two=2\n']],
    ['a count that leaves out the line break', counted(right('a=1'), 'a=1\n') + two, ['a=1', 'two=2\n']],
    ['the same in the last frame', two + counted(right('a=1'), 'a=1\n'), ['two=2\n', 'a=1']],
  ])('nothing is lost of %s', (_, body, texts) => {
    expect(read(body)).toEqual({ texts, lost: {}, offsets: [] });
  });

  /** Between two good frames, the second of which holds text that looks like a frame. */
  it.each([
    ['2^62', counted('4611686018427387904', 'x=1\n'), 'count'],
    ['2^64', counted('18446744073709551616', 'x=1\n'), 'count'],
    ['200 GB', counted('200000000000', 'x=1\n'), 'count'],
    ['100 MB', counted('99999999', 'x=1\n'), 'truncated'],
    ['a few bytes past the body', counted(2000, 'x=1\n'), 'truncated'],
    ['0', counted(0, 'x=1\n'), 'count'],
    ['negative', counted(-50, 'x=1\n'), 'count'],
    ['hexadecimal', counted('0x3d', 'x=1\n'), 'count'],
    ['with leading zeros', counted(`00${right('x=1\n')}`, 'x=1\n'), 'count'],
    ['with a plus', counted(`+${right('x=1\n')}`, 'x=1\n'), 'count'],
    ['with an exponent', counted('1e2', 'x=1\n'), 'count'],
    ['with a decimal point', counted('61.0', 'x=1\n'), 'count'],
    ['a word', counted('abc', 'x=1\n'), 'count'],
    ['missing', message('x=1\n'), 'count'],
    ['empty', counted('', 'x=1\n'), 'count'],
    ['shorter than a header', counted(3, 'x=1\n'), 'count'],
    ['five too small', counted(right('x=1\n') - 5, 'x=1\n'), 'count'],
    ['one too big', counted(right('x=1\n') + 1, 'x=1\n'), 'count'],
    ['five too big', counted(right('x=1\n') + 5, 'x=1\n'), 'count'],
    ['one too small, of a text that ends in digits', counted(right('x=12') - 1, 'x=12'), 'count'],
    ['two too small, of a text that ends in digits', counted(right('x=12') - 2, 'x=12'), 'count'],
    ['one too big, of a text that ends in digits', counted(right('x=12') + 1, 'x=12'), 'count'],
    ['two too big, of a text that ends in digits', counted(right('x=12') + 2, 'x=12'), 'count'],
    ['one too small, of a text that ends in a letter', counted(right('x=1ms') - 1, 'x=1ms'), 'count'],
    ['one too big, of a text that ends in a letter', counted(right('x=1ms') + 1, 'x=1ms'), 'count'],
  ])('a count that is %s costs its frame and no other', (_, bad, reason) => {
    const last = good(`three=3 ${good('fake=1\n')}\n`);
    const { texts, lost, offsets } = read(one + bad + two + last);
    expect(texts).toEqual(['one=1\n', 'two=2\n', `three=3 ${good('fake=1\n')}\n`]);
    expect(lost).toEqual({ [reason]: 1 });
    expect(offsets).toEqual([one.length]);
  });

  it.each([
    ['version 2', frame('<190>2 2026-03-04T10:15:00+00:00 host app web.1 - x=1\n')],
    ['no priority', frame('2026-03-04T10:15:00+00:00 host app web.1 - x=1\n')],
    ['a priority of four digits', frame('<1900>1 - host app web.1 - x=1\n')],
    ['a header that the frame is too short for', frame('<190>1')],
    ['JSON', frame('{"measure#x":1}')],
  ])('a message with %s costs its frame and no other', (_, bad) => {
    const { texts, lost, offsets } = read(one + bad + two);
    expect(texts).toEqual(['one=1\n', 'two=2\n']);
    expect(lost).toEqual({ header: 1 });
    expect(offsets).toEqual([one.length]);
  });

  it.each([
    ['first', counted('abc', 'x\n') + one + two, ['one=1\n', 'two=2\n']],
    ['last', one + two + counted('abc', 'x\n'), ['one=1\n', 'two=2\n']],
    ['last and truncated', one + two + good('x=1 cut off\n').slice(0, -4), ['one=1\n', 'two=2\n']],
    ['last and cut off in its header', one + two + good('x').slice(0, 20), ['one=1\n', 'two=2\n']],
    ['last and cut off in its priority', one + two + '48 <19', ['one=1\n', 'two=2\n']],
    ['last and cut off in its count', one + two + '4', ['one=1\n', 'two=2\n']],
    ['twice', one + counted('abc', 'x\n') + two + counted(0, 'y\n') + three, ['one=1\n', 'two=2\n', 'three=3\n']],
    ['twice in a row', one + counted('abc', 'x\n') + counted(0, 'y\n') + three, ['one=1\n', 'three=3\n']],
    [
      'before a truncated frame',
      one + counted('abc', 'x\n') + two + good('long enough\n').slice(0, -3),
      ['one=1\n', 'two=2\n'],
    ],
    ['garbage without any frame', 'no frames here at all, only words', []],
    ['line breaks', '1\n2\n3', []],
  ])('damage is survived where it comes %s', (_, body, texts) => {
    expect(read(body).texts).toEqual(texts);
  });

  it.each([
    ['one too small, last in the body', two + counted(right('measure#a=12') - 1, 'measure#a=12')],
    ['all digits too small, last in the body', two + counted(right('measure#a=12') - 2, 'measure#a=12')],
    ['one too small, before the last frame', counted(right('measure#a=12') - 1, 'measure#a=12') + two],
    ['one too big, before the last frame', counted(right('measure#a=12') + 1, 'measure#a=12') + two],
    ['one too big, before a truncated frame', counted(right('measure#a=12') + 1, 'measure#a=12') + two.slice(0, -2)],
    ['one too big, past the body', two + counted(right('measure#a=12') + 1, 'measure#a=12')],
  ])('a count that is %s makes no wrong value', (_, body) => {
    expect(read(body).texts.filter((text) => text.startsWith('measure#'))).toEqual([]);
  });

  it('hostile bodies are read in linear time', () => {
    const hostile = [
      '1 '.repeat(500_000),
      '9 <1>1 '.repeat(150_000),
      ' 8 <1>1 '.repeat(120_000),
      '12345678 <1>1 '.repeat(70_000),
      '<'.repeat(1_000_000),
      ' <1>1 '.repeat(160_000),
      '\n'.repeat(1_000_000),
      `${one}${'\n'.repeat(1_000_000)}x`,
      '1'.repeat(1_000_000),
      `11111111 ${'7 <1>1 x\n'.repeat(100_000)}`,
    ];
    for (const body of hostile) {
      const from = performance.now();
      read(body);
      expect(performance.now() - from).toBeLessThan(1000);
    }
  });
});
