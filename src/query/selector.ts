import { KIND_NAMES } from '../model/kind.js';
import { badParameter, type Parameters } from './parameters.js';
import type { Series } from './series.js';

/** Parameters that choose series. */
export const SELECTING = ['id', 'name', 'source', 'kind', 'search'] as const;

/** Patterns with `*`, and words to search for, that a request may have: each is held against every series. */
const PATTERNS_MAX = 20;

/** Whether a text, or a series, is one of those that are asked for. */
export type Test<T> = (candidate: T) => boolean;

/**
 * The series that a request chooses: what is given in several values of a parameter is any of them, what is given in several
 * parameters is all of them.
 *
 * @throws HttpError 400
 */
export function selectorOf(parameters: Parameters): Test<Series> {
  const tests: Test<Series>[] = [];
  const ids = parameters.all('id');
  const names = parameters.all('name');
  const sources = parameters.all('source');
  const kinds = parameters.list('kind');
  const search = parameters.one('search');
  if (kinds.length > 0) {
    for (const kind of kinds) {
      if (!KIND_NAMES.some((name) => name === kind)) throw badParameter('kind', kind, KIND_NAMES.join(', '));
    }
    tests.push(({ kindName }) => kinds.includes(kindName));
  }
  if (names.length > 0) tests.push(of((series) => series.name, anyOf('name', names)));
  if (sources.length > 0) tests.push(of((series) => series.source, anyOf('source', sources)));
  if (search !== undefined) tests.push(found(search));
  if (ids.length > 0) tests.push(of((series) => series.id, anyOf('id', ids)));
  return (series) => tests.every((test) => test(series));
}

/** Whether a value of `name` or `source` stands for others than itself. */
export function isPattern(text: string): boolean {
  return text.includes('*');
}

function of(part: (series: Series) => string, test: Test<string>): Test<Series> {
  return (series) => test(part(series));
}

function anyOf(parameter: string, texts: readonly string[]): Test<string> {
  const exact = new Set(texts.filter((text) => !isPattern(text)));
  const patterns = texts.filter(isPattern).map(wildcard);
  if (patterns.length > PATTERNS_MAX) {
    throw badParameter(parameter, texts.find(isPattern)!, `one of at most ${PATTERNS_MAX} with * in them`);
  }
  return (text) => exact.has(text) || patterns.some((test) => test(text));
}

/**
 * Whether a text follows a pattern in which `*` is any text, none included. No regular expression: one with many stars takes
 * for ever.
 */
export function wildcard(pattern: string): Test<string> {
  const [head, ...rest] = pattern.split('*');
  const tail = rest.pop()!;
  return (text) => {
    if (text.length < head!.length + tail.length || !text.startsWith(head!) || !text.endsWith(tail)) return false;
    let at = head!.length;
    for (const piece of rest) {
      const found = text.indexOf(piece, at);
      if (found < 0) return false;
      at = found + piece.length;
    }
    return at <= text.length - tail.length;
  };
}

function found(search: string): Test<Series> {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length > PATTERNS_MAX) throw badParameter('search', search, `up to ${PATTERNS_MAX} words`);
  return ({ name, source }) => {
    const [lowerName, lowerSource] = [name.toLowerCase(), source.toLowerCase()];
    return words.every((word) => lowerName.includes(word) || lowerSource.includes(word));
  };
}
