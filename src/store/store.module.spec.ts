import { describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { DEFAULT_WINDOW_POLICY } from '../model/window.js';
import { MemoryWindowStore } from './memory/memory-window-store.js';
import { StoreModule } from './store.module.js';
import { STORE_OPTIONS } from './store.options.js';
import { WINDOW_STORE } from './window-store.js';

describe('StoreModule', () => {
  it('gives the embedded store, one for all, and its options', async () => {
    const options = { policy: DEFAULT_WINDOW_POLICY, windowBytesMax: 1, tenantBytesMax: 2, storeBytesMax: 3 };
    const module = await Test.createTestingModule({
      imports: [StoreModule.forRoot({ kind: 'memory' }, options)],
    }).compile();
    const store = module.get<unknown>(WINDOW_STORE, { strict: false });
    expect(store).toBeInstanceOf(MemoryWindowStore);
    expect(module.get(WINDOW_STORE, { strict: false })).toBe(store);
    expect(module.get(STORE_OPTIONS, { strict: false })).toBe(options);
    await module.close();
  });
});
