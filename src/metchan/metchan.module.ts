import { type DynamicModule, Module } from '@nestjs/common';
import { METCHAN_OPTIONS, type MetchanOptions } from './metchan.options.js';
import { MetchanService } from './metchan.service.js';

/** l2met's own numbers, delivered by itself ("metchan" was the Go program's word for it). */
@Module({})
export class MetchanModule {
  /** @param imports modules that give WINDOW_STORE and DrainTokens */
  static forRoot(options: MetchanOptions, imports: DynamicModule[]): DynamicModule {
    return {
      module: MetchanModule,
      imports,
      providers: [{ provide: METCHAN_OPTIONS, useValue: options }, MetchanService],
      exports: [MetchanService],
    };
  }
}
