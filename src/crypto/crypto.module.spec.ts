import { describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { decodeBase64 } from './base64.js';
import { CryptoModule } from './crypto.module.js';
import { DrainTokens } from './drain-token.js';
import { generateKey, KeyRingError } from './key-ring.js';

@Injectable()
class Receiver {
  constructor(readonly tokens: DrainTokens) {}
}

@Module({ providers: [Receiver] })
class ReceiverModule {}

describe('CryptoModule', () => {
  it('gives every module the one DrainTokens, with the clock it was given', async () => {
    const crypto = CryptoModule.forRoot({ secrets: generateKey(), clock: { now: () => 5000 } });
    const app = await Test.createTestingModule({ imports: [crypto, ReceiverModule] }).compile();
    const { tokens } = app.get(Receiver, { strict: false });
    expect(tokens).toBe(app.get(DrainTokens, { strict: false }));
    expect(decodeBase64(tokens.issue('a:b'))?.readBigUInt64BE(1)).toBe(5n);
  });

  it('refuses a bad key before anything starts', () => {
    expect(() => CryptoModule.forRoot({ secrets: 'short' })).toThrow(KeyRingError);
  });
});
