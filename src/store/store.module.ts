import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { systemClock } from '../model/clock.js';
import { Counters } from '../telemetry/counters.js';
import { LOGGER, type Logger } from '../telemetry/logger.js';
import { MemoryWindowStore } from './memory/memory-window-store.js';
import { openRedisStore, type RedisAccess } from './redis/open.js';
import { StoreHealth } from './store.health.js';
import { StoreMetrics } from './store.metrics.js';
import { STORE_OPTIONS, type StoreOptions } from './store.options.js';
import { WINDOW_STORE, type WindowStore } from './window-store.js';

/** Which store is used, with what only that one needs. Another kind is one more member here and one case below. */
export type StoreKind =
  | { readonly kind: 'memory' }
  /** @property prefix what all keys begin with */
  | ({ readonly kind: 'redis'; readonly prefix: string } & RedisAccess);

/**
 * The hand-over between receivers and outlets; one a process. The only file that knows the store's adapters: all others
 * ask for {@link WINDOW_STORE}. Whoever starts the process closes the store, once everything that uses it has ended.
 */
@Module({})
export class StoreModule {
  static forRoot(kind: StoreKind, options: StoreOptions): DynamicModule {
    return {
      module: StoreModule,
      providers: [{ provide: STORE_OPTIONS, useValue: options }, storeOf(kind, options), StoreHealth, StoreMetrics],
      exports: [WINDOW_STORE, StoreHealth],
    };
  }
}

function storeOf(kind: StoreKind, options: StoreOptions): Provider {
  return {
    provide: WINDOW_STORE,
    useFactory: (counters: Counters, logger: Logger) => openStore(kind, options, { counters, logger }),
    inject: [Counters, LOGGER],
  };
}

/** Opens a store of its own, for a command that needs nothing else of the service. Who opens it closes it. */
export async function openStore(
  kind: StoreKind,
  options: StoreOptions,
  { counters, logger }: { readonly counters: Counters; readonly logger: Logger },
): Promise<WindowStore> {
  switch (kind.kind) {
    case 'memory':
      return new MemoryWindowStore(options, systemClock);
    case 'redis':
      return openRedisStore(kind, { ...options, prefix: kind.prefix }, { counters, logger, clock: systemClock });
  }
}
