import { once } from 'node:events';
import net from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateKey, KeyRing } from '../../src/crypto/key-ring.js';
import { DrainTokens } from '../../src/crypto/drain-token.js';
import { tenantIdOf } from '../../src/model/tenant-id.js';
import { basic, frames, send, sendRaw, type Sent } from './http.js';
import { type RunningService, startService, until } from './process.js';

const LINE = '<190>1 - host app web.1 - measure#a=1ms count#b=2\n';
const REVOKED = 'revoked@example.com:token';

describe('the answers of /logs', () => {
  let service: RunningService;
  let token: string;

  beforeAll(async () => {
    service = await startService({
      BODY_LIMIT_BYTES: '1048576',
      REQUEST_TIMEOUT_MS: '1000',
      AUTH_FAILURES_PER_MINUTE: '40',
      REVOKED_TENANTS: tenantIdOf(REVOKED),
      TRUST_PROXY: '127.0.0.1',
      LOG_LEVEL: 'info',
    });
    token = service.token('console:');
  });

  afterAll(() => service.process.stop());

  const post = (path = '/logs', { headers = {}, ...sent }: Sent = {}) =>
    send(`${service.url}${path}`, {
      body: LINE,
      ...sent,
      headers: { authorization: basic(token), 'content-type': 'text/plain', ...headers },
    });

  it('204 without a body or a length, once it is stored', async () => {
    const answer = await post();
    expect(answer.status).toBe(204);
    expect(answer.body).toBe('');
    expect(answer.headers['transfer-encoding']).toBeUndefined();
  });

  it('200 with a report where JSON is asked for', async () => {
    const body = frames([LINE, '<190>1 - host app web.1 - measure#a=x count#=1 sample#s=2\n']);
    const answer = await post('/logs', {
      body,
      headers: { accept: 'application/json', 'content-type': 'application/logplex-1' },
    });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({
      messages: 2,
      measurements: 3,
      late: 0,
      future: 0,
      duplicate: 0,
      rejected: [{ reason: 'value-malformed' }, { reason: 'name-empty' }],
    });
  });

  it('counts lines that are late or ahead of time', async () => {
    const at = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString();
    const body = [at(-3600), at(-1), at(+3600)].map((time) => LINE.replace('1 -', `1 ${time}`)).join('');
    const { body: report } = await post('/logs?resolution=1', { body, headers: { accept: 'application/json' } });
    expect(JSON.parse(report)).toMatchObject({ measurements: 2, late: 2, future: 2 });
  });

  describe('to credentials', () => {
    it.each<[string, Sent['headers'], RegExp]>([
      ['none', { authorization: '' }, /no credentials/],
      ['a header that cannot be read', { authorization: 'Basic ä' }, /cannot be read/],
      [
        'a token of another service',
        { authorization: basic(new DrainTokens(KeyRing.parse(generateKey())).issue('console:')) },
        /no key of this service/,
      ],
      ['a word', { authorization: basic('user', 'password') }, /no key of this service/],
    ])('401 saying which, for %s', async (_what, headers, message) => {
      const answer = await post('/logs', { headers: { ...headers, 'x-forwarded-for': '203.0.113.1' } });
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toMatch(/^Basic realm=/);
      expect((JSON.parse(answer.body) as { message: string }).message).toMatch(message);
    });

    it('401 for a tenant that is revoked', async () => {
      const answer = await post('/logs', { headers: { authorization: basic(service.token(REVOKED)) } });
      expect(answer.status).toBe(401);
      expect(answer.body).toMatch(/revoked/);
    });

    it('401 for a token whose content is no destination, without showing it', async () => {
      const answer = await post('/logs', { headers: { authorization: basic(service.token('hunter2')) } });
      expect(answer.status).toBe(401);
      expect(answer.body).toMatch(/expected email:api-token/);
      expect(answer.body).not.toContain('hunter2');
    });

    it.each<[string, (token: string) => string]>([
      ['Basic user name', (secret) => basic(secret)],
      ['Basic password', (secret) => basic('', secret)],
      ['Basic password beside a user name', (secret) => basic('l2met', secret)],
      ['Bearer token', (secret) => `Bearer ${secret}`],
      ['lower-case basic without padding', (secret) => basic(secret).replace('Basic', 'basic').replace(/=+$/, '')],
    ])('takes the token as %s', async (_what, authorization) => {
      expect((await post('/logs', { headers: { authorization: authorization(token) } })).status).toBe(204);
    });

    it('429 for an address that guesses, which never limits a token that decrypts', async () => {
      const guess = (i: number) =>
        post('/logs', { headers: { authorization: basic(`guess${i}`), 'x-forwarded-for': '203.0.113.9' } });
      for (let i = 0; i < 40; i++) expect((await guess(i)).status).toBe(401);
      const answer = await guess(41);
      expect(answer.status).toBe(429);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      expect((await post('/logs', { headers: { 'x-forwarded-for': '203.0.113.9' } })).status).toBe(204);
      expect(
        (await post('/logs', { headers: { authorization: basic('other'), 'x-forwarded-for': '203.0.113.10' } })).status,
      ).toBe(401);
    });
  });

  describe('to drain options', () => {
    it.each(['0', '-5', 'abc', '7'])(
      '400 for resolution=%s, naming option, value and allowed values',
      async (value) => {
        const answer = await post(`/logs?resolution=${value}`);
        expect(answer.status).toBe(400);
        expect(answer.body).toContain('resolution=');
        expect(answer.body).toContain(value);
        expect(answer.body).toContain('divides 3600');
      },
    );

    it.each(['Logplex/v72', 'log-shuttle/v0.24.0 (go1.26.8; linux; amd64; gc)'])(
      'the default for %s, counted and shown',
      async (userAgent) => {
        const authorization = basic(service.token(`fallback-${userAgent.slice(0, 5)}@example.com:t`));
        const headers = { authorization, 'user-agent': userAgent, 'content-type': 'application/logplex-1' };
        expect((await post('/logs?resolution=0', { body: frames([LINE]), headers })).status).toBe(204);
        const shown = await send(`${service.url}/logs`, { method: 'GET', headers: { authorization } });
        expect(JSON.parse(shown.body)).toMatchObject({ counts: { optionsFallback: 1, measurements: 2 } });
      },
    );
  });

  describe('to bodies', () => {
    it.each(['gzip', 'deflate', 'br'])('by Content-Encoding %s', async (encoding) => {
      const { deflateSync } = await import('node:zlib');
      const body = encoding === 'gzip' ? gzipSync(LINE) : deflateSync(LINE);
      const answer = await post('/logs', { body, headers: { 'content-encoding': encoding } });
      expect(answer.status).toBe(encoding === 'br' ? 415 : 204);
    });

    it('400 for truncated gzip', async () => {
      const body = gzipSync(LINE.repeat(100)).subarray(0, 60);
      expect((await post('/logs', { body, headers: { 'content-encoding': 'gzip' } })).status).toBe(400);
    });

    it('413 and the end of the connection for a body that goes on and on', async () => {
      const { hostname, port } = new URL(service.url);
      const head = `POST /logs HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic(token)}\r\nTransfer-Encoding: chunked\r\n\r\n`;
      const piece = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
      let received = '';
      const socket = net.connect(Number(port), hostname);
      socket.write(head);
      socket.on('data', (bytes) => (received += bytes.toString('latin1')));
      socket.on('error', () => undefined);
      let sent = 0;
      for (; !socket.destroyed; sent += piece.length) {
        await Promise.race([new Promise((resolve) => socket.write(piece, resolve)), once(socket, 'close')]);
        await new Promise((resolve) => setImmediate(resolve));
      }
      // Four times the limit, and what the buffers on the way hold.
      expect(sent).toBeLessThan(24 * 2 ** 20);
      // A sender that is still sending may find its connection cut before it reads the answer.
      expect(received).toMatch(/^$|^HTTP\/1\.1 413 [^]*\r\nconnection: close\r\n/i);
    });

    it('413 over the limit: by length, chunked, and after inflating', async () => {
      const large = Buffer.alloc(1_048_577, LINE);
      const answers = await Promise.all([
        post('/logs', { body: large }).then(
          ({ status }) => status,
          () => 'cut',
        ),
        post('/logs', { body: large, chunked: true }).then(
          ({ status }) => status,
          () => 'cut',
        ),
        post('/logs', {
          body: gzipSync(Buffer.alloc(512 * 1024 * 1024, LINE)),
          headers: { 'content-encoding': 'gzip' },
        }).then(({ status }) => status),
      ]);
      // A sender that is still sending may find its connection cut before it reads the answer.
      expect(answers[0]).toBe(413);
      expect([413, 'cut']).toContain(answers[1]);
      expect(answers[2]).toBe(413);
    });

    it('takes a chunked body', async () => {
      const answer = await post('/logs', { chunked: true, headers: { accept: 'application/json' } });
      expect(JSON.parse(answer.body)).toMatchObject({ messages: 1, measurements: 2 });
    });

    it('400 only if nothing in it could be read, naming offset and reason', async () => {
      const headers = { 'content-type': 'application/logplex-1' };
      const nothing = await post('/logs', { body: 'rubbish', headers });
      expect(nothing.status).toBe(400);
      expect(nothing.body).toMatch(/at byte 0/);
      const something = Buffer.concat([Buffer.from('rubbish '), frames([LINE])]);
      expect((await post('/logs', { body: something, headers })).status).toBe(204);
      expect((await post('/logs', { body: '', headers })).status).toBe(204);
      expect((await post('/logs', { body: 'a line without a metric\n' })).status).toBe(204);
    });

    it.each(['4611686018427387904', '0', '0x1F', '-5', '99999'])(
      'finds the good frame behind one that counts %s',
      async (count) => {
        const body = Buffer.concat([Buffer.from(`${count} ${LINE}`), frames([LINE])]);
        const headers = { accept: 'application/json', 'content-type': 'application/logplex-1' };
        const answer = await post('/logs', { body, headers });
        expect(JSON.parse(answer.body)).toMatchObject({ messages: 1, measurements: 2, rejected: [{ offset: 0 }] });
      },
    );

    it('408 for half a request and silence, while others are served', async () => {
      const half = sendRaw(
        service.url,
        `POST /logs HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic(token)}\r\nContent-Length: 100\r\n\r\nmeasure#a`,
      );
      expect((await post()).status).toBe(204);
      expect(await half).toMatch(/^HTTP\/1\.1 408 /);
    });
  });

  it('204 while hundreds of half requests hold their connections', async () => {
    const half = `POST /logs HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic(token)}\r\nContent-Length: 1048576\r\n\r\nx`;
    const halves = Array.from({ length: 300 }, () => sendRaw(service.url, half));
    await until(async () => (await post()).status === 204, 'a whole request is taken');
    expect(
      (await post('/logs', { headers: { authorization: basic(service.token('other@example.com:t')) } })).status,
    ).toBe(204);
    expect((await Promise.all(halves)).every((answer) => answer.startsWith('HTTP/1.1 408 '))).toBe(true);
  });

  it.each(['text', '', 'a/b/c', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    '204 for the content type %j',
    async (type) => {
      expect((await post('/logs', { headers: { 'content-type': type } })).status).toBe(204);
    },
  );

  it('204 with a slash behind the path', async () => {
    expect((await post('/logs/')).status).toBe(204);
  });

  describe('to a frame sent again', () => {
    const headers = {
      accept: 'application/json',
      'content-type': 'application/logplex-1',
      'user-agent': 'Logplex/v72',
      'logplex-frame-id': 'c0ffee',
      'logplex-drain-token': 'd.1',
    };

    it('2xx, and it is counted once, even with another body', async () => {
      const authorization = basic(service.token('twice@example.com:t'));
      const first = await post('/logs', { body: frames([LINE]), headers: { ...headers, authorization } });
      const second = await post('/logs', { body: frames([LINE, LINE]), headers: { ...headers, authorization } });
      expect(JSON.parse(first.body)).toMatchObject({ measurements: 2, duplicate: 0 });
      expect(second.status).toBe(200);
      expect(JSON.parse(second.body)).toMatchObject({ measurements: 0, duplicate: 4 });
    });

    it('a difference from Logplex-Msg-Count is counted, never refused', async () => {
      const authorization = basic(service.token('count@example.com:t'));
      const answer = await post('/logs', {
        body: frames([LINE]),
        headers: { ...headers, authorization, 'logplex-msg-count': '2' },
      });
      expect(answer.status).toBe(200);
      const shown = await send(`${service.url}/logs`, { method: 'GET', headers: { authorization } });
      expect(JSON.parse(shown.body)).toMatchObject({ counts: { countMismatches: 1 } });
    });
  });

  describe('to GET', () => {
    it('describe the drain as JSON, with no secret in it', async () => {
      const authorization = basic(service.token('librato+http://me%40example.com:s3cret@127.0.0.1:9/v1/metrics'));
      const answer = await send(`${service.url}/logs?resolution=5&prefix=p`, {
        method: 'GET',
        headers: { authorization },
      });
      expect(answer.status).toBe(200);
      expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
      expect(JSON.parse(answer.body)).toMatchObject({
        options: {
          resolution: 5,
          prefix: 'p',
          'source-prefix': '',
          'router-source': 'none',
          platform: 0,
          late: 'next',
        },
        destination: { kind: 'librato', host: '127.0.0.1:9' },
        lastDataAt: null,
      });
      expect(answer.body).not.toMatch(/s3cret|example\.com/);
    });

    it('describe it as text for a browser', async () => {
      const headers = { authorization: basic(token), accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8' };
      const answer = await send(`${service.url}/logs`, { method: 'GET', headers });
      expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
      expect(answer.body).toMatch(/^This drain works/);
      expect(answer.body).toMatch(/last data +\d{4}-/);
    });

    it('ask a browser for credentials', async () => {
      const answer = await send(`${service.url}/logs`, { method: 'GET' });
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([
        401,
        'Basic realm="l2met", charset="UTF-8"',
      ]);
    });

    it('say what an old e-mail and token drain is missing', async () => {
      const authorization = basic(service.token('me@example.com:abc'));
      const answer = await send(`${service.url}/logs`, { method: 'GET', headers: { authorization } });
      expect(answer.body).toMatch(/has not set LIBRATO_URL/);
    });
  });

  it.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'SEARCH'])(
    '405 with Allow to %s',
    async (method) => {
      const answer = await send(`${service.url}/logs`, { method });
      expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, HEAD, POST']);
    },
  );

  describe('of /sign', () => {
    const sign = (user: string, body: string) =>
      send(`${service.url}/sign`, { body, headers: { authorization: basic(user), 'x-forwarded-for': '203.0.113.20' } });

    it('a token that drains, for a key of SECRETS as user name', async () => {
      const answer = await sign(service.secret, 'me@example.com:abc');
      expect(answer.status).toBe(200);
      expect((await post('/logs', { headers: { authorization: basic(answer.body) } })).status).toBe(204);
    });

    it('401 for a wrong secret, 400 saying which form is expected for bad credentials', async () => {
      expect((await sign(generateKey(), 'me@example.com:abc')).status).toBe(401);
      const bad = await sign(service.secret, 'me@example.com');
      expect(bad.status).toBe(400);
      expect(bad.body).toMatch(/email:api-token/);
    });

    it('429 once an address asks too often', async () => {
      await until(async () => (await sign('guess', 'x')).status === 429, 'signing is limited');
    });
  });

  describe('of /try', () => {
    const tryLines = (body: string, query = '') => send(`${service.url}/try${query}`, { body });

    it('what a drain would take of a line, without credentials', async () => {
      const answer = await tryLines('source=web.1 measure#db=4ms measure#bad=x', '?prefix=shop');
      expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'no-store']);
      expect(JSON.parse(answer.body)).toEqual({
        messages: 1,
        metrics: [{ kind: 'measure', name: 'shop.db', source: 'web.1', unit: 'ms', values: [4] }],
        rejected: [{ offset: 28, reason: 'value-malformed' }],
      });
    });

    it('400 naming a malformed option, 413 to more than a page of lines, 405 with Allow', async () => {
      const bad = await tryLines('x', '?resolution=7s');
      expect([bad.status, bad.body]).toEqual([400, expect.stringContaining(String.raw`resolution=\"7s\"`)]);
      expect((await tryLines('x'.repeat(17 * 1024))).status).toBe(413);
      const get = await send(`${service.url}/try`, { method: 'GET' });
      expect([get.status, get.headers.allow]).toEqual([405, 'POST']);
    });
  });

  it('on a full service: 429 to the tenant that fills it, 503 with Retry-After to others, for log-shuttle a closed socket', async () => {
    const small = await startService({ STORE_BYTES: '1048576' });
    const fill = (account: string, userAgent = 'Logplex/v72') =>
      send(`${small.url}/logs`, {
        body: Array.from({ length: 1000 }, () => `measure#name.${Math.random()}=1\n`).join(''),
        headers: {
          authorization: basic(small.token(`${account}:t`)),
          'content-type': 'text/plain',
          'user-agent': userAgent,
        },
      });
    const refusal = (account: string) =>
      until(async () => {
        const answer = await fill(account);
        return answer.status === 204 ? undefined : answer;
      }, `the store is full of ${account}`);
    const own = await refusal('one@example.com');
    expect([own.status, own.headers['retry-after']]).toEqual([429, '30']);
    expect((await fill('two@example.com')).status).toBe(204);
    await refusal('two@example.com');
    const full = await refusal('three@example.com');
    expect([full.status, full.headers['retry-after']]).toEqual([503, '1']);
    await expect(fill('three@example.com', 'log-shuttle/v0.24.0')).rejects.toThrow(/hang up|ECONNRESET/);
    expect((await send(`${small.url}/health/ready`, { method: 'GET' })).status).toBe(200);
    await small.process.stop();
  });
});
