import { spawnSync } from 'node:child_process';

/**
 * Whether tests have a terminal: util-linux' `script` makes one. The gate has it and skips nothing, so there a test fails that does
 * not find it.
 */
export const HAS_TERMINAL =
  process.env['CI'] !== undefined ||
  (spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ?? false);
