import { hash, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { murmurHash } from '../model/murmur-hash.js';
import type { Sender } from './sender.js';

/** Longer identifiers are no frame ids of anything known, and are ignored. */
const FRAME_ID_BYTES_MAX = 128;

/** Identifies a request over its repeats. */
export interface IdempotencyKey {
  /** 32 characters at most; no two tenants have the same. */
  readonly key: string;
  readonly ttlMs: number;
}

/**
 * The idempotency key of a request: tenant, drain, options and the sender's own identifier. The body is no part of it
 * for Logplex, which may change a frame between its tries. log-shuttle has no frame id, but repeats a batch with the same
 * X-Request-Id; from others that header is not trusted, since proxies reuse it.
 *
 * @param options canonical form of the drain options
 * @param body as sent
 * @param ttlMs how long a sender's identifier is kept
 * @param ownTtlMs how long a key is kept that is made up, since the sender gave none: only we repeat such a request
 */
export function idempotencyKeyOf(
  tenant: string,
  options: string,
  sender: Sender,
  isLogplexType: boolean,
  headers: IncomingHttpHeaders,
  body: Uint8Array,
  ttlMs: number,
  ownTtlMs: number,
): IdempotencyKey {
  const drain = one(headers['logplex-drain-token']) ?? '';
  const frameId = one(headers['logplex-frame-id']);
  if (frameId !== undefined) return { key: keyOf(tenant, 'frame', drain, options, frameId), ttlMs };
  const requestId = sender === 'log-shuttle' && isLogplexType ? one(headers['x-request-id']) : undefined;
  if (requestId !== undefined) {
    return { key: keyOf(tenant, 'request', drain, options, requestId, hash('sha256', body, 'base64')), ttlMs };
  }
  return { key: randomBytes(16).toString('base64url'), ttlMs: ownTtlMs };
}

function one(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && header !== '' && header.length <= FRAME_ID_BYTES_MAX ? header : undefined;
}

/** 64 bits of the tenant's id and 96 of the rest: whoever makes up identifiers that collide only loses requests of its own. */
function keyOf(tenant: string, ...parts: string[]): string {
  return tenant.slice(0, 16) + murmurHash(parts.join('\0')).slice(0, 16);
}
