import { type DynamicModule, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { systemClock } from '../model/clock.js';
import { CLOCK } from '../telemetry/clock.token.js';
import { OutletHealth } from './outlet.health.js';
import { OutletMetrics } from './outlet.metrics.js';
import { OUTLET_OPTIONS, type OutletOptions } from './outlet.options.js';
import { OutletService } from './outlet.service.js';
import { TenantDestinations } from './tenant-destinations.js';

/** Delivers due windows: claim, read, summarise, batch, deliver, settle. */
@Module({})
export class OutletModule {
  /** @param imports modules that give WINDOW_STORE and DrainTokens */
  static forRoot(options: OutletOptions, imports: DynamicModule[]): DynamicModule {
    return {
      module: OutletModule,
      imports: [ScheduleModule.forRoot(), ...imports],
      providers: [
        { provide: OUTLET_OPTIONS, useValue: options },
        { provide: CLOCK, useValue: systemClock },
        TenantDestinations,
        OutletService,
        OutletHealth,
        OutletMetrics,
      ],
      exports: [OutletService, OutletHealth],
    };
  }
}
