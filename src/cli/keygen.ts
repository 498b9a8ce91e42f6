import { generateKey } from '../crypto/key-ring.js';
import { CliError } from './cli-error.js';

/** `l2met keygen`: prints a new key for SECRETS. */
export function keygen(args: readonly string[]): void {
  if (args.length > 0) throw new CliError('keygen takes no arguments');
  process.stdout.write(`${generateKey()}\n`);
}
