import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { asLogShuttle, buckets, frame } from '../../test/fixtures/drains/described.js';
import { DrainParser, type ParseOptions } from './drain-parser.js';

/*
 * A second implementation, of strings and regular expressions, for input that is well-formed. Slow and short, so that it is
 * plain to see that it is right.
 */
function reference(messages: string[], options: ParseOptions, nowMs: number): string[] {
  const found = new Map<string, { values: number[]; strings: Set<string>; last?: [number, number] }>();
  for (const message of messages) {
    const [, time = '', procId, text = ''] = /^<\d+>1 (\S+) \S+ \S+ (\S+) \S+ (?:- )?([^]*)$/.exec(message)!;
    const tuples = [...text.matchAll(/([^\s="]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*)))?/g)].map(
      ([, key = '', quoted, plain]) => ({ key, quoted, value: quoted ?? plain ?? '' }),
    );
    const sourceKey = procId !== 'router' || options.routerSource === 'none' ? 'source' : options.routerSource;
    const sourceTuple = tuples.find(({ key, quoted, value }) => key === sourceKey && (quoted ?? value) !== undefined);
    const lineSource = sourceTuple?.value.replace(/\\(["\\])/g, '$1') ?? '';
    const source = [options.sourcePrefix, lineSource].filter((part) => part !== '').join('.');
    const atUs = Date.parse(time) * 1000 + Number(/\.\d{3}(\d{3})/.exec(time)?.[1] ?? 0) || nowMs * 1000;
    const window = Math.floor(atUs / 1e6 / options.resolutionSeconds);
    for (const { key, value } of procId === 'router' && options.platform ? tuples.flatMap(withCounted) : tuples) {
      const isRouterTuple = procId === 'router' && /^(connect|service|bytes)$/.test(key) && value !== '';
      const metric = /^(measure|count|sample|unique)#(.+)$/.exec(
        isRouterTuple ? `measure#router.${key}` : key.replace(/^measure\./, 'measure#'),
      );
      const [, number, unit] =
        /^([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)([A-Za-z%/]{0,16})$/.exec(value || '1') ?? [];
      if (!metric) continue;
      if (metric[1] === 'unique') {
        if (value === '') continue;
        const name = [options.prefix, metric[2]].filter((part) => part !== '').join('.');
        const id = `${window} unique ${name}${source && ` from ${source}`}`;
        const bucket = found.get(id) ?? { values: [], strings: new Set() };
        found.set(id, bucket);
        bucket.strings.add(value.replace(/\\(["\\])/g, '$1'));
        continue;
      }
      if (number === undefined || Math.abs(Number(number)) > 1e126) continue;
      const name = [options.prefix, metric[2]].filter((part) => part !== '').join('.');
      const id = `${window} ${metric[1]} ${name}${unit && ` (${unit})`}${source && ` from ${source}`}`;
      const bucket = found.get(id) ?? { values: [], strings: new Set() };
      found.set(id, bucket);
      bucket.values.push(Number(number));
      const [lastAt, last] = bucket.last ?? [-Infinity, 0];
      if (atUs > lastAt || (atUs === lastAt && Number(number) > last)) bucket.last = [atUs, Number(number)];
    }
  }
  return [...found]
    .map(([id, { values, strings, last }]) => {
      const label = id.replace(/^-?\d+ /, '');
      if (label.startsWith('measure')) return `${label}: ${values.join(' ')}`;
      if (label.startsWith('unique')) return `${label}: ${strings.size}`;
      if (label.startsWith('sample')) return `${label}: ${last![1]} at ${last![0]}`;
      return `${label}: ${values.reduce((a, b) => a + b, 0)}${values.some((value) => value < 0) ? ' negative' : ''}`;
    })
    .sort();
}

/** A tuple of a router's line, and the counter that it stands for under `platform=1`. */
function withCounted<T extends { key: string; value: string }>(
  tuple: T,
): { key: string; quoted?: string | undefined; value: string }[] {
  const status = tuple.key === 'status' ? /^([2-5])\d\d$/.exec(tuple.value) : null;
  const code = tuple.key === 'code' ? /^[HLR]\d{1,3}$/.exec(tuple.value) : null;
  const counter = status ? `router.status.${status[1]}xx` : code ? `heroku.errors.${code[0]}` : undefined;
  return counter === undefined ? [tuple] : [tuple, { key: `count#${counter}`, value: '1' }];
}

const oneOf = fc.constantFrom;
const word = fc.stringMatching(/^[a-z][a-zA-Z0-9_.#ü/-]{0,12}$/);
const number = fc.oneof(
  fc.integer({ min: -1000, max: 100_000 }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.tuple(fc.nat(999), fc.nat(999)).map(([a, b]) => `${a}.${b}`),
  oneOf('', '.5', '5.', '1e3', '7.9e-05', 'abc', '1,0', '0x1F'),
);
const quotedText = fc
  .stringMatching(/^[ -~é]{0,20}$/)
  .map((text) => `"${text.replace(/["\\]/g, (special) => `\\${special}`)}"`);
const tuple = fc.oneof(
  fc
    .tuple(
      oneOf('measure#', 'measure.', 'count#', 'sample#'),
      oneOf('a', 'b.c', 'db.query-time'),
      number,
      oneOf('', 'ms', 'MB', '%', 'e'),
    )
    .chain(([prefix, name, digits, unit]) =>
      oneOf(`${prefix}${name}=${digits}${unit}`, `${prefix}${name}="${digits}${unit}"`, `${prefix}${name}`),
    ),
  fc.tuple(oneOf('unique#a', 'unique#b.c'), fc.oneof(word, quotedText, number)).map((pair) => pair.join('=')),
  fc
    .tuple(oneOf('status', 'code'), oneOf('200', '404', '99', '600', '20x', 'H12', 'R9', 'X1', 'H1234'))
    .map((pair) => pair.join('=')),
  fc.tuple(word, fc.oneof(word, quotedText, number)).map((pair) => pair.join('=')),
  fc.tuple(oneOf('source', 'dyno', 'host'), fc.oneof(word, quotedText)).map((pair) => pair.join('=')),
  fc.tuple(oneOf('connect', 'service', 'bytes'), number).map((pair) => pair.join('=')),
  word,
);
const time = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1772619000, max: 1772619400 }), fc.nat(999_999))
    .map(
      ([seconds, micros]) =>
        `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(micros).padStart(6, '0')}+00:00`,
    ),
  oneOf('2026-03-04T10:15:00Z', '2026-03-04T12:15:00+02:00', '-'),
);
const message = fc
  .tuple(
    time,
    oneOf('web.1', 'router', 'heroku-postgres'),
    fc.array(tuple, { maxLength: 12 }),
    oneOf('\n', ''),
    fc.boolean(),
  )
  .map(([at, procId, tuples, ending, isShuttle]) => {
    const line = `<190>1 ${at} host app ${procId} - ${tuples.join(' ')}${ending}`;
    return isShuttle ? asLogShuttle(line) : line;
  });
const options: fc.Arbitrary<ParseOptions> = fc.record({
  resolutionSeconds: oneOf(1, 60, 3600),
  prefix: oneOf('', 'app'),
  sourcePrefix: oneOf('', 'prod'),
  routerSource: oneOf('none' as const, 'dyno' as const, 'host' as const),
  platform: fc.boolean(),
});

describe('the parser and a naive one', () => {
  it('find the same in any well-formed body', () => {
    const parser = new DrainParser(42);
    fc.assert(
      fc.property(fc.array(message, { maxLength: 30 }), options, fc.nat(64), (messages, drainOptions, offset) => {
        const body = Buffer.from(' '.repeat(offset) + messages.map(frame).join('')).subarray(offset);
        const parsed = parser.parse(body, 'octet-counted', drainOptions, 1772619200_500);
        expect(parsed).toMatchObject({
          messages: messages.length,
          rejectedFrames: { count: 0, truncated: 0, header: 0 },
        });
        expect(buckets(parsed)).toEqual(reference(messages, drainOptions, 1772619200_500));
      }),
      { numRuns: 1500 },
    );
  });

  it('find the same in lines', () => {
    const parser = new DrainParser(43);
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 30 }), options, (messages, drainOptions) => {
        const lines = messages.map((line) => line.trimEnd());
        const parsed = parser.parse(Buffer.from(lines.join('\n')), 'detect', drainOptions, 1772619200_500);
        expect(parsed.messages).toBe(messages.length);
        const padded = lines.map((line) => (line.split(' ').length < 7 ? `${line} ` : line));
        expect(buckets(parsed)).toEqual(reference(padded, drainOptions, 1772619200_500));
      }),
      { numRuns: 500 },
    );
  });
});
