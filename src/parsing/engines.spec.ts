import { describe, expect, it } from '@jest/globals';
import { frame, message } from '../../test/fixtures/drains/described.js';
import { DrainParser, type ParseOptions } from './drain-parser.js';
import { PENDING_MAX, SLOTS_MAX, VALUES_MAX, WINDOWS_MAX } from './wasm/layout.js';

const OPTIONS: ParseOptions = {
  resolutionSeconds: 1,
  prefix: 'p',
  sourcePrefix: 'sp',
  routerSource: 'dyno',
  platform: true,
};
const NOW = Date.UTC(2026, 2, 4, 10);

const wasm = new DrainParser(1);
const script = new DrainParser(1, 'script');

function expectSame(body: Buffer, framing: 'octet-counted' | 'detect' = 'octet-counted'): void {
  const parsed = wasm.parse(body, framing, OPTIONS, NOW);
  const expected = script.parse(body, framing, OPTIONS, NOW);
  // Compared first: of many thousand bytes nobody wants to see which differ.
  expect(parsed.windows.every(({ bytes }, i) => Buffer.compare(bytes, expected.windows[i]!.bytes) === 0)).toBe(true);
  expect({ ...parsed, windows: parsed.windows.length }).toEqual({ ...expected, windows: expected.windows.length });
}

/** As many words as are asked for, each with its number. */
const words = (count: number, word: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => word(i)).join(' ');

/*
 * Damaged bodies by the hundred thousand are compared by `npm run fuzz`, in the gate; here are those that its bodies are too small for.
 */
