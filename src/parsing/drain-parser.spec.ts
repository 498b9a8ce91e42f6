import { describe, expect, it } from '@jest/globals';
import { asLogShuttle, buckets, bucketsOfWindow, frame, message } from '../../test/fixtures/drains/described.js';
import { EXACT_VALUES_MAX } from '../model/distribution.js';
import { COUNTERS } from '../telemetry/counter-definitions.js';
import { DrainParser, type Framing, type ParsedDrain, type ParseOptions } from './drain-parser.js';
import { MAX_BODY_BYTES } from './memory.js';
import { FRAME_REJECTIONS, MEASUREMENT_REJECTIONS } from './rejections.js';

const parser = new DrainParser(1);
const options: ParseOptions = {
  resolutionSeconds: 60,
  prefix: '',
  sourcePrefix: '',
  routerSource: 'none',
  platform: false,
};

/** 2026-03-04T10:15:00Z, in seconds. */
const AT = 1772619300;
const NOW_MS = 1_700_000_000_123;
const NOW_US = NOW_MS * 1000;

function parse(body: string | Uint8Array, framing: Framing = 'detect', more: Partial<ParseOptions> = {}): ParsedDrain {
  return parser.parse(typeof body === 'string' ? Buffer.from(body) : body, framing, { ...options, ...more }, NOW_MS);
}

describe('framing', () => {
  const framed = frame(message('count#a\n')) + frame(message('count#b\n'));
  const lines = `${message('count#a')}\n${message('count#b')}\n`;

  it('a body that begins with a frame is read as frames, whatever its type', () => {
    for (const framing of ['octet-counted', 'detect'] as const) {
      expect(buckets(parse(framed, framing))).toEqual(['count a: 1', 'count b: 1']);
    }
  });

  it.each([
    ['syslog lines', lines, 2],
    ['syslog lines ended by CR LF', lines.replaceAll('\n', '\r\n'), 2],
    ['a last line without a line break', lines.trimEnd(), 2],
    ['empty lines between', `\n\n${lines.replaceAll('\n', '\n\r\n\n')}`, 2],
    ['plain text', 'count#a\ncount#b\n', 2],
    ['plain text and syslog', `count#a\n${message('count#b')}\n`, 2],
    ['a byte order mark before plain text', '\ufeffcount#a\ncount#b', 2],
    ['a byte order mark before frames', `\ufeff${framed}`, 2],
    ['JSON lines', '{"log":"count#a"}\n{"log":"count#b"}\n', 2],
    ['a line that begins with a number', '88 bottles count#a\ncount#b\n', 2],
  ])('a body of any other type may be %s', (_, body, messages) => {
    const parsed = parse(body);
    expect(buckets(parsed).map((bucket) => bucket.replace(/ at .*/, ''))).toEqual(['count a: 1', 'count b: 1']);
    expect(parsed).toMatchObject({ messages, measurements: 2, rejected: [], unreadable: undefined });
  });

  it('nothing at all could be read, and the first reason is told', () => {
    expect(parse('', 'octet-counted').unreadable).toBeUndefined();
    expect(parse('', 'detect').unreadable).toBeUndefined();
    expect(parse(lines, 'octet-counted').unreadable).toEqual({ offset: 0, reason: 'count' });
    expect(parse(framed.slice(0, 30), 'octet-counted').unreadable).toEqual({ offset: 0, reason: 'truncated' });
    expect(parse(frame('{"a":1}'), 'octet-counted').unreadable).toEqual({ offset: 0, reason: 'header' });
    expect(parse('\n\n', 'detect').unreadable).toBeUndefined();
    expect(parse(`x ${framed}`, 'octet-counted').unreadable).toBeUndefined();
  });

  it('a body inside a larger buffer is read within its bounds', () => {
    const around = Buffer.from(`count#x ${framed}count#y`);
    for (let offset = 8; offset < 12; offset++) {
      const shifted = Buffer.concat([Buffer.alloc(offset - 8), around]);
      expect(buckets(parse(shifted.subarray(offset, offset + framed.length)))).toEqual(['count a: 1', 'count b: 1']);
      expect(buckets(parse(shifted.subarray(0, offset)))).toEqual(['count x: 1']);
    }
  });

  it('a body cut anywhere gives the frames before the cut, and never a wrong value', () => {
    const body = frame(message('measure#a=12\n')) + frame(message('measure#b=345')) + frame(message('measure#c=67'));
    for (let cut = 0; cut < body.length; cut++) {
      for (const bucket of buckets(parse(body.slice(0, cut), 'octet-counted'))) {
        expect(['measure a: 12', 'measure b: 345', 'measure c: 67']).toContain(bucket);
      }
    }
  });

  it('a body too large for the parser is refused', () => {
    expect(() => parse(new Uint8Array(MAX_BODY_BYTES + 1))).toThrow(RangeError);
  });

  it('the body given is left as it was', () => {
    const body = Buffer.from(framed);
    parse(body);
    expect(body.toString()).toBe(framed);
  });
});

