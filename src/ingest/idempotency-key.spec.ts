import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { idempotencyKeyOf } from './idempotency-key.js';
import type { Sender } from './sender.js';

const TENANT = 'ab'.repeat(16);

interface Request {
  readonly sender?: Sender;
  readonly body?: string;
  readonly tenant?: string;
  readonly options?: string;
  readonly isLogplexType?: boolean;
}

function key(headers: IncomingHttpHeaders, request: Request = {}): string {
  const { sender = 'logplex', body = 'x', tenant = TENANT, options = '60', isLogplexType = true } = request;
  return idempotencyKeyOf(tenant, options, sender, isLogplexType, headers, Buffer.from(body), 120_000, 30_000).key;
}

describe('the idempotency key', () => {
  const frame = { 'logplex-frame-id': 'f1', 'logplex-drain-token': 'd.1' };

  it('is short, and begins with the tenant, so that no frame id that is made up is another tenant’s', () => {
    expect(key(frame)).toMatch(/^(ab){8}[\w-]{16}$/);
    expect(key({})).toMatch(/^[\w-]{22}$/);
  });

  it('is the same for a frame sent again, whose body may have changed', () => {
    expect(key(frame, { body: 'with an L10 notice now' })).toBe(key(frame));
  });

  it('differs by tenant, drain, options and frame', () => {
    const keys = [
      key(frame),
      key(frame, { tenant: 'cd'.repeat(16) }),
      key(frame, { options: '1' }),
      key({ ...frame, 'logplex-drain-token': 'd.2' }),
      key({ ...frame, 'logplex-frame-id': 'f2' }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('is the same for a batch of log-shuttle sent again, and differs by body', () => {
    const headers = { 'x-request-id': 'r1' };
    const sender = 'log-shuttle';
    expect(key(headers, { sender })).toBe(key(headers, { sender }));
    expect(key(headers, { sender, body: 'y' })).not.toBe(key(headers, { sender }));
  });

  it.each<[string, IncomingHttpHeaders, { sender: Sender; isLogplexType?: boolean }]>([
    ['X-Request-Id from anyone else, since proxies reuse it', { 'x-request-id': 'r1' }, { sender: 'other' }],
    [
      'X-Request-Id with another content type',
      { 'x-request-id': 'r1' },
      { sender: 'log-shuttle', isLogplexType: false },
    ],
    ['a frame id of more than 128 bytes', { 'logplex-frame-id': 'f'.repeat(129) }, { sender: 'logplex' }],
    ['an empty frame id', { 'logplex-frame-id': '' }, { sender: 'logplex' }],
    ['no header at all', {}, { sender: 'other' }],
  ])('is made up for each request with %s', (_what, headers, options) => {
    expect(key(headers, options)).not.toBe(key(headers, options));
  });

  it('is kept as long as asked, and as long as our own tries where it is made up', () => {
    const ttlMs = (headers: IncomingHttpHeaders): number =>
      idempotencyKeyOf(TENANT, '60', 'logplex', true, headers, Buffer.alloc(0), 120_000, 30_000).ttlMs;
    expect(ttlMs(frame)).toBe(120_000);
    expect(ttlMs({})).toBe(30_000);
  });
});
