import { type DynamicModule, Module } from '@nestjs/common';
import { QUERY_OPTIONS, type QueryOptions } from './query.options.js';
import { QueryRoutes } from './query.routes.js';
import { RecentSeries } from './recent-series.js';

/** Answers questions on what was delivered lately, to whoever has the credentials of the drain. */
@Module({})
export class QueryModule {
  /** @param imports modules that give WINDOW_STORE and Authenticator */
  static forRoot(options: QueryOptions, imports: DynamicModule[]): DynamicModule {
    return {
      module: QueryModule,
      imports,
      providers: [{ provide: QUERY_OPTIONS, useValue: options }, QueryRoutes, RecentSeries],
    };
  }
}
