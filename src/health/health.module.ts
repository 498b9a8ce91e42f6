import { type DynamicModule, type InjectionToken, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { CONNECTION_OPTIONS, type ConnectionOptions, Connections } from './connections.js';
import { HEALTH_PARTS, type HealthPart } from './health-part.js';
import { HealthController } from './health.controller.js';
import { Readiness } from './readiness.js';

/** Live, ready, the sum of what the other modules report, and the end of connections. */
@Module({})
export class HealthModule {
  /**
   * @param parts tokens of the {@link HealthPart}s
   * @param imports modules that export them
   */
  static forRoot(
    options: ConnectionOptions,
    parts: InjectionToken<HealthPart>[],
    imports: DynamicModule[],
  ): DynamicModule {
    return {
      module: HealthModule,
      imports: [TerminusModule.forRoot({ errorLogStyle: 'json', logger: false }), ...imports],
      controllers: [HealthController],
      providers: [
        { provide: CONNECTION_OPTIONS, useValue: options },
        { provide: HEALTH_PARTS, useFactory: (...all: HealthPart[]) => all, inject: parts },
        Connections,
        Readiness,
      ],
      exports: [Readiness],
    };
  }
}