describe('both engines find the same, to the last byte,', () => {
  it.each([
    ['metrics in one line than it has room for', words(PENDING_MAX + 1, (i) => `count#n${i % 7}=${i}`)],
    ['buckets than it has room for', words(PENDING_MAX, (i) => `count#n${i}`)],
    ['values of one metric than are kept exactly', words(PENDING_MAX, () => 'measure#a=1.5ms')],
    ['values, and others of the same window', `${words(8_193, (i) => `measure#a=${i}`).replaceAll('#a=8', '#b=8')}`],
    ['different strings than are kept exactly', words(5_000, (i) => `unique#u=s${i} count#c`)],
    [
      'text than a block is long',
      words(70, (i) => `k${i}="${'x'.repeat(i)}\\"${'y'.repeat(i % 17)}" measure#m${i}=${i}`),
    ],
  ])('in a line with more %s', (_what, text) => {
    expectSame(Buffer.from(frame(message(`${text}\n`))));
    expectSame(Buffer.from(`${text}\n`), 'detect');
  });

  it('in bodies with more than its tables have room for', () => {
    const lines = (count: number, line: (i: number) => string): Buffer =>
      Buffer.concat(Array.from({ length: count }, (_, i) => Buffer.from(frame(message(`${line(i)}\n`)))));
    expectSame(lines(SLOTS_MAX / 8 + 1, (i) => words(8, (j) => `sample#n${i}.${j}=${j}`)));
    expectSame(lines(VALUES_MAX / 64 + 1, (i) => words(64, (j) => `measure#n${j}=${i}`)));
    const at = (i: number): string => new Date(NOW + i * 1000).toISOString();
    const windows = Array.from({ length: WINDOWS_MAX + 1 }, (_, i) =>
      frame(`<190>1 ${at(i)} host app web.1 - count#n\n`),
    );
    expectSame(Buffer.from(windows.join('')));
  });

  it('of times that are nothing but zeros or ones, whatever was read before', () => {
    const line = (time: string): Buffer => Buffer.from(frame(`<190>1 ${time} host app web.1 - count#n\n`), 'latin1');
    const zeros = ['\0', '\xff'].flatMap((byte) => [
      line(`${byte.repeat(16)}:23Z`),
      line(`${byte.repeat(8)}01T10:00:23Z`),
    ]);
    for (const before of [
      '2026-03-04T10:00:00Z',
      '2026-03-01T10:00:00Z',
      '2026-03-01X10:00:00Z',
      '2026-13-01T10:00:00Z',
    ]) {
      for (const body of zeros) expectSame(Buffer.concat([line(before), body, body]));
      expectSame(line(before));
      for (const body of zeros) expectSame(body);
    }
  });

  it('after one body came to nothing for want of room, in the next', () => {
    const large = words(PENDING_MAX + 1, (i) => `count#n${i}`);
    wasm.parse(Buffer.from(large), 'detect', OPTIONS, NOW);
    expectSame(Buffer.from(frame(message('measure#a=1 source=x\n'))));
  });

  it('at every place of a block of 16 bytes', () => {
    for (let pad = 0; pad < 64; pad++) {
      const text = `${'.'.repeat(pad)} a="b\\"c" measure#name.${'n'.repeat(pad)}=${pad}.5ms source="s\\\\${'s'.repeat(pad % 20)}" unique#u=${'u'.repeat(pad)}`;
      expectSame(Buffer.from(frame(message(text)) + frame(message(`${text}\n`)) + frame(message('count#last'))));
      expectSame(Buffer.from(text), 'detect');
    }
  });

  it('wherever a body is cut', () => {
    const body = Buffer.from(
      frame(message('measure#a=1 source=x\n')) +
        frame(
          '<158>1 2026-03-04T10:15:02.31+00:00 host heroku router - at=error code=H12 dyno=web.1 connect=1ms service= status=503\n',
        ) +
        frame('<45>1 2026-03-04T10:15:02+01:00 host heroku web.1 - Error R14 (Memory quota exceeded)\n') +
        frame(
          '<172>1 2026-03-04T10:15:02Z host heroku logplex - Error L10 (output buffer overflow): 37 messages dropped since x\n',
        ),
    );
    for (let end = 0; end <= body.length; end++) expectSame(body.subarray(0, end));
    for (let from = 0; from < body.length; from++) expectSame(body.subarray(from));
  });
});

/** The least time of three, ms, that an engine takes for a body. */
function least(parser: DrainParser, body: Buffer): number {
  const times = Array.from({ length: 3 }, () => {
    const startedAt = performance.now();
    parser.parse(body, 'detect', OPTIONS, NOW);
    return performance.now() - startedAt;
  });
  return Math.min(...times);
}

/*
 * What grows with the square of a body takes a hundred times as long here, and would keep a receiver busy for minutes; the bounds
 * leave room for a machine that does something else.
 */
describe.each([
  ['wasm', wasm],
  ['script', script],
])('no body costs more than its length, %s', (_engine, parser) => {
  const named = (names: readonly string[]): Buffer =>
    Buffer.from(names.map((name) => `count#${name}\n`).join(''), 'latin1');

  it('of windows with a set each', () => {
    const windows = (count: number): Buffer =>
      Buffer.from(
        Array.from(
          { length: count },
          (_, i) => `<1>1 ${new Date(NOW + i * 1000).toISOString()} h a p - unique#u=x\n`,
        ).join(''),
      );
    least(parser, windows(1_000));
    expect(least(parser, windows(16_000))).toBeLessThan(5 * 16 * Math.max(0.5, least(parser, windows(1_000))));
  });

  // Bits at the top of a word are those that a multiplication leaves where they are.
  it.each([
    [8, 7, 0x80, 3, 0x80],
    [4, 3, 0x80, 2, 0x01],
  ])('of names that differ in such bits of words of %i bytes', (word, byte, bit, carriedByte, carriedBit) => {
    const alike = Array.from({ length: 8_000 }, (_, n) => {
      const name = Buffer.alloc(14 * word, 'a');
      let carried = 0;
      for (let i = 0; i < 14; i++) {
        const flip = i === 13 ? 0 : (n >> i) & 1;
        if (flip !== carried) name[i * word + byte]! ^= bit;
        if (carried) name[i * word + carriedByte]! ^= carriedBit;
        carried = flip;
      }
      return name.toString('latin1');
    });
    const others = alike.map((_, i) => 'a'.repeat(14 * word - 6) + String(i).padStart(6, '0'));
    least(parser, named(others));
    expect(least(parser, named(alike))).toBeLessThan(8 * Math.max(2, least(parser, named(others))));
  });
});
