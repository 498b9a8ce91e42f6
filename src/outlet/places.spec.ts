import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../model/clock.js';
import { Places } from './places.js';

let clock: ManualClock;
let places: Places;
const start = (...due: string[]): string[] => {
  const chosen = places.choose(due);
  for (const tenant of chosen) places.take(tenant);
  return chosen;
};
const many = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name} ${i}`);

beforeEach(() => {
  clock = new ManualClock(0);
  places = new Places(8, clock);
});

/** Has tenants deliver slowly and in vain. */
function makeSlow(tenants: readonly string[]): void {
  for (const tenant of tenants) {
    places.take(tenant);
    clock.advance(2_000);
    places.leave(tenant, true);
  }
}

describe('places', () => {
  it('go to the first of the due, to none twice', () => {
    expect(start(...many('a', 6))).toHaveLength(6);
    expect(start('a 0', 'b', 'c', 'd')).toEqual(['b', 'c']);
    places.leave('b', false);
    expect(start('d')).toEqual(['d']);
  });

  it('are free again once a delivery is slow, up to as many as there are', () => {
    for (const round of [1, 2]) {
      expect(start(...many(`hanging ${round}`, 9))).toHaveLength(8);
      expect(start('well')).toEqual([]);
      clock.advance(2_000);
    }
    expect(start('well')).toEqual([]);
    places.leave('hanging 1 0', true);
    expect(start('well')).toEqual(['well']);
  });

  it('of tenants known as slow are a quarter', () => {
    makeSlow(many('slow', 5));
    expect(start(...many('slow', 5), ...many('well', 9))).toEqual([...many('slow', 2), ...many('well', 6)]);
    // They do not step aside: the others known as slow would follow.
    clock.advance(2_000);
    expect(start('slow 4')).toEqual([]);
  });

  it('a tenant that failed at once, or was slow and came through, is not known as slow', () => {
    places.take('failing');
    places.leave('failing', true);
    places.take('large');
    clock.advance(10_000);
    places.leave('large', false);
    makeSlow(['was slow']);
    expect(places.take('was slow')).toBe(true);
    places.leave('was slow', false);
    for (const tenant of ['failing', 'large', 'was slow']) expect(places.take(tenant)).toBe(false);
  });

  it('are looked at past the slow ones, of which so many are remembered', () => {
    expect(places.sight).toBe(8);
    makeSlow(many('slow', 5_000));
    expect(places.sight).toBe(8 + 4_096);
    expect(places.take('slow 0')).toBe(false);
    expect(places.take('slow 4999')).toBe(true);
  });

  it('are worth another look once a quarter is free and someone was left out', () => {
    start(...many('a', 8));
    expect(places.worthALook).toBe(false);
    places.choose(['left out']);
    places.leave('a 0', false);
    expect(places.worthALook).toBe(false);
    places.leave('a 1', false);
    expect(places.worthALook).toBe(true);
    start('left out');
    places.leave('a 2', false);
    expect(places.worthALook).toBe(false);
  });
});
