import { memoryStore } from './memory-harness.js';
import { windowStoreSchedules } from './window-store/schedules.js';

windowStoreSchedules('MemoryWindowStore', memoryStore, Number(process.env['SCHEDULE_RUNS'] ?? 2_000));