describe('the header', () => {
  const header = '<190>1 2026-03-04T10:15:31.5+00:00 host app web.1 -';
  it.each([
    ['no structured data', `${header} sample#a=1`],
    ['nil structured data', `${header} - sample#a=1`],
    ['an element', `${header} [id@1 k="v"] sample#a=1`],
    ['several elements and parameters', `${header} [id k="v" k2="a\\"b\\]"][id2] sample#a=1`],
    ['a metric inside an element, which is no text', `${header} [id measure#sd="5"] sample#a=1`],
    ['an element and a byte order mark', `${header} [id] \ufeffsample#a=1`],
    ['a byte order mark', `${header} - \ufeffsample#a=1`],
    ['text that only begins like an element', `${header} [web: 5] sample#a=1`],
    ['text that begins with an unclosed bracket', `${header} [x y="z sample#a=1`],
    ['text that begins with a dash', `${header} -- sample#a=1`],
    ['a dash and nothing', `${header} - \nsample#a=1`],
    ['double spaces', header.replaceAll(' ', '  ') + '  sample#a=1'],
    [
      'an app name and process id as RFC 5424 has them',
      `<34>1 2026-03-04T10:15:31.500Z mail.example.com su 77 ID47 - sample#a=1`,
    ],
    ['a token for the host', `<190>1 2026-03-04T10:15:31.5Z d.0c1d2e3f app web.1 - sample#a=1`],
  ])('is read with %s', (_, line) => {
    expect(buckets(parse(frame(line)))).toEqual([`sample a: 1 at ${(AT + 31.5) * 1e6}`]);
  });

  it.each([
    ['-'],
    ['2026-02-30T00:00:00Z'],
    ['2026-03-04T10:15:60Z'],
    ['2026-03-04T24:00:00Z'],
    ['2026-03-04T10:15:31.5'],
    ['2026-03-04T10:15:31+0000'],
    ['2026-03-04t10:15:31z'],
    ['1772619331'],
  ])('without a usable time (%s), the line counts as now', (time) => {
    expect(buckets(parse(frame(message('sample#a=1', { time }))))).toEqual([`sample a: 1 at ${NOW_US}`]);
  });

  it('plain text counts as now', () => {
    const parsed = parse('sample#a=1');
    expect(parsed.windows.map(({ startSeconds }) => startSeconds)).toEqual([Math.floor(NOW_MS / 60_000) * 60]);
    expect(buckets(parsed)).toEqual([`sample a: 1 at ${NOW_US}`]);
  });

  it.each([['<190>1'], ['<190>1 '], ['<190>1 -'], ['<190>1 - host'], ['<190>1 - host app web.1 -'], ['<190>1      ']])(
    'a message that ends in its header (%s) is a message without text',
    (line) => {
      expect(parse(`${line}\ncount#a`)).toMatchObject({ messages: 2, measurements: 1 });
    },
  );
});

