import { type DynamicModule, Module } from '@nestjs/common';
import { OneTimeCodes } from './one-time-codes.js';
import { PAGE_OPTIONS, type PageOptions } from './page.options.js';
import { PageRoutes } from './page.routes.js';

/** The page at `/`: charts of what was delivered, and a builder of drain URLs. */
@Module({})
export class PageModule {
  static forRoot(options: PageOptions): DynamicModule {
    return {
      module: PageModule,
      providers: [{ provide: PAGE_OPTIONS, useValue: options }, OneTimeCodes, PageRoutes],
      exports: [OneTimeCodes],
    };
  }
}
