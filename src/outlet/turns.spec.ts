import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../model/clock.js';
import { Turns } from './turns.js';

describe('turns', () => {
  it('come after each slice of work, for all of those at work together', async () => {
    const clock = new ManualClock(0);
    const turns = new Turns(clock);
    let loopTurns = 0;
    let counting = true;
    const count = (): void => {
      loopTurns++;
      if (counting) setImmediate(count);
    };
    setImmediate(count);
    /** The most work, ms, that was done within one turn of the event loop. */
    let most = 0;
    let turnOf = { at: -1, ms: 0 };
    function* work(): Generator<void, string, void> {
      for (let i = 0; i < 20; i++) {
        if (turnOf.at !== loopTurns) turnOf = { at: loopTurns, ms: 0 };
        clock.advance(1);
        turnOf.ms++;
        most = Math.max(most, turnOf.ms);
        yield;
      }
      return 'done';
    }
    expect(await Promise.all(Array.from({ length: 10 }, () => turns.finish(work())))).toEqual(
      new Array(10).fill('done'),
    );
    counting = false;
    // Counting itself runs before or after the work in a turn.
    expect(most).toBeLessThanOrEqual(16);
    expect(loopTurns).toBeGreaterThanOrEqual(200 / 8 - 1);
  });

  it('fails as the work does', async () => {
    // eslint-disable-next-line require-yield
    function* broken(): Generator<void, void, void> {
      throw new Error('broken');
    }
    const turns = new Turns(new ManualClock(0));
    await expect(turns.finish(broken())).rejects.toThrow('broken');
    await turns.next();
  });
});
