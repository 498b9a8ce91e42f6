import { memoryStore } from './memory-harness.js';
import { windowStoreConformance } from './window-store.conformance.js';

windowStoreConformance('MemoryWindowStore', memoryStore);
