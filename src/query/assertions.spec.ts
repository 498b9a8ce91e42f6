import { describe, expect, it } from '@jest/globals';
import { AssertionSyntaxError, parseAssertions } from './assertions.js';

const STATISTICS = 'one of count, sum, min, max, mean, median, p95, p99, last, unique, points';
const OPERATORS = 'one of <= >= == != < > =';

describe('assertions', () => {
  it.each([
    ['one', 'p95<250', [['p95', '<', 250, 'p95<250']]],
    [
      'several',
      'p95<250,count>=100',
      [
        ['p95', '<', 250, 'p95<250'],
        ['count', '>=', 100, 'count>=100'],
      ],
    ],
    ['aliases', 'perc99<=1', [['p99', '<=', 1, 'perc99<=1']]],
    [
      'both equals',
      'points==0,last=1',
      [
        ['points', '=', 0, 'points==0'],
        ['last', '=', 1, 'last=1'],
      ],
    ],
    ['an inequality', 'unique!=3', [['unique', '!=', 3, 'unique!=3']]],
    [
      'spaces, as a plus becomes one',
      ' max > -1.5 , min < .5 ',
      [
        ['max', '>', -1.5, 'max>-1.5'],
        ['min', '<', 0.5, 'min<.5'],
      ],
    ],
    [
      'exponents',
      'sum<1e3,sum<1e 3,sum>1E-3',
      [
        ['sum', '<', 1000, 'sum<1e3'],
        ['sum', '<', 1000, 'sum<1e+3'],
        ['sum', '>', 0.001, 'sum>1E-3'],
      ],
    ],
  ])('are read: %s', (_what, text, expected) => {
    expect(parseAssertions(text).map(({ subject, operator, bound, text }) => [subject, operator, bound, text])).toEqual(
      expected,
    );
  });

  it.each([
    ['', 1, STATISTICS],
    ['p90<1', 1, STATISTICS],
    ['toString<1', 1, STATISTICS],
    ['p95<1,', 7, STATISTICS],
    ['p95<1, P95<1', 8, STATISTICS],
    ['p95', 4, OPERATORS],
    ['p95 ~ 1', 5, OPERATORS],
    ['p95<', 5, 'a number'],
    ['p95<<1', 5, 'a number'],
    ['p95 < fast', 7, 'a number'],
    ['p95<Infinity', 5, 'a number'],
    ['p95<250ms', 8, 'a comma or the end'],
    ['p95<1 count>2', 7, 'a comma or the end'],
    ['p95<1.2.3', 8, 'a comma or the end'],
  ])('%j is refused at character %d', (text, position, expected) => {
    expect(() => parseAssertions(text)).toThrow(AssertionSyntaxError);
    expect(() => parseAssertions(text)).toThrow(expect.objectContaining({ position, expected }));
  });
});
