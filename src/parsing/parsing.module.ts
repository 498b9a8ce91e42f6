import { randomInt } from 'node:crypto';
import { Module } from '@nestjs/common';
import { DrainParser } from './drain-parser.js';

/** Bytes → measurements → window batches. One parser a process; its hash seed differs from start to start. */
@Module({
  providers: [{ provide: DrainParser, useFactory: () => new DrainParser(randomInt(2 ** 48 - 1)) }],
  exports: [DrainParser],
})
export class ParsingModule {}
