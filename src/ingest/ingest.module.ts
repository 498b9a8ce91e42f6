import { type DynamicModule, Module } from '@nestjs/common';
import { ParsingModule } from '../parsing/parsing.module.js';
import { Admission } from './admission.js';
import { DescribeService } from './describe.service.js';
import { DrainRoutes } from './drain.routes.js';
import { DrainService } from './drain.service.js';
import { IngestMetrics } from './ingest.metrics.js';
import { INGEST_OPTIONS, type IngestOptions } from './ingest.options.js';
import { SignService } from './sign.service.js';
import { StoreClock } from './store-clock.js';
import { TryService } from './try.service.js';

/** Takes drain requests: credentials, limits, inflating, parsing, commit, answer. */
@Module({})
export class IngestModule {
  /** @param imports modules that give WINDOW_STORE, DrainTokens and Authenticator */
  static forRoot(options: IngestOptions, imports: DynamicModule[]): DynamicModule {
    return {
      module: IngestModule,
      imports: [ParsingModule, ...imports],
      providers: [
        { provide: INGEST_OPTIONS, useValue: options },
        Admission,
        DescribeService,
        DrainRoutes,
        DrainService,
        IngestMetrics,
        SignService,
        StoreClock,
        TryService,
      ],
    };
  }
}
