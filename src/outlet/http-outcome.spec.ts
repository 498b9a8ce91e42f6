import { describe, expect, it } from '@jest/globals';
import { outcomeOf, retryAfterMs } from './http-outcome.js';

const NOW = Date.UTC(2026, 10, 24, 12);
const answer = (status: number, text = '') => {
  return { type: 'answer' as const, status, retryAfter: undefined, contentType: undefined, body: Buffer.from(text) };
};

describe('the outcome of a status', () => {
  it.each([
    [200, 'delivered'],
    [202, 'delivered'],
    [299, 'delivered'],
    [400, 'rejected'],
    [413, 'rejected'],
    [415, 'rejected'],
    [422, 'rejected'],
    [408, 'retryable'],
    [429, 'retryable'],
    [500, 'retryable'],
    [501, 'retryable'],
    [503, 'retryable'],
    [599, 'retryable'],
    [301, 'refused'],
    [304, 'refused'],
    [401, 'refused'],
    [403, 'refused'],
    [404, 'refused'],
    [405, 'refused'],
    [409, 'refused'],
    [410, 'refused'],
  ])('%i is %s', (status, outcome) => {
    expect(outcomeOf(answer(status), NOW).outcome).toBe(outcome);
  });

  it('size and content are told apart', () => {
    expect(outcomeOf(answer(413), NOW)).toMatchObject({ because: 'size' });
    expect(outcomeOf(answer(400), NOW)).toMatchObject({ because: 'data' });
  });
});

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    [' 5 ', 5_000],
    ['0', 0],
    ['999999999999999', 3_600_000],
    ['Tue, 24 Nov 2026 12:00:30 GMT', 30_000],
    ['Tuesday, 24-Nov-26 12:00:30 GMT', 30_000],
    ['Tue, 24 Nov 2026 11:00:00 GMT', 0],
    ['Wed, 25 Nov 2026 12:00:00 GMT', 3_600_000],
    ['Tue Nov 24 12:00:30 2026', 30_000],
    ['-5', undefined],
    ['1.5', undefined],
    ['2026-11-24T12:00:30Z', undefined],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j is %j ms', (header, ms) => {
    expect(retryAfterMs(header, NOW)).toBe(ms);
  });
});
