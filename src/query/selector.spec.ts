import { describe, expect, it } from '@jest/globals';
import { Kind } from '../model/kind.js';
import { Parameters } from './parameters.js';
import { SELECTING, selectorOf, wildcard } from './selector.js';
import { Series, seriesKey } from './series.js';

const series = (name: string, source = '', kind: Kind = Kind.count) =>
  new Series(kind, name, source, '', 60, seriesKey(kind, name, source, '', 60));

const ALL = [
  series('a'),
  series('a', 'web.1'),
  series('a', 'web.2', Kind.measure),
  series('Ab', 'db'),
  series('*', ''),
];

const chosen = (query: string) => {
  const isWanted = selectorOf(new Parameters(query, SELECTING));
  return ALL.filter(isWanted).map(({ name, source }) => `${name}/${source}`);
};

describe('a wildcard', () => {
  it.each([
    ['*', ''],
    ['*', 'a'],
    ['a*', 'a'],
    ['a*b', 'ab'],
    ['a*b', 'a.*.b'],
    ['*b*', 'abc'],
    ['a*b*c', 'abxbc'],
    ['**', ''],
    ['a.*', 'a.b'],
  ])('%j is like %j', (pattern, text) => expect(wildcard(pattern)(text)).toBe(true));

  it.each([
    ['a*', 'ba'],
    ['a*b', 'abc'],
    ['ab*b', 'ab'],
    ['a*b*b', 'ab'],
    ['a.*', 'aab'],
    ['A*', 'ab'],
  ])('%j is not like %j', (pattern, text) => expect(wildcard(pattern)(text)).toBe(false));

  it('takes no longer for many stars', () => {
    expect(wildcard(`${'*a'.repeat(100)}b`)('a'.repeat(255))).toBe(false);
  });
});

describe('a selector', () => {
  it.each([
    ['', ['a/', 'a/web.1', 'a/web.2', 'Ab/db', '*/']],
    ['name=a', ['a/', 'a/web.1', 'a/web.2']],
    ['name=a&name=Ab', ['a/', 'a/web.1', 'a/web.2', 'Ab/db']],
    ['name=a&source=', ['a/']],
    ['source=web.*&source=db', ['a/web.1', 'a/web.2', 'Ab/db']],
    ['kind=measure', ['a/web.2']],
    ['kind=measure,count&source=web.*', ['a/web.1', 'a/web.2']],
    ['search=AB', ['Ab/db']],
    ['search=a+WEB', ['a/web.1', 'a/web.2']],
    ['search=', ['a/', 'a/web.1', 'a/web.2', 'Ab/db', '*/']],
    [`id=${ALL[1]!.id}&id=${ALL[3]!.id}`, ['a/web.1', 'Ab/db']],
    ['id=unknown', []],
  ])('%j', (query, expected) => expect(chosen(query)).toEqual(expected));

  it.each([
    ['kind=gauge', /kind="gauge", but it must be count, measure, sample, unique/],
    ['search=a&search=b', /search="b" \(given before\)/],
    [`search=${'a+'.repeat(21)}`, /up to 20 words/],
    ['name=*&'.repeat(21), /at most 20 with \*/],
    ['nam=a', /nam="a" \(no parameter of this address\)/],
    ['%1b[2Jname=a', /"?\[2Jname="a"/],
  ])('%j is refused', (query, message) => expect(() => chosen(query)).toThrow(message));
});

describe('an id', () => {
  it('is the same wherever it is made, and another for each part', () => {
    expect(ALL[0]!.id).toBe(series('a').id);
    expect(new Set([...ALL, series('aw', 'eb.1')].map(({ id }) => id)).size).toBe(ALL.length + 1);
  });
});
