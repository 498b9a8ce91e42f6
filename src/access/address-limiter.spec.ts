import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../model/clock.js';
import { AddressLimiter } from './address-limiter.js';

describe('limiting by address', () => {
  it('lets an address do so much a minute, then says how long to wait', () => {
    const clock = new ManualClock(0);
    const limiter = new AddressLimiter(2, clock);
    expect([limiter.hit('a'), limiter.hit('a'), limiter.hit('a')]).toEqual([0, 0, 60]);
    clock.advance(45_000);
    expect(limiter.hit('a')).toBe(15);
    clock.advance(15_000);
    expect(limiter.hit('a')).toBe(0);
  });

  it('keeps addresses apart', () => {
    const limiter = new AddressLimiter(1, new ManualClock(0));
    expect([limiter.hit('a'), limiter.hit('b'), limiter.hit('a')]).toEqual([0, 0, 60]);
  });

  it('gives made-up addresses one allowance between them once there are too many', () => {
    const limiter = new AddressLimiter(5, new ManualClock(0));
    for (let i = 0; i < 10_000; i++) limiter.hit(`known ${i}`);
    const waits = Array.from({ length: 6 }, (_, i) => limiter.hit(`new ${i}`));
    expect(waits).toEqual([0, 0, 0, 0, 0, 60]);
    expect(limiter.hit('known 1')).toBe(0);
  });
});
