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
      seriesMax: 3,
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

let requests = 0;

/** Commits a request a receiver, each with counters of these names, of which each adds two. */
async function commit(startSeconds: number, ...receivers: (readonly string[])[]): Promise<void> {
  const store = app.get<WindowStore>(WINDOW_STORE, { strict: false });
  const bucket = (name: string) => ({ kind: Kind.count, name, source: '', unit: '', sum: 2, negative: false });
  const { answers } = await store.commit(
    receivers.map((names) => ({
      tenant: 'tenant',
      token: app.get(DrainTokens, { strict: false }).issue('me@example.com:token'),
      secondValue: 'replaces',
      late: 'next',
      idempotencyKey: `request ${++requests}`,
      idempotencyTtlMs: 1_000,
      resolutionSeconds: 60,
      openStartSeconds: windowStart(Date.now(), 60),
      batches: [{ startSeconds, bytes: encodeBatch(names.map(bucket)), measurements: names.length }],
      facts: {},
    })),
  );
  for (const answer of answers) expect(answer).toMatchObject({ outcome: 'stored', late: 0, future: 0 });
}

describe('the outlet, wired by Nest', () => {
  it('delivers a due window by itself, and open ones at shutdown', async () => {
    const open = windowStart(Date.now(), 60);
    await commit(open - 120, ['logins']);
    await server.received(1);
    expect(server.gauge('logins', '', open - 120)).toMatchObject({ value: 2 });
    expect(server.requests[0]).toMatchObject({ credentials: { user: 'me@example.com', password: 'token' } });
    expect(await app.get(OutletHealth, { strict: false }).check()).toMatchObject({ up: true });
    await commit(open, ['logins']);
    await app.close();
    expect(server.gauge('logins', '', open)).toMatchObject({ value: 2 });
  });

  it('keeps a tenant to its limit of series, though no single receiver saw it go over', async () => {
    const start = windowStart(Date.now(), 60) - 120;
    await commit(start, ['a', 'b'], ['b', 'c', 'd'], ['e', 'a']);
    await server.received(1);
    await app.close();
    expect([...server.gauges().values()].map(({ name, value }) => [name, value])).toEqual([
      ['a', 4],
      ['b', 4],
      ['c', 2],
    ]);
    const facts = await app.get<WindowStore>(WINDOW_STORE, { strict: false }).facts('tenant');
    expect(facts).toMatchObject({
      counts: { pointsDelivered: 3, seriesOverLimit: 2 },
      seriesOverLimit: ['d', 'e'],
      windowsWaiting: 0,
    });
  });
});
