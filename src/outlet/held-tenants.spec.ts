import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../model/clock.js';
import { HeldTenants } from './held-tenants.js';

describe('tenants whose deliveries were put off', () => {
  it('are counted by kind, with the oldest of their windows, until a delivery ends well', () => {
    const held = new HeldTenants(new ManualClock(0));
    expect(held.summary()).toEqual({ byKind: { retry: 0, pause: 0, abort: 0, key: 0 }, oldestDueAt: undefined });
    held.note('a', { kind: 'retry', forMs: 1_000, firstDueAt: 50 });
    held.note('b', { kind: 'pause', forMs: 60_000, firstDueAt: 20 });
    held.note('a', { kind: 'retry', forMs: 2_000, firstDueAt: 50 });
    expect(held.summary()).toEqual({ byKind: { retry: 1, pause: 1, abort: 0, key: 0 }, oldestDueAt: 20 });
    held.note('b', undefined);
    expect(held.summary()).toEqual({ byKind: { retry: 1, pause: 0, abort: 0, key: 0 }, oldestDueAt: 50 });
  });

  it('are forgotten a minute after their hold, since another outlet has them then', () => {
    const clock = new ManualClock(0);
    const held = new HeldTenants(clock);
    held.note('a', { kind: 'pause', forMs: 60_000, firstDueAt: 1 });
    clock.advance(120_000);
    expect(held.summary().byKind.pause).toBe(1);
    clock.advance(1);
    expect(held.summary()).toMatchObject({ byKind: { pause: 0 }, oldestDueAt: undefined });
  });
});
