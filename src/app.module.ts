import { hostname } from 'node:os';
import { type DynamicModule, Module } from '@nestjs/common';
import { AccessModule } from './access/access.module.js';
import { windowPolicyOf } from './config/read-settings.js';
import type { Settings } from './config/settings.js';
import { CryptoModule } from './crypto/crypto.module.js';
import { HealthModule } from './health/health.module.js';
import { IngestModule } from './ingest/ingest.module.js';
import { MetchanModule } from './metchan/metchan.module.js';
import { systemClock } from './model/clock.js';
import { type AccountRoute, metchanCredentials, parseAccountRoute } from './model/credentials.js';
import { OutletHealth } from './outlet/outlet.health.js';
import { OutletModule } from './outlet/outlet.module.js';
import { PageModule } from './page/page.module.js';
import { QueryModule } from './query/query.module.js';
import { StoreHealth } from './store/store.health.js';
import { parseRedisUrl } from './store/redis-url.js';
import { type StoreKind, StoreModule } from './store/store.module.js';
import type { StoreOptions } from './store/store.options.js';
import type { Logger } from './telemetry/logger.js';
import { TelemetryModule } from './telemetry/telemetry.module.js';
import { USER_AGENT } from './version.js';

/** What a process is made of besides its settings. */
export interface AppParts {
  readonly logger: Logger;
  /** Where the console destination prints. */
  readonly print: (text: string) => void;
}

/** Loads the modules that the roles ask for. The only file that sees all of them. */
@Module({})
export class AppModule {
  static forRoot(settings: Settings, { logger, print }: AppParts): DynamicModule {
    const accounts = parseAccountRoute(settings.LIBRATO_URL || 'console:')!;
    const telemetry = TelemetryModule.forRoot(logger);
    const crypto = CryptoModule.forRoot({ secrets: settings.SECRETS, clock: systemClock });
    const store = StoreModule.forRoot(storeKindOf(settings), storeOptionsOf(settings));
    const roles: DynamicModule[] = [];
    if (settings.RECEIVER) {
      const access = AccessModule.forRoot(accessOptionsOf(settings, accounts), [crypto]);
      roles.push(IngestModule.forRoot(ingestOptionsOf(settings), [store, crypto, access]));
      roles.push(PageModule.forRoot({ page: settings.PAGE, sign: settings.SIGN }));
      roles.push(QueryModule.forRoot({ recentMs: recentMsOf(settings) }, [store, access]));
    }
    const outlet = settings.OUTLET
      ? OutletModule.forRoot({ ...outletOptionsOf(settings, accounts), print }, [store, crypto])
      : undefined;
    if (outlet) roles.push(outlet);
    const credentials = metchanCredentials(settings.METCHAN_URL);
    if (credentials !== undefined) {
      const options = { credentials, prefix: settings.APP_NAME, source: ownSource(settings) };
      roles.push(MetchanModule.forRoot(options, [store, crypto]));
    }
    const health = HealthModule.forRoot(
      { connectionAgeMs: settings.CONNECTION_AGE_MS, closeMs: shutdownShareMs(settings) },
      outlet ? [StoreHealth, OutletHealth] : [StoreHealth],
      outlet ? [store, outlet] : [store],
    );
    return { module: AppModule, imports: [telemetry, crypto, store, ...roles, health] };
  }
}

/** Tells this process from others, of this host too where they have other roles. */
function ownSource({ RECEIVER, OUTLET }: Settings): string {
  if (RECEIVER === OUTLET) return hostname();
  return `${hostname()}.${RECEIVER ? 'receiver' : 'outlet'}`;
}

/**
 * Of the time that shutdown has after draining, two fifths are for requests under way, then as much for deliveries; the rest
 * is left for whatever takes a moment longer, so that the process ends by itself and in time.
 */
function shutdownShareMs(settings: Settings): number {
  return Math.floor((settings.SHUTDOWN_MS - settings.DRAIN_MS) * 0.4);
}

/** The store that the settings name. */
export function storeKindOf(settings: Settings): StoreKind {
  if (settings.REDIS_URL === '') return { kind: 'memory' };
  return {
    kind: 'redis',
    target: parseRedisUrl(settings.REDIS_URL)!,
    prefix: settings.REDIS_PREFIX,
    tlsCaFile: settings.REDIS_TLS_CA === '' ? undefined : settings.REDIS_TLS_CA,
    tlsVerify: settings.REDIS_TLS_VERIFY,
    waitReplicas: settings.REDIS_WAIT_REPLICAS,
  };
}

/** What the settings say of it. */
export function storeOptionsOf(settings: Settings): StoreOptions {
  return {
    policy: windowPolicyOf(settings),
    windowBytesMax: settings.WINDOW_BYTES,
    // In this process, one tenant whose destination fails must leave room for the others.
    tenantBytesMax:
      settings.REDIS_URL === '' ? Math.min(settings.TENANT_BYTES, settings.STORE_BYTES / 2) : settings.TENANT_BYTES,
    storeBytesMax: settings.STORE_BYTES,
    ...(recentMsOf(settings) > 0 && { recent: { ms: settings.RECENT_MS, tenantBytesMax: settings.RECENT_BYTES } }),
  };
}

/** For how long what was delivered is kept; 0: not at all. */
function recentMsOf({ RECENT_MS, RECENT_BYTES }: Settings): number {
  return RECENT_BYTES > 0 ? RECENT_MS : 0;
}

function accessOptionsOf(settings: Settings, accounts: AccountRoute) {
  return {
    authFailuresPerMinute: settings.AUTH_FAILURES_PER_MINUTE,
    revokedTenants: settings.REVOKED_TENANTS,
    accounts,
  };
}

function ingestOptionsOf(settings: Settings) {
  return {
    windowPolicy: windowPolicyOf(settings),
    bodyLimitBytes: settings.BODY_LIMIT_BYTES,
    patienceMs: settings.PATIENCE_MS,
    idempotencyMs: settings.IDEMPOTENCY_MS,
    inFlightRequests: settings.IN_FLIGHT_REQUESTS,
    inFlightBytes: settings.IN_FLIGHT_BYTES,
    signPerMinute: settings.SIGN_PER_MINUTE,
    sign: settings.SIGN,
    try: settings.PAGE,
    signSecret: settings.SIGN_SECRET === '' ? undefined : settings.SIGN_SECRET,
    accountsRouted: settings.LIBRATO_URL !== '',
  };
}

function outletOptionsOf(settings: Settings, accounts: AccountRoute) {
  return {
    tickMs: settings.OUTLET_TICK_MS,
    leaseMs: settings.LEASE_MS,
    requestTimeoutMs: settings.OUTLET_TIMEOUT_MS,
    concurrentTenants: settings.OUTLET_TENANTS,
    memoryBytesMax: settings.OUTLET_BYTES,
    seriesMax: settings.SERIES_LIMIT,
    parallelPosts: settings.OUTLET_POSTS,
    graceMs: settings.GRACE_MS,
    recentMs: recentMsOf(settings),
    ownCredentials: metchanCredentials(settings.METCHAN_URL),
    allowDestinations: settings.ALLOW_DESTINATIONS,
    proxy: settings.HTTPS_PROXY === '' ? undefined : { url: settings.HTTPS_PROXY, except: settings.NO_PROXY },
    shutdownMs: shutdownShareMs(settings),
    accounts,
    userAgent: USER_AGENT,
  };
}
