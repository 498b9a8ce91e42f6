import { describe, expect, it } from '@jest/globals';
import { buckets, nonZero } from '../../../test/fixtures/drains/described.js';
import { DrainParser, type ParseOptions } from '../drain-parser.js';

const parser = new DrainParser(1);
const options: ParseOptions = {
  resolutionSeconds: 60,
  prefix: '',
  sourcePrefix: '',
  routerSource: 'none',
  platform: false,
};

/** Reads one plain line, at the epoch. */
function read(line: string, more: Partial<ParseOptions> = {}): { buckets: string[]; rejected: Record<string, number> } {
  const parsed = parser.parse(Buffer.from(line, 'latin1'), 'detect', { ...options, ...more }, 0);
  return { buckets: buckets(parsed), rejected: nonZero(parsed.rejectedMeasurements) };
}

/** The same as the text of a router's line. */
function readRouter(text: string, routerSource: ParseOptions['routerSource'] = 'none', prefix = ''): string[] {
  const line = `<158>1 1970-01-01T00:00:00Z host heroku router - ${text}`;
  return read(line, { routerSource, prefix }).buckets;
}

describe('a line', () => {
  it.each([
    ['a measurement', 'measure#a=1.5ms', ['measure a (ms): 1.5']],
    ['its legacy form', 'measure.a=1.5ms', ['measure a (ms): 1.5']],
    ['a counter', 'count#a=2', ['count a: 2']],
    ['a counter that goes down', 'count#a=2 count#a=-3', ['count a: -1 negative']],
    ['a sample', 'sample#a=3', ['sample a: 3 at 0']],
    ['different strings', 'unique#u=bob unique#u=ann unique#u=bob', ['unique u: 2']],
    [
      'strings in quotes, and the same without',
      'unique#u="ann lee" unique#u="b\\"b" unique#u=c unique#u="c"',
      ['unique u: 3'],
    ],
    ['strings that look like numbers with units', 'unique#u=1ms unique#u=1 unique#u=1.0', ['unique u: 3']],
    ['several', 'measure#a=1 text count#b=2 measure#a=3', ['count b: 2', 'measure a: 1 3']],
    ['a bare key', 'measure#a', ['measure a: 1']],
    ['a key with nothing behind its equals sign', 'count#a= measure#b=', ['count a: 1', 'measure b: 1']],
    ['a key with an empty quoted value', 'count#a=""', ['count a: 1']],
    ['a quoted value', 'measure#a="5ms" measure#b=6', ['measure a (ms): 5', 'measure b: 6']],
    ['a quoted value with no space behind it', 'measure#a="5ms"measure#b=6', ['measure a (ms): 5', 'measure b: 6']],
    [
      'metrics around a quoted text with escapes',
      'measure#a=1 m="x \\"measure#n=9\\" \\\\" measure#b=2',
      ['measure a: 1', 'measure b: 2'],
    ],
    ['JSON', '{"x":"measure#b=6","y":1}', ['measure b: 6']],
    ['a key in quotes', '"measure#a=1"', ['measure a: 1']],
    ['a key straight behind a quote', 'foo"measure#a=1', ['measure a: 1']],
    ['a key behind an unclosed quote', 'msg="hello measure#a=1', ['measure a: 1']],
    ['a key behind an unclosed quote that only escaped ones follow', 'm="x\\" measure#a=1', ['measure a: 1']],
    ['a key behind a backslash at the end of an unclosed quote', 'measure#a=1 m="x\\', ['measure a: 1']],
    ['an equals sign that opens no quote for want of a key', '="measure#a=1"', ['measure a: 1']],
    ['a second equals sign that opens no quote', 'a=b="measure#c=5"', ['measure c: 5']],
    ['spaces around an equals sign: a bare key', 'measure#a = 5', ['measure a: 1']],
    [
      'tabs and NULs for spaces',
      'measure#a=1\tmeasure#b=2\0measure#c=3\x1f',
      ['measure a: 1', 'measure b: 2', 'measure c: 3'],
    ],
    ['a second prefix, as part of the name', 'measure#count#a=1', ['measure count#a: 1']],
    ['a name with points, dashes and slashes', 'count#a.b-c/d_e=1', ['count a.b-c/d_e: 1']],
    ['a name in UTF-8', 'count#gr\xc3\xb6\xc3\x9fe=1', ['count größe: 1']],
    ['bytes that are not UTF-8', 'count#\xff=1', ['count \ufffd: 1']],
    ['a non-breaking space and a DEL as part of the name', 'count#a\xc2\xa0b\x7f=1', ['count a\u00a0b\x7f: 1']],
    [
      'the same name of three kinds',
      'count#a=1 measure#a=2 sample#a=3',
      ['count a: 1', 'measure a: 2', 'sample a: 3 at 0'],
    ],
    ['the same name in two units', 'measure#a=1ms measure#a=1s', ['measure a (ms): 1', 'measure a (s): 1']],
    ['the larger of two samples of one time', 'sample#a=3 sample#a=5 sample#a=4', ['sample a: 5 at 0']],
    ['a source before its metrics', 'source=web.1 count#a', ['count a from web.1: 1']],
    ['a source behind them', 'count#a source=web.1', ['count a from web.1: 1']],
    ['the first of two sources', 'source=a count#x source=b', ['count x from a: 1']],
    ['an empty source before another', 'source= count#x source=b', ['count x: 1']],
    ['the word source, which is no source', 'the source of count#x source=b', ['count x from b: 1']],
    ['a quoted source', 'source="web 1" count#x', ['count x from web 1: 1']],
    ['a quoted source with escapes', 'source="a\\"b\\\\c\\d" count#x', ['count x from a"b\\c\\d: 1']],
    ['a byte order mark before the first key', '\xef\xbb\xbfmeasure#a=1', ['measure a: 1']],
    ['a long text before the first key', `${'x'.repeat(9_000)} measure#a=1`, ['measure a: 1']],
  ])('gives %s', (_, line, expected) => {
    expect(read(line)).toEqual({ buckets: expected, rejected: {} });
  });

  it.each([
    ['nothing at all', 'just a log line'],
    ['a name without a prefix', 'latency=5ms'],
    ['an upper case prefix', 'Measure#a=1 COUNT#b=2'],
    ['a longer prefix', 'remeasure#a=1 xcount#b=2'],
    ['a plural', 'measures#a=1 counts#b=2 samples#c=3'],
    ['another legacy prefix', 'count.a=1 sample.b=2'],
    ['a space inside the prefix', 'measure #a=1'],
    ['a prefix as the value of something', 'x=measure#a=1'],
    ['a prefix in a quoted value', 'x="measure#a=1 count#b"'],
    ['a controller and its action', 'Processing by Orders#show'],
    ['router fields on an app line', 'connect=1ms service=2ms bytes=3'],
    ['a comment', '# measure'],
    ['only a hash', '#'],
    ['a prefix cut off at the end', 'measure'],
    ['a word that contains the legacy prefix', 'x.measure.y=1'],
  ])('gives no metric for %s', (_, line) => {
    expect(read(line)).toEqual({ buckets: [], rejected: {} });
  });

  it.each([
    ['an empty name', 'measure#=5', 'name-empty'],
    ['an empty name without a value', 'count#', 'name-empty'],
    ['an empty legacy name', 'measure.=5', 'name-empty'],
    ['a name of 256 bytes', `count#${'n'.repeat(256)}=1`, 'name-too-long'],
    ['a name of 100,000 bytes', `count#${'n'.repeat(100_000)}=1`, 'name-too-long'],
    ['a second equals sign', 'measure#a==5', 'value-malformed'],
    ['NaN', 'measure#a=NaN', 'value-malformed'],
    ['a set without a string', 'unique#a=', 'value-malformed'],
    ['a value that opens a quote and never closes it', 'measure#a="5 x', 'value-malformed'],
    ['a quote inside a quoted value', 'measure#a="\\"5"', 'value-malformed'],
    ['400 digits', `measure#a=${'9'.repeat(400)}`, 'value-range'],
    ['a comma and another metric for a unit', 'measure#a=1,measure#b=2', 'unit-malformed'],
    ['structured data that is none', '[m measure#sd=5]', 'unit-malformed'],
  ])('counts %s as rejected, and the rest still counts', (_, text, reason) => {
    const expected = { buckets: ['count before: 1', 'measure after: 2'], rejected: { [reason]: 1 } };
    expect(read(`count#before=1 ${text} measure#after=2`)).toEqual(expected);
  });

  it('takes names and sources of up to 255 bytes, prefixes included', () => {
    const prefixed = { prefix: 'p'.repeat(54), sourcePrefix: 's'.repeat(54) };
    const name = 'n'.repeat(200);
    const source = 'w'.repeat(200);
    expect(read(`count#${name} source=${source}`, prefixed).buckets).toEqual([
      `count ${prefixed.prefix}.${name} from ${prefixed.sourcePrefix}.${source}: 1`,
    ]);
    expect(read(`count#${name}n count#b source=${source}`, prefixed).rejected).toEqual({ 'name-too-long': 1 });
    expect(read(`count#${name} count#b source=${source}w`, prefixed).rejected).toEqual({ 'source-too-long': 2 });
  });

  it('puts prefixes before names and sources, and the source prefix alone where there is no source', () => {
    const prefixed = { prefix: 'app', sourcePrefix: 'prod' };
    expect(read('count#a source=web.1', prefixed).buckets).toEqual(['count app.a from prod.web.1: 1']);
    expect(read('count#a', prefixed).buckets).toEqual(['count app.a from prod: 1']);
    expect(read('count#a', { sourcePrefix: 's'.repeat(255) }).buckets).toHaveLength(1);
    expect(read('count#a', { sourcePrefix: 's'.repeat(256) }).rejected).toEqual({ 'source-too-long': 1 });
  });

  it('holds any number of metrics', () => {
    const names = Array.from({ length: 70_000 }, (_, i) => `n${i}`);
    const { buckets } = read(`${names.map((name) => `count#${name}`).join(' ')} source=s`);
    expect(new Set(buckets)).toEqual(new Set(names.map((name) => `count ${name} from s: 1`)));
  });
});

describe("a router's line", () => {
  const text = 'dyno=web.2 host=shop.example.com connect=1ms service=87ms bytes=5120';
  const from = (source: string): string[] => [
    `measure router.bytes${source}: 5120`,
    `measure router.connect (ms)${source}: 1`,
    `measure router.service (ms)${source}: 87`,
  ];

  it('gives its times and bytes', () => {
    expect(readRouter(text)).toEqual(from(''));
    expect(readRouter(text, 'none', 'p')).toEqual(from('').map((bucket) => bucket.replace('router', 'p.router')));
  });

  it('takes its source from where the drain says', () => {
    expect(readRouter(text, 'dyno')).toEqual(from(' from web.2'));
    expect(readRouter(text, 'host')).toEqual(from(' from shop.example.com'));
    expect(readRouter(`${text} source=s`, 'none')).toEqual(from(' from s'));
    expect(readRouter(`${text} source=s`, 'dyno')).toEqual(from(' from web.2'));
  });

  it.each([
    ['no empty values', 'at=error code=H14 dyno= connect= service= status=503 bytes=', []],
    ['no bare words', 'connect service bytes', []],
    ['nothing from inside a quoted path', 'path="/?q= connect=5ms service=1ms" bytes=7', ['measure router.bytes: 7']],
    ['quoted numbers', 'connect="5ms"', ['measure router.connect (ms): 5']],
    ['each of a field that comes twice', 'bytes=1 bytes=2', ['measure router.bytes: 1 2']],
    ['metrics of its own', 'bytes=1 measure#a=2 count#b', ['count b: 1', 'measure a: 2', 'measure router.bytes: 1']],
    ['no fields that only begin alike', 'connection=1 services=2 bytesize=3 byte=4', []],
    ['no value that is none', 'connect=abc bytes=1', ['measure router.bytes: 1']],
    ['nothing for names that its prefix makes too long', 'connect=1', [], 'p'.repeat(255)],
  ])('gives %s', (_, routerText, expected, prefix = '') => {
    expect(readRouter(routerText, 'none', prefix)).toEqual(expected);
  });
});
