import { type DynamicModule, Module } from '@nestjs/common';
import { ACCESS_OPTIONS, type AccessOptions } from './access.options.js';
import { Authenticator } from './authenticator.js';

/** Tells who asks, for every address that wants drain credentials: what is remembered of them, and the limit on guessing, is one. */
@Module({})
export class AccessModule {
  /** @param imports modules that give DrainTokens */
  static forRoot(options: AccessOptions, imports: DynamicModule[]): DynamicModule {
    return {
      module: AccessModule,
      imports,
      providers: [{ provide: ACCESS_OPTIONS, useValue: options }, Authenticator],
      exports: [Authenticator],
    };
  }
}
