import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { lookup } from 'node:dns';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ScriptedServer, startScriptedServer } from '../../test/fixtures/scripted-server.js';
import { AddressPolicy } from './address-policy.js';
import { HttpClient } from './http-client.js';

const POST = { headers: { 'content-type': 'text/plain' }, body: 'hello', byOperator: false };
const inTime = () => AbortSignal.timeout(5_000);
const open: HttpClient[] = [];

function client(more: Partial<ConstructorParameters<typeof HttpClient>[0]> = {}): HttpClient {
  const made = new HttpClient({ userAgent: 'l2met/test', policy: new AddressPolicy([]), proxy: undefined, ...more });
  open.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((made) => made.close()));
});

describe('a name', () => {
  let server: ScriptedServer;
  beforeEach(async () => void (server = await startScriptedServer()));
  afterEach(() => server.close());

  /** Resolves every name to the same addresses. */
  const at = (...addresses: string[]) =>
    ((_host: string, options: { all?: boolean }, callback: (...result: unknown[]) => void) => {
      const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
      if (options.all) callback(null, found);
      else callback(null, found[0]!.address, found[0]!.family);
    }) as unknown as typeof lookup;
  const urlOf = (host: string) => new URL(server.url.replace('127.0.0.1', host));

  it('of this machine is reached', async () => {
    const answer = await client({ lookup: at('127.0.0.1') }).post({ ...POST, url: urlOf('metrics.test') }, inTime());
    expect(answer).toMatchObject({ type: 'answer', status: 200 });
    expect(server.bodies.map(String)).toEqual(['hello']);
  });

  it.each([
    ['of the metadata service', ['169.254.169.254']],
    ['of the metadata service, as one of several', ['127.0.0.1', '169.254.169.254']],
    ['of a public address, by plain http', ['203.0.113.9']],
  ])('%s is never connected to', async (_title, addresses) => {
    const answer = await client({ lookup: at(...addresses) }).post({ ...POST, url: urlOf('metrics.test') }, inTime());
    expect(answer).toMatchObject({ type: 'not-sent', allowed: false });
    expect(server.connections).toBe(0);
  });

  it('that does not exist is said not to', async () => {
    const fail = ((_host: string, _options: unknown, callback: (error: Error) => void) =>
      callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }))) as unknown as typeof lookup;
    expect(await client({ lookup: fail }).post({ ...POST, url: urlOf('metrics.test') }, inTime())).toEqual({
      type: 'not-sent',
      allowed: true,
      why: 'no connection (ENOTFOUND)',
    });
  });

  it('is judged anew with each connection, whatever it was before', async () => {
    let address = '127.0.0.1';
    const rebinding = ((host: string, options: never, callback: never) =>
      at(address)(host, options, callback)) as unknown as typeof lookup;
    const one = client({ lookup: rebinding });
    server.answer((response) => response.setHeader('connection', 'close').end());
    expect(await one.post({ ...POST, url: urlOf('metrics.test') }, inTime())).toMatchObject({ status: 200 });
    address = '169.254.169.254';
    expect(await one.post({ ...POST, url: urlOf('metrics.test') }, inTime())).toMatchObject({ type: 'not-sent' });
  });
});

describe('behind a proxy', () => {
  let proxy: Server;
  let url: string;
  let asked: string[];

  beforeEach(async () => {
    asked = [];
    proxy = createServer();
    proxy.on('connect', (request: { url: string }, socket: Socket) => {
      asked.push(request.url);
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });
  afterEach(() => new Promise((resolve) => proxy.close(resolve)));

  it('https goes through it, and it resolves the name', async () => {
    const answer = await client({ proxy: { url, except: '' } }).post(
      { ...POST, url: new URL('https://metrics.invalid/') },
      inTime(),
    );
    expect(asked).toEqual(['metrics.invalid:443']);
    expect(answer.type).not.toBe('answer');
  });

  it.each(['https://169.254.169.254/', 'https://elsewhere.example.com/'])(
    'literal addresses and patterns are checked: %s',
    async (target) => {
      const policy = new AddressPolicy(['metrics.example.com', '169.254.169.254']);
      const answer = await client({ policy, proxy: { url, except: '' } }).post(
        { ...POST, url: new URL(target) },
        inTime(),
      );
      expect(answer).toMatchObject({ type: 'not-sent', allowed: false });
      expect(asked).toEqual([]);
    },
  );

  it('hosts that are excepted, and plain http, go without it', async () => {
    const server = await startScriptedServer();
    const one = client({ proxy: { url, except: 'metrics.invalid' } });
    expect(await one.post({ ...POST, url: new URL('https://metrics.invalid/') }, inTime())).toMatchObject({
      type: 'not-sent',
      allowed: true,
    });
    expect(await one.post({ ...POST, url: new URL(server.url) }, inTime())).toMatchObject({ status: 200 });
    expect(asked).toEqual([]);
    await server.close();
  });
});