describe('windows', () => {
  const at = (time: string, text: string): string => frame(message(text, { time }));

  it('there is one batch for each, ascending, with its number of measurements', () => {
    const parsed = parse(
      at('2026-03-04T10:16:00Z', 'count#a count#b') +
        at('2026-03-04T10:15:59.999999999Z', 'count#a') +
        at('2026-03-04T10:14:00Z', 'measure#a=1 measure#a=2 measure#a=3'),
    );
    expect(parsed.windows.map(({ startSeconds, measurements }) => [startSeconds, measurements])).toEqual([
      [AT - 60, 3],
      [AT, 1],
      [AT + 60, 2],
    ]);
    expect(parsed.windows.map(({ bytes }) => bucketsOfWindow(bytes))).toEqual([
      ['measure a: 1 2 3'],
      ['count a: 1'],
      ['count a: 1', 'count b: 1'],
    ]);
    expect(parsed.measurements).toBe(6);
    expect(parsed.measurementsByKind).toEqual([3, 3, 0, 0]);
  });

  it.each([
    ['a resolution of a second', 1, '2026-03-04T10:15:31.9Z', AT + 31],
    ['a resolution of an hour', 3600, '2026-03-04T10:15:31.9Z', AT - 900],
    ['the last microsecond before the epoch', 60, '1969-12-31T23:59:59.999999Z', -60],
    ['the year 9999', 60, '9999-12-31T23:59:59.999999Z', 253402300740],
    ['the year 1', 60, '0001-01-01T00:00:00Z', -62135596800],
  ])('start where the resolution divides the epoch: %s', (_, resolutionSeconds, time, start) => {
    const parsed = parse(at(time, 'count#a'), 'detect', { resolutionSeconds });
    expect(parsed.windows.map(({ startSeconds }) => startSeconds)).toEqual([start]);
  });

  it('the later sample counts, whatever the order', () => {
    const early = at('2026-03-04T10:15:01.000001Z', 'sample#a=9');
    const late = at('2026-03-04T10:15:01.000002Z', 'sample#a=1');
    for (const body of [early + late, late + early]) {
      expect(buckets(parse(body))).toEqual([`sample a: 1 at ${(AT + 1) * 1e6 + 2}`]);
    }
  });

  it('a measurement with more values than are kept exactly becomes a sketch', () => {
    const values = (count: number): string => 'measure#a=1 '.repeat(count);
    expect(buckets(parse(values(EXACT_VALUES_MAX)))[0]).toMatch(/^measure a: 1 1 1/);
    expect(buckets(parse(`${values(EXACT_VALUES_MAX + 1)} measure#b=2`))).toEqual([
      `measure a: sketch of ${EXACT_VALUES_MAX + 1}`,
      'measure b: 2',
    ]);
  });

  it('thousands of windows, names and sources in one body are all kept, and the next body is clean', () => {
    const size = 30_000;
    const body = Array.from({ length: size }, (_, i) => {
      const time = new Date(i * 60_000).toISOString();
      return frame(message(`measure#n${i}=${i} sample#s=${i} count#c source=w${i}`, { time }));
    }).join('');
    const parsed = parse(body);
    expect(parsed.windows).toHaveLength(size);
    expect(parsed.measurements).toBe(3 * size);
    for (const i of [0, 1, 12_345, size - 1]) {
      expect(parsed.windows[i]!.startSeconds).toBe(i * 60);
      expect(bucketsOfWindow(parsed.windows[i]!.bytes)).toEqual([
        `measure n${i} from w${i}: ${i}`,
        `sample s from w${i}: ${i} at ${i * 60e6}`,
        `count c from w${i}: 1`,
      ]);
    }
    for (let again = 0; again < 3; again++)
      expect(buckets(parse(body.slice(0, 0) + 'count#a'))).toEqual(['count a: 1']);
  });

  it('more names than are remembered from body to body are still told apart', () => {
    const names = (from: number): string => Array.from({ length: 50_000 }, (_, i) => `count#${from + i}`).join(' ');
    for (let body = 0; body < 4; body++) {
      const read = buckets(parse(names(body * 50_000)));
      expect(read).toHaveLength(50_000);
      expect(new Set(read).has(`count ${body * 50_000 + 77}: 1`)).toBe(true);
    }
  });

  it('each text stands in a batch once', () => {
    const parsed = parse('count#some.name source=some.source\nmeasure#some.name=1 source=some.source\n');
    const bytes = Buffer.from(parsed.windows[0]!.bytes).toString('latin1');
    expect(bytes.split('some.name')).toHaveLength(2);
    expect(bytes.split('some.source')).toHaveLength(2);
  });
});

