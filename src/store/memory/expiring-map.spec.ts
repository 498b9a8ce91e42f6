import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ExpiringMap } from './expiring-map.js';

describe('ExpiringMap', () => {
  it('never shows an entry that has ended and always one that has not, whatever was swept', () => {
    const action = fc.tuple(fc.constantFrom('set', 'sweep', 'pass'), fc.nat(5), fc.integer({ min: 1, max: 50 }));
    fc.assert(
      fc.property(fc.array(action, { maxLength: 100 }), (actions) => {
        const map = new ExpiringMap<number>();
        const plain = new Map<string, { value: number; expiresAt: number }>();
        let nowMs = 0;
        actions.forEach(([what, n, amount], value) => {
          if (what === 'pass') nowMs += amount;
          if (what === 'sweep') map.sweep(nowMs, n);
          if (what === 'set') {
            map.set(`key ${n}`, value, nowMs + amount, nowMs);
            plain.set(`key ${n}`, { value, expiresAt: nowMs + amount });
          }
          for (const [key, held] of plain) {
            expect(map.get(key, nowMs)).toBe(held.expiresAt > nowMs ? held.value : undefined);
          }
        });
        map.sweep(nowMs + 50, 1_000);
        expect(map.size).toBe(0);
      }),
    );
  });

  it('looks at no more than it was told in one sweep', () => {
    const map = new ExpiringMap<true>();
    for (let i = 0; i < 100; i++) map.set(`key ${i}`, true, 1_000, 0);
    map.sweep(1_000, 30);
    expect(map.size).toBe(70);
    map.sweep(999, 30);
    expect(map.size).toBe(70);
  });

  it('holds no more than what lives while entries come and go for ever', () => {
    const map = new ExpiringMap<true>();
    let most = 0;
    for (let nowMs = 0; nowMs < 20_000; nowMs++) {
      map.set(`key ${nowMs}`, true, nowMs + (nowMs % 2 ? 30 : 120), nowMs);
      map.set('always there', true, nowMs + 120, nowMs);
      most = Math.max(most, map.size);
    }
    expect(most).toBeLessThanOrEqual(125);
  });
});
