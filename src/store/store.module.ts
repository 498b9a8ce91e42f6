import { type DynamicModule, Module } from '@nestjs/common';
import { systemClock } from '../model/clock.js';
import { MemoryWindowStore } from './memory/memory-window-store.js';
import { StoreHealth } from './store.health.js';
import { STORE_OPTIONS, type StoreOptions } from './store.options.js';
import { WINDOW_STORE, type WindowStore } from './window-store.js';

/** Which store is used, with what only that one needs. Another kind is one more member here and one case in `open`. */
export type StoreKind = { readonly kind: 'memory' };

/**
 * The hand-over between receivers and outlets; one a process. The only file that knows the store's adapters: all others
 * ask for {@link WINDOW_STORE}.
 */
@Module({})
export class StoreModule {
  static forRoot(kind: StoreKind, options: StoreOptions): DynamicModule {
    return {
      module: StoreModule,
      providers: [
        { provide: STORE_OPTIONS, useValue: options },
        { provide: WINDOW_STORE, useFactory: () => open(kind, options) },
        StoreHealth,
      ],
      exports: [WINDOW_STORE, StoreHealth],
    };
  }
}

function open(kind: StoreKind, options: StoreOptions): WindowStore {
  switch (kind.kind) {
    case 'memory':
      return new MemoryWindowStore(options, systemClock);
  }
}
