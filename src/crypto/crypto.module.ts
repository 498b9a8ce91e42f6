import { type DynamicModule, Global, Module } from '@nestjs/common';
import { DrainTokens } from './drain-token.js';
import { KeyRing } from './key-ring.js';

/** Drain tokens, for every module. */
@Global()
@Module({})
export class CryptoModule {
  /**
   * @param options.secrets as `SECRETS`, see {@link KeyRing.parse}
   * @param options.clock see {@link DrainTokens}; the machine's own if left out
   * @throws KeyRingError at once, before Nest starts anything
   */
  static forRoot(options: { readonly secrets: string; readonly clock?: { now(): number } }): DynamicModule {
    const tokens = new DrainTokens(KeyRing.parse(options.secrets), options.clock);
    return {
      module: CryptoModule,
      providers: [{ provide: DrainTokens, useValue: tokens }],
      exports: [DrainTokens],
    };
  }
}
