// Prevents a chart that only renders: `npm run test:cluster` installs it into the cluster that KUBECONFIG names, upgrades,
// scales and breaks it under traffic, and compares exactly what was acknowledged with what was delivered.
import { register } from 'node:module';

register('../../scripts/typescript.mjs', import.meta.url);
await import('./run.ts');
