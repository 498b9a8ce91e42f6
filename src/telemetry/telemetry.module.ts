import { type DynamicModule, Global, Module } from '@nestjs/common';
import { systemClock } from '../model/clock.js';
import { CLOCK } from './clock.token.js';
import { Counters } from './counters.js';
import { LOGGER, type Logger } from './logger.js';
import { MetricsController } from './metrics.controller.js';
import { OwnMetrics } from './own-metrics.js';

/** The logger, the counters and the clock, for every module; and `GET /metrics`. */
@Global()
@Module({})
export class TelemetryModule {
  static forRoot(logger: Logger): DynamicModule {
    return {
      module: TelemetryModule,
      providers: [
        { provide: LOGGER, useValue: logger },
        { provide: CLOCK, useValue: systemClock },
        Counters,
        OwnMetrics,
      ],
      controllers: [MetricsController],
      exports: [LOGGER, CLOCK, Counters, OwnMetrics],
    };
  }
}
