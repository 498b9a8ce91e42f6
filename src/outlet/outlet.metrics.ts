import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { WINDOW_STORE, type WindowStore } from '../store/window-store.js';
import { OwnMetrics } from '../telemetry/own-metrics.js';
import { OutletService } from './outlet.service.js';

/** Due tenants whose windows are counted, at most: looking must cost the store little. */
const TENANTS_COUNTED = 1_000;

/** What the outlet shows of its state. */
@Injectable()
export class OutletMetrics implements OnModuleInit {
  constructor(
    private readonly metrics: OwnMetrics,
    private readonly outlet: OutletService,
    @Inject(WINDOW_STORE) private readonly store: WindowStore,
  ) {}

  onModuleInit(): void {
    const { outlet, store } = this;
    this.metrics.read(() =>
      Promise.resolve({
        deliveries_under_way: outlet.deliveriesUnderWay,
        store_silent_seconds: outlet.storeSilentMs / 1000,
        tenants_held: outlet.held.byKind,
      }),
    );
    this.metrics.read(async () => {
      const { nowMs, tenants, windows, oldestDueAt } = await store.backlog(TENANTS_COUNTED);
      const oldest = Math.min(oldestDueAt ?? nowMs, outlet.held.oldestDueAt ?? nowMs);
      return { tenants_due: tenants, windows_due: windows, oldest_due_seconds: Math.max(0, nowMs - oldest) / 1000 };
    });
  }
}
