import { describe, expect, it } from '@jest/globals';
import { readInstant } from './time-range.js';

const NOW = 1_790_000_000;

describe('an instant', () => {
  it.each([
    ['1790000000', NOW],
    ['1790000000.5', NOW + 0.5],
    ['now', NOW],
    ['-90s', NOW - 90],
    ['-15m', NOW - 900],
    ['-1.5h', NOW - 5400],
    ['2026-09-21T13:33:20Z', 1_789_997_600],
    ['2026-09-21t13:33z', 1_789_997_580],
    ['2026-09-21T13:33:20.25', 1_789_997_600.25],
    ['2026-09-21T15:33:20+02:00', 1_789_997_600],
    ['2026-09-21T15:33:20 02:00', 1_789_997_600],
    ['2026-09-21', 1_789_948_800],
  ])('%j', (text, expected) => expect(readInstant(text)?.(NOW)).toBe(expected));

  it.each([
    '',
    '-15',
    '15m',
    '-15d',
    '-m',
    '1790000000000',
    '1e9',
    '-1',
    'yesterday',
    '2026-13-01',
    '2026-09-21T25:00',
  ])('%j is none', (text) => expect(readInstant(text)).toBeUndefined());
});
