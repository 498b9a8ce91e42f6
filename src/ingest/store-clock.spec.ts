import { describe, expect, it } from '@jest/globals';
import type { Clock } from '../model/clock.js';
import type { WindowStore } from '../store/window-store.js';
import { StoreClock } from './store-clock.js';

const STORE_AT = Date.UTC(2026, 2, 1, 11, 17, 23, 456);

/** A machine whose wall clock can be set apart from the time that passes. */
class Machine implements Clock {
  private passedMs = 5_000;

  constructor(private wallMs: number) {}

  now(): number {
    return this.wallMs;
  }

  monotonic(): number {
    return this.passedMs;
  }

  /** Lets time pass. */
  pass(ms: number): void {
    this.passedMs += ms;
    this.wallMs += ms;
  }

  /** Someone sets the clock on the wall. */
  set(wallMs: number): void {
    this.wallMs = wallMs;
  }
}

const storeThat = (now: () => Promise<number>): WindowStore => ({ now }) as unknown as WindowStore;
const store = storeThat(() => Promise.resolve(STORE_AT));

describe('the clock of the store, as a receiver knows it', () => {
  it('is the time that the store tells at start, and goes on with the time that passes', async () => {
    const machine = new Machine(STORE_AT + 3_600_000);
    const clock = new StoreClock(store, machine);
    await clock.onModuleInit();
    expect(clock.now()).toBe(STORE_AT);
    machine.pass(1_234);
    expect(clock.now()).toBe(STORE_AT + 1_234);
  });

  it('does not follow when the clock of the machine is set', async () => {
    const machine = new Machine(STORE_AT);
    const clock = new StoreClock(store, machine);
    await clock.onModuleInit();
    machine.set(0);
    expect(clock.now()).toBe(STORE_AT);
    machine.pass(1_000);
    expect(clock.now()).toBe(STORE_AT + 1_000);
  });

  it('is the same for receivers whose machines are wrong in different ways', async () => {
    const clocks = [-86_400_000, 0, 86_400_000].map(
      (wrongMs) => new StoreClock(store, new Machine(STORE_AT + wrongMs)),
    );
    await Promise.all(clocks.map((clock) => clock.onModuleInit()));
    expect(clocks.map((clock) => clock.now())).toEqual([STORE_AT, STORE_AT, STORE_AT]);
  });

  it.each([
    ['forwards', 60_000],
    ['backwards', -60_000],
  ])('is set %s by what an answer of the store tells', async (_direction, byMs) => {
    const machine = new Machine(0);
    const clock = new StoreClock(store, machine);
    await clock.onModuleInit();
    machine.pass(500);
    clock.learn(STORE_AT + byMs);
    expect(clock.now()).toBe(STORE_AT + byMs);
    machine.pass(500);
    expect(clock.now()).toBe(STORE_AT + byMs + 500);
  });

  it('is that of the machine until the store, away at start, has answered', async () => {
    const machine = new Machine(STORE_AT + 77);
    const clock = new StoreClock(
      storeThat(() => Promise.reject(new Error('away'))),
      machine,
    );
    await clock.onModuleInit();
    expect(clock.now()).toBe(STORE_AT + 77);
    machine.pass(3);
    expect(clock.now()).toBe(STORE_AT + 80);
    clock.learn(STORE_AT);
    expect(clock.now()).toBe(STORE_AT);
  });
});
