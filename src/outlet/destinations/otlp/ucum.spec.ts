import { describe, expect, it } from '@jest/globals';
import { ucum } from './ucum.js';

describe('a unit of a log line in UCUM', () => {
  it.each([
    ['', ''],
    ['ms', 'ms'],
    ['s', 's'],
    ['seconds', 's'],
    ['us', 'us'],
    ['B', 'By'],
    ['bytes', 'By'],
    ['kB', 'kBy'],
    ['MB', 'MBy'],
    ['MiB', 'MiBy'],
    ['%', '%'],
    ['min', 'min'],
    ['pages', '{pages}'],
    ['req/s', '{req}/s'],
    ['MB/s', 'MBy/s'],
    ['/s', '1/s'],
  ])('%j is %j', (written, unit) => {
    expect(ucum(written)).toBe(unit);
  });
});
