import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../model/clock.js';
import { OneTimeCodes } from './one-time-codes.js';

const DRAIN = 'http://token@localhost:8080/logs';

describe('a one-time code', () => {
  it('gives its drain URL once', () => {
    const codes = new OneTimeCodes(new ManualClock(0));
    const code = codes.issue(DRAIN);
    expect(code).toMatch(/^[\w-]{22}$/);
    expect(codes.isGood(code)).toBe(true);
    expect(codes.take(code)).toBe(DRAIN);
    expect(codes.isGood(code)).toBe(false);
    expect(codes.take(code)).toBeUndefined();
  });

  it('gives nothing after ten minutes', () => {
    const clock = new ManualClock(0);
    const codes = new OneTimeCodes(clock);
    const code = codes.issue(DRAIN);
    clock.advance(10 * 60_000 + 1);
    expect(codes.isGood(code)).toBe(false);
    expect(codes.take(code)).toBeUndefined();
  });

  it('is no other', () => {
    const codes = new OneTimeCodes(new ManualClock(0));
    codes.issue(DRAIN);
    expect(codes.take('')).toBeUndefined();
    expect(codes.issue(DRAIN)).not.toBe(codes.issue(DRAIN));
  });
});
