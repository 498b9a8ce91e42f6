import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { createLogger } from '../telemetry/logger.js';
import { TelemetryModule } from '../telemetry/telemetry.module.js';
import { OneTimeCodes } from './one-time-codes.js';
import { encodingFor } from './page-files.js';
import { PageModule } from './page.module.js';
import type { PageOptions } from './page.options.js';

describe('the page', () => {
  let app: NestFastifyApplication;

  afterEach(() => app.close());

  async function start(options: Partial<PageOptions> = {}): Promise<void> {
    const imports = [
      TelemetryModule.forRoot(createLogger('silent', false)),
      PageModule.forRoot({ page: true, sign: false, ...options }),
    ];
    const testing = await Test.createTestingModule({ imports }).compile();
    app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), {
      logger: false,
      bodyParser: false,
    });
    await app.init();
  }

  type Request = Exclude<Parameters<NestFastifyApplication['inject']>[0], string | undefined>;
  const ask = (request: Request) => app.inject(request);

  /** Addresses of what the page loads. */
  async function assets(): Promise<string[]> {
    const { body } = await ask({ url: '/' });
    return [...body.matchAll(/"(\/page\/[^"]+)"/g)].map(([, address]) => address!);
  }

  it('comes with headers that let nothing in from elsewhere, and is asked for anew each time', async () => {
    await start();
    const { statusCode, headers, body } = await ask({ url: '/' });
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'; object-src 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-cache',
      vary: 'accept-encoding',
    });
    expect(body).not.toMatch(/<script(?![^>]* src=)|<style|style=|https?:/);
    const again = await ask({ url: '/', headers: { 'if-none-match': headers.etag as string } });
    expect([again.statusCode, again.body]).toEqual([304, '']);
  });

  it.each([
    [true, 'on'],
    [false, 'off'],
  ])('tells its script whether the service signs: %s', async (sign, told) => {
    await start({ sign });
    expect((await ask({ url: '/' })).body).toContain(`<html data-sign="${told}"`);
  });

  it('loads files that may be kept for ever, compressed as the browser likes it', async () => {
    await start();
    const addresses = await assets();
    expect(addresses.map((address) => address.replace(/\.[A-Z0-9]{8}\./, '.')).sort()).toEqual([
      '/page/icon.svg',
      '/page/page.js',
      '/page/style.css',
    ]);
    for (const url of addresses) {
      const plain = await ask({ url });
      expect(plain.headers['cache-control']).toBe('public, max-age=31536000, immutable');
      const brotli = await ask({ url, headers: { 'accept-encoding': 'gzip, deflate, br' } });
      expect(brotli.headers['content-encoding']).toBe('br');
      expect(brotliDecompressSync(brotli.rawPayload)).toEqual(plain.rawPayload);
      const gzip = await ask({ url, headers: { 'accept-encoding': 'gzip' } });
      expect(gunzipSync(gzip.rawPayload)).toEqual(plain.rawPayload);
    }
  });

  it.each([
    ['br;q=0, gzip', 'gzip'],
    ['GZIP;q=0.5', 'gzip'],
    ['identity', 'identity'],
    ['*', 'identity'],
    ['br;q=0.000', 'identity'],
    [undefined, 'identity'],
  ])('takes an Accept-Encoding of %s as a wish for %s', async (accepted, encoding) => {
    await start();
    expect(encodingFor(accepted)).toBe(encoding);
  });

  it('answers HEAD without a body, and 405 to other methods', async () => {
    await start();
    const [asset] = await assets();
    for (const url of ['/', asset!]) {
      const head = await ask({ method: 'HEAD', url });
      expect([head.statusCode, head.body]).toEqual([200, '']);
      const post = await ask({ method: 'POST', url });
      expect([post.statusCode, post.headers['allow'], post.json<{ code: string }>().code]).toEqual([
        405,
        'GET, HEAD',
        'L2MET_INGEST_METHOD',
      ]);
    }
    expect((await ask({ url: '/page/open' })).statusCode).toBe(405);
    expect((await ask({ url: '/page/..%2f..%2fmain.js' })).statusCode).toBe(404);
  });

  it('takes a one-time code once', async () => {
    await start();
    const code = app.get(OneTimeCodes, { strict: false }).issue('http://token@localhost/logs');
    const open = (payload: string) =>
      ask({ method: 'POST', url: '/page/open', payload, headers: { 'content-type': 'text/plain' } });
    const first = await open(code);
    expect([first.statusCode, first.json(), first.headers['cache-control']]).toEqual([
      200,
      { drainUrl: 'http://token@localhost/logs' },
      'no-store',
    ]);
    for (const other of [code, 'guess', 'x'.repeat(2000)]) {
      const { statusCode, body } = await open(other);
      expect([400, 404]).toContain(statusCode);
      expect(Object.keys(JSON.parse(body) as object)).toEqual(['code', 'message']);
    }
    expect((await ask({ method: 'POST', url: '/page/open' })).statusCode).toBe(404);
  });

  it('is two lines of text where it is off, and nothing else', async () => {
    await start({ page: false });
    const { body, headers } = await ask({ url: '/' });
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(body.trim().split('\n')).toHaveLength(2);
    for (const url of ['/page/open', '/page/page.js'])
      expect((await ask({ method: 'POST', url })).statusCode).toBe(404);
  });
});
