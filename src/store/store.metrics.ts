import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Clock } from '../model/clock.js';
import { CLOCK } from '../telemetry/clock.token.js';
import { OwnMetrics } from '../telemetry/own-metrics.js';
import { type Backlog, WINDOW_STORE, type WindowStore } from './window-store.js';

/** Due tenants whose windows are counted, at most: looking must cost the store little. */
const TENANTS_COUNTED = 1_000;

/** So long a look is good for, ms, whoever asks and how often: `GET /metrics` may be open to strangers. */
const KEEP_MS = 5_000;

/** What waits in the store, shown by both roles: where no outlet runs, somebody has to say so. */
@Injectable()
export class StoreMetrics implements OnModuleInit {
  private look: { readonly at: number; readonly backlog: Promise<Backlog> } | undefined;

  constructor(
    private readonly metrics: OwnMetrics,
    @Inject(WINDOW_STORE) private readonly store: WindowStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.metrics.read(async () => {
      const { nowMs, tenants, windows, oldestDueAt } = await this.backlog();
      const oldestMs = Math.max(0, nowMs - (oldestDueAt ?? nowMs));
      return { tenants_due: tenants, windows_due: windows, oldest_due_seconds: oldestMs / 1000 };
    });
  }

  private backlog(): Promise<Backlog> {
    const at = this.clock.monotonic();
    if (!this.look || at - this.look.at >= KEEP_MS) this.look = { at, backlog: this.store.backlog(TENANTS_COUNTED) };
    return this.look.backlog;
  }
}