describe('loss notices', () => {
  it.each([
    [
      "L10 in the drain's own batch",
      'logplex',
      'Error L10 (output buffer overflow): 37 messages dropped since T.',
      { L10: 37 },
    ],
    [
      'L10 in the app stream',
      'logplex',
      "Error L10 (output buffer overflow): drain 'd.1' dropped 4 messages since T.",
      { L10: 4 },
    ],
    ['L12', 'log-shuttle', 'Error L12: 222 messages dropped since T\n', { L12: 222 }],
    ['L13', 'log-shuttle', 'Error L13: 111 messages lost since T\n', { L13: 111 }],
    ['no number', 'logplex', 'Error L10 (output buffer overflow): many messages dropped', { L10: 0 }],
    ['an absurd number', 'logplex', `Error L10 (x): ${'9'.repeat(40)} messages dropped`, { L10: 0 }],
    ['no messages', 'log-shuttle', 'Error L12: 5', { L12: 0 }],
    ['the text from another process', 'web.1', 'Error L10 (x): 37 messages dropped since', {}],
    ['the code of another sender', 'log-shuttle', 'Error L10 (x): 37 messages dropped since', {}],
    ['another code', 'logplex', 'Error L11 (tail buffer overflow): 37 messages dropped since', {}],
    ['the text further back', 'logplex', 'x Error L10 (x): 37 messages dropped since', {}],
  ])('%s', (_, procId, text, expected) => {
    for (const line of [message(text, { procId }), asLogShuttle(message(text, { procId }))]) {
      expect(parse(frame(line)).lossNotices).toEqual({ L10: 0, L12: 0, L13: 0, ...expected });
    }
  });

  it('add up, and metrics on their lines count', () => {
    const notice = message('Error L12: 5 messages dropped count#a', { procId: 'log-shuttle' });
    const parsed = parse(frame(notice) + frame(notice));
    expect(parsed.lossNotices.L12).toBe(10);
    expect(buckets(parsed)).toEqual(['count a: 2']);
  });
});

describe('what is rejected', () => {
  it('is counted, and the first 20 are told with their offsets', () => {
    const body = `count#=1 count#a=x ${'count#b=NaN '.repeat(30)}`;
    const parsed = parse(body);
    expect(parsed.rejectedMeasurements).toMatchObject({ 'name-empty': 1, 'value-malformed': 31 });
    expect(parsed.rejected).toHaveLength(20);
    expect(parsed.rejected.slice(0, 3)).toEqual([
      { offset: 0, reason: 'name-empty' },
      { offset: 9, reason: 'value-malformed' },
      { offset: 19, reason: 'value-malformed' },
    ]);
    expect(parsed.measurements).toBe(0);
    expect(parsed.windows).toEqual([]);
  });

  it('of one body does not show in the next', () => {
    const first = parse('count#=1');
    const second = parse('count#a');
    expect(second.rejected).toEqual([]);
    expect(second.rejectedMeasurements['name-empty']).toBe(0);
    expect(first.rejectedMeasurements['name-empty']).toBe(1);
  });

  it("is counted by the reasons of l2met's own counters", () => {
    expect([...FRAME_REJECTIONS]).toEqual([...Object.keys(COUNTERS.frames_rejected.values)]);
    expect([...MEASUREMENT_REJECTIONS]).toEqual([...Object.keys(COUNTERS.measurements_rejected.values)]);
  });
});

