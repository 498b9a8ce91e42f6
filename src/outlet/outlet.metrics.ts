import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Clock } from '../model/clock.js';
import { CLOCK } from '../telemetry/clock.token.js';
import { OwnMetrics } from '../telemetry/own-metrics.js';
import { OutletService } from './outlet.service.js';

/** What the outlet shows of its state. */
@Injectable()
export class OutletMetrics implements OnModuleInit {
  constructor(
    private readonly metrics: OwnMetrics,
    private readonly outlet: OutletService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.metrics.read(() => {
      const { deliveriesUnderWay, storeSilentMs, held } = this.outlet;
      const heldMs = held.oldestDueAt === undefined ? 0 : this.clock.now() - held.oldestDueAt;
      return Promise.resolve({
        deliveries_under_way: deliveriesUnderWay,
        store_silent_seconds: storeSilentMs / 1000,
        tenants_held: held.byKind,
        oldest_held_seconds: Math.max(0, heldMs) / 1000,
      });
    });
  }
}
