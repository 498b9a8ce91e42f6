import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { StoreUnavailableError } from '../../src/store/window-store.js';
import { Counters } from '../../src/telemetry/counters.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { closeStores, openStore, STORE_OPTIONS } from './harness.js';
import { startCluster, startSentinel, startStandalone, stopServers, TLS_CA_FILE, until } from './servers.js';

/** The kinds of Redis, all of them speaking TLS alone, and what a certificate that is not trusted counts as. */
const KINDS = [
  { name: 'one server', start: () => startStandalone({ tls: true }), fault: 'certificate' },
  // Of what became of each of their hosts, ioredis tells nothing.
  { name: 'a Cluster', start: () => startCluster(3, 0, { tls: true }), fault: 'connection' },
  { name: 'Sentinels', start: () => startSentinel(1, 3, { tls: true }), fault: 'connection' },
] as const;

describe.each(KINDS)('$name over TLS', ({ start, fault }) => {
  let url: string;
  beforeAll(async () => {
    ({ url } = await start());
  }, 120_000);
  afterEach(closeStores);
  afterAll(stopServers);

  it('is used once REDIS_TLS_CA names who signed its certificate', async () => {
    const { store } = await openStore({ url, tlsCaFile: TLS_CA_FILE }, STORE_OPTIONS);
    await until(async () => (await store.now()) > 0 && (await store.dueTenants(1)).length === 0);
  }, 60_000);

  it('is used with any certificate where REDIS_TLS_VERIFY is off', async () => {
    const { store } = await openStore({ url, tlsVerify: false }, STORE_OPTIONS);
    await until(async () => (await store.now()) > 0 && (await store.dueTenants(1)).length === 0);
  }, 60_000);

  it('is refused otherwise, which is counted, logged, and a passing fault', async () => {
    const counters = new Counters();
    const lines: string[] = [];
    const logger = createLogger('info', false, { write: (line) => void lines.push(line) });
    const { store } = await openStore({ url, counters, logger }, STORE_OPTIONS);
    await expect(store.now()).rejects.toBeInstanceOf(StoreUnavailableError);
    await until(() => counters.get('redis_errors', fault) > 0);
    expect(lines.join()).toContain(fault === 'certificate' ? 'REDIS_TLS_CA' : 'cannot be reached');
  }, 60_000);

  it('is not spoken to without', async () => {
    const { store } = await openStore({ url: url.replace('rediss', 'redis') }, STORE_OPTIONS);
    await expect(store.now()).rejects.toBeInstanceOf(StoreUnavailableError);
  }, 60_000);
});
