import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { bodyEncodingOf, type BodyEncoding, Inflater } from './inflate.js';
import { HttpError } from '../access/http-error.js';

const LIMIT = 4 * 1024 * 1024;
const inflater = new Inflater(LIMIT);

async function statusOf(body: Buffer, encoding: BodyEncoding): Promise<number> {
  try {
    await inflater.inflate(body, encoding);
    return 200;
  } catch (error) {
    if (error instanceof HttpError) return error.status;
    throw error;
  }
}

describe('inflating', () => {
  const small = Buffer.from('measure#a=1\n');
  const large = Buffer.alloc(1024 * 1024, 'measure#a=1\n');

  it.each<[string, BodyEncoding, (body: Buffer) => Buffer]>([
    ['identity', 'identity', (body) => body],
    ['gzip', 'gzip', gzipSync],
    [
      'gzip in two members',
      'gzip',
      (body) => Buffer.concat([gzipSync(body.subarray(0, 5)), gzipSync(body.subarray(5))]),
    ],
    ['deflate in its zlib wrapping', 'deflate', deflateSync],
    ['deflate without it', 'deflate', deflateRawSync],
  ])('gives back what went in, small and large: %s', async (_name, encoding, pack) => {
    for (const body of [small, large]) {
      const inflated = await inflater.inflate(pack(body), encoding);
      expect(inflated.equals(body)).toBe(true);
    }
  });

  it('stops a decompression bomb at the limit', async () => {
    const before = process.memoryUsage().rss;
    const bomb = gzipSync(Buffer.alloc(256 * 1024 * 1024));
    const grownToMakeIt = process.memoryUsage().rss - before;
    expect(await statusOf(bomb, 'gzip')).toBe(413);
    expect(await statusOf(deflateSync(Buffer.alloc(LIMIT + 1)), 'deflate')).toBe(413);
    expect(process.memoryUsage().rss - before - grownToMakeIt).toBeLessThan(128 * 1024 * 1024);
  });

  it('inflates four large bodies beside each other at most, since all at once would take gigabytes', async () => {
    const body = gzipSync(large);
    let most = 0;
    const inflated = Array.from({ length: 50 }, async () => {
      const { length } = await inflater.inflate(body, 'gzip');
      most = Math.max(most, inflater.running);
      return length;
    });
    most = Math.max(most, inflater.running);
    expect(new Set(await Promise.all(inflated))).toEqual(new Set([large.length]));
    expect(most).toBe(4);
    expect(inflater.running).toBe(0);
  });

  it('stops a bomb that lies about its size', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    bomb.writeUInt32LE(10, bomb.length - 4);
    expect(await statusOf(bomb, 'gzip')).toBe(413);
    const modest = gzipSync(small);
    modest.writeUInt32LE(0xffffffff, modest.length - 4);
    expect(await statusOf(modest, 'gzip')).toBe(400);
  });

  it.each([
    ['cut short', gzipSync(large).subarray(0, 500)],
    ['cut short while small', gzipSync(small).subarray(0, 20)],
    ['not gzip at all', small],
    ['damaged', Buffer.from(gzipSync(small)).fill(0xff, 12, 16)],
  ])('refuses a body that is %s with 400', async (_what, body) => {
    expect(await statusOf(body, 'gzip')).toBe(400);
  });

  it('passes an empty body through', async () => {
    expect(await statusOf(Buffer.alloc(0), 'gzip')).toBe(200);
  });

  it.each([
    [undefined, 'identity'],
    ['', 'identity'],
    ['identity', 'identity'],
    ['GZIP', 'gzip'],
    ['x-gzip', 'gzip'],
    ['deflate', 'deflate'],
  ])('reads Content-Encoding %s as %s', (header, encoding) => {
    expect(bodyEncodingOf(header)).toBe(encoding);
  });

  it.each(['br', 'zstd', 'gzip, gzip', 'compress'])('refuses Content-Encoding %s with 415', (header) => {
    expect(() => bodyEncodingOf(header)).toThrow(expect.objectContaining({ status: 415 }));
  });
});
