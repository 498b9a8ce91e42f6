// Prevents sizing by guess: measures what windows take in Redis and in an outlet, for docs/operations.md. Real processes,
// a redis-server of its own, a destination that checks what it gets.
import { register } from 'node:module';

register('../scripts/typescript.mjs', import.meta.url);
const { measureMemory } = await import('./memory.ts');
await measureMemory();
process.exit();