describe("the platform's own lines, under platform=1", () => {
  const heroku = (procId: string, text: string, app = 'heroku'): string =>
    `<45>1 2026-03-04T10:15:00+00:00 host ${app} ${procId} - ${text}`;
  const counted = (line: string, more: Partial<ParseOptions> = {}): string[] =>
    buckets(parse(frame(line), 'octet-counted', { platform: true, ...more }));

  it.each([
    ['200', 'router.status.2xx'],
    ['301', 'router.status.3xx'],
    ['404', 'router.status.4xx'],
    ['503', 'router.status.5xx'],
  ])('a request answered %s counts as %s', (status, name) => {
    expect(counted(heroku('router', `at=info dyno=web.1 connect= service= status=${status} bytes=`))).toEqual([
      `count ${name}: 1`,
    ]);
  });

  it.each(['', '0', '99', '101', '600', '2000', '20', '2xx', '-200'])('status=%s counts nothing', (status) => {
    expect(counted(heroku('router', `at=info status=${status}`))).toEqual([]);
  });

  it('an error of the router counts by its code, whatever stands in at', () => {
    const line = 'at=info code=H82 desc="Request timeout" status=503 connect=2ms';
    expect(counted(heroku('router', line))).toEqual([
      'count heroku.errors.H82: 1',
      'count router.status.5xx: 1',
      'measure router.connect (ms): 2',
    ]);
  });

  it("an error of a dyno counts by its code, and under the drain's prefix", () => {
    const line = heroku('worker.1', 'Error R14 (Memory quota exceeded)');
    expect(counted(line)).toEqual(['count heroku.errors.R14: 1']);
    expect(counted(line, { prefix: 'shop' })).toEqual(['count shop.heroku.errors.R14: 1']);
  });

  it.each([
    [
      'L10 of the drain',
      heroku('logplex', 'Error L10 (output buffer overflow): 37 messages dropped since 2026-03-04T10:15:12+00:00.'),
      ['count heroku.errors.L10: 1', 'count logplex.l10: 37'],
    ],
    [
      'L10 of the app',
      heroku(
        'logplex',
        "Error L10 (output buffer overflow): drain 'd.0c1d2e3f-1111' dropped 4 messages since 2026-03-04T10:15:20.1+00:00.",
      ),
      ['count heroku.errors.L10: 1', 'count logplex.l10: 4'],
    ],
    [
      'L12',
      heroku('log-shuttle', '- Error L12: 222 messages dropped since 2026-03-04T10:15:40+00:00', 't.aaaa'),
      ['count heroku.errors.L12: 1', 'count logplex.l12: 222'],
    ],
    [
      'L13',
      heroku('log-shuttle', '- Error L13: 111 messages lost since 2026-03-04T10:15:40+00:00', 't.aaaa'),
      ['count heroku.errors.L13: 1', 'count logplex.l13: 111'],
    ],
  ])('%s counts the messages that were lost', (_what, line, expected) => {
    expect(counted(line)).toEqual(expected);
  });

  it.each([
    ['an app', heroku('web.1', 'Error R14 (made up)', 'app')],
    ['an app with a name that ends the same', heroku('web.1', 'Error R14 (made up)', 'notheroku')],
    ['plain text', 'Error R14 (made up)'],
    ['no code', heroku('web.1', 'Error in the works')],
    ['a code of another letter', heroku('web.1', 'Error X14 (unknown)')],
    ['a longer word', heroku('web.1', 'Error R14x (unknown)')],
    ['too many digits', heroku('web.1', 'Error R1400 (unknown)')],
  ])('%s is no error of the platform', (_what, line) => {
    const framing = line.startsWith('<') ? frame(line) : line;
    expect(buckets(parse(framing, 'detect', { platform: true }))).toEqual([]);
  });

  it('is off where it is not asked for', () => {
    expect(buckets(parse(frame(heroku('router', 'at=error code=H12 status=503')), 'octet-counted'))).toEqual([]);
    expect(buckets(parse(frame(heroku('worker.1', 'Error R14 (Memory quota exceeded)')), 'octet-counted'))).toEqual([]);
  });

  it('reads on well behind a name that is made up for a line, to the very end of the body', () => {
    const line = heroku('router', 'at=error status=503 code=H12');
    expect(counted(line)).toEqual(['count heroku.errors.H12: 1', 'count router.status.5xx: 1']);
    const two = buckets(parse(frame(line) + frame(line), 'octet-counted', { platform: true }));
    expect(two).toEqual(['count heroku.errors.H12: 2', 'count router.status.5xx: 2']);
  });

  it('a prefix that leaves no room rejects the counter', () => {
    const parsed = parse(frame(heroku('router', 'status=200')), 'octet-counted', {
      platform: true,
      prefix: 'x'.repeat(250),
    });
    expect(parsed.rejected).toEqual([{ offset: expect.any(Number), reason: 'name-too-long' }]);
  });
});
