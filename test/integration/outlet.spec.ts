import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { CryptoModule } from '../../src/crypto/crypto.module.js';
import { DrainTokens } from '../../src/crypto/drain-token.js';
import { generateKey } from '../../src/crypto/key-ring.js';
import { Kind } from '../../src/model/kind.js';
import { DEFAULT_WINDOW_POLICY, windowStart } from '../../src/model/window.js';
import { encodeBatch } from '../../src/model/window-batch.js';
import { OutletHealth } from '../../src/outlet/outlet.health.js';
import { OutletModule } from '../../src/outlet/outlet.module.js';
import { DEFAULT_OUTLET_OPTIONS } from '../../src/outlet/outlet.options.js';
import { StoreModule } from '../../src/store/store.module.js';
import { WINDOW_STORE, type WindowStore } from '../../src/store/window-store.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { TelemetryModule } from '../../src/telemetry/telemetry.module.js';
import { type LibratoServer, startLibratoServer } from '../fixtures/librato-server.js';

let server: LibratoServer;
let app: INestApplicationContext;

beforeEach(async () => {
  server = await startLibratoServer();
  const telemetry = TelemetryModule.forRoot(createLogger('silent', false));
  const crypto = CryptoModule.forRoot({ secrets: generateKey() });
  const store = StoreModule.forRoot(
    { kind: 'memory' },
    { policy: { ...DEFAULT_WINDOW_POLICY, graceMs: 0 }, windowBytesMax: 1e9, tenantBytesMax: 1e9, storeBytesMax: 1e9 },
  );
  const outlet = OutletModule.forRoot(
    {
      ...DEFAULT_OUTLET_OPTIONS,
      tickMs: 10,
      accounts: { type: 'librato', url: new URL(server.url) },
      userAgent: 'l2met/test',
      print: () => undefined,
    },
    [store, crypto],
  );
  app = await Test.createTestingModule({ imports: [telemetry, crypto, store, outlet] }).compile();
  await app.init();
});
afterEach(() => server.close());

async function commit(startSeconds: number): Promise<void> {
  const store = app.get<WindowStore>(WINDOW_STORE, { strict: false });
  const bucket = { kind: Kind.count, name: 'logins', source: '', unit: '', sum: 2, negative: false };
  const { answers } = await store.commit([
    {
      tenant: 'tenant',
      token: app.get(DrainTokens, { strict: false }).issue('me@example.com:token'),
      secondValue: 'replaces',
      late: 'next',
      idempotencyKey: String(startSeconds),
      idempotencyTtlMs: 1_000,
      resolutionSeconds: 60,
      openStartSeconds: windowStart(Date.now(), 60),
      batches: [{ startSeconds, bytes: encodeBatch([bucket]), measurements: 1 }],
      facts: {},
    },
  ]);
  expect(answers[0]).toMatchObject({ outcome: 'stored', late: 0, future: 0 });
}

describe('the outlet, wired by Nest', () => {
  it('delivers a due window by itself, and open ones at shutdown', async () => {
    const open = windowStart(Date.now(), 60);
    await commit(open - 120);
    await server.received(1);
    expect(server.gauge('logins', '', open - 120)).toMatchObject({ value: 2 });
    expect(server.requests[0]).toMatchObject({ credentials: { user: 'me@example.com', password: 'token' } });
    expect(await app.get(OutletHealth, { strict: false }).check()).toMatchObject({ up: true });
    await commit(open);
    await app.close();
    expect(server.gauge('logins', '', open)).toMatchObject({ value: 2 });
  });
});
