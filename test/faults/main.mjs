// Prevents a promise that nobody has tried to break: `npm run test:faults` runs l2met under traffic while things go
// wrong, and compares exactly what was acknowledged with what was delivered. docs/operations.md has the table.
import { register } from 'node:module';

register('../../scripts/typescript.mjs', import.meta.url);
await import('./run.ts');
