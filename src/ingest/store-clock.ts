import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Clock } from '../model/clock.js';
import { WINDOW_STORE, type WindowStore } from '../store/window-store.js';
import { CLOCK } from '../telemetry/clock.token.js';

/**
 * The store's clock, as far as a receiver knows it: the time of the last answer plus what has passed since by the
 * machine's monotonic clock. Receivers whose own clocks are wrong all agree on it.
 */
@Injectable()
export class StoreClock implements OnModuleInit {
  /** Store's clock minus monotonic clock, in ms. */
  private offsetMs: number;
  private isLearned = false;

  constructor(
    @Inject(WINDOW_STORE) private readonly store: WindowStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.offsetMs = clock.now() - clock.monotonic();
  }

  async onModuleInit(): Promise<void> {
    // A store that is away at start is found out, and reported, by the first commit.
    await this.store.now().then(
      (nowMs) => this.learn(nowMs),
      () => undefined,
    );
  }

  /** Whether the store has ever told its time; before, it is this machine's. */
  get known(): boolean {
    return this.isLearned;
  }

  /** Ms since the epoch. */
  now(): number {
    return this.clock.monotonic() + this.offsetMs;
  }

  /** Takes over the time that the store has just told. */
  learn(nowMs: number): void {
    this.offsetMs = nowMs - this.clock.monotonic();
    this.isLearned = true;
  }
}
