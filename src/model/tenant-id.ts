import { createHash } from 'node:crypto';

/** A tenant's id: 128 bits of SHA-256 of its credentials under a domain prefix, as 32 hex digits. */
export function tenantIdOf(credentials: string): string {
  return createHash('sha256').update('l2met tenant 1\0').update(credentials).digest('hex').slice(0, 32);
}
