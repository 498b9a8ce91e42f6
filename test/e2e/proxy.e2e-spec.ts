import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeRequest } from '../fixtures/otlp/decode.js';
import { basic, send } from './http.js';
import { HAS_TINYPROXY, type Proxy, startOwnProxy, startTinyproxy } from './proxies.js';
import { startService, until } from './process.js';

const tls = (file: string): string => fileURLToPath(new URL(`../fixtures/tls/${file}`, import.meta.url));

// A machine without tinyproxy has the other one; the gate has both.
const PROXIES = [
  ['the least that is one', startOwnProxy],
  ...(HAS_TINYPROXY || process.env['CI'] ? [['tinyproxy', startTinyproxy] as const] : []),
] as const;

describe.each(PROXIES)(
  'a destination behind an HTTP proxy (%s), with a certificate of a private CA',
  (_name, start) => {
    let names: string[];
    let proxy: Proxy;
    let destination: Server;
    let port: number;

    beforeEach(async () => {
      names = [];
      destination = createServer(
        { key: readFileSync(tls('server.key')), cert: readFileSync(tls('server.pem')) },
        (request, response) => {
          const chunks: Buffer[] = [];
          request.on('data', (chunk: Buffer) => chunks.push(chunk));
          request.on('end', () => {
            names.push(...decodeRequest(Buffer.concat(chunks), 'json').map(({ name }) => name));
            response.end('{}');
          });
        },
      );
      await new Promise<void>((resolve) => destination.listen(0, '127.0.0.1', resolve));
      port = (destination.address() as AddressInfo).port;
      proxy = await start();
    });
    afterEach(async () => {
      destination.close();
      await proxy.stop();
    });

    async function deliver(env: NodeJS.ProcessEnv): Promise<string> {
      const service = await startService({ GRACE_MS: '100', OUTLET_TICK_MS: '20', ...env });
      const credentials = `otlp+https://localhost:${port}/v1/metrics?encoding=json&compression=none`;
      const headers = { authorization: basic(service.token(credentials)) };
      await send(`${service.url}/logs?resolution=1`, { body: 'count#a=1\n', headers });
      const look = () => names.length > 0 || service.process.stderr.includes('delivery-put-off');
      await until(look, 'it is delivered or put off', () => service.process.stderr);
      const { stdout, stderr } = await service.process.stop('SIGKILL');
      // The proxy's password is as secret as any.
      expect(`${stdout}${stderr}`).not.toContain('pass-of-proxy');
      return stderr;
    }

    it('is reached through the proxy', async () => {
      await deliver({ HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: tls('ca.pem') });
      expect(names).toEqual(['a']);
      expect(proxy.tunnels()).toEqual(['localhost']);
    });

    it('is reached without it where NO_PROXY names its host', async () => {
      await deliver({ HTTPS_PROXY: proxy.url, NO_PROXY: 'localhost', NODE_EXTRA_CA_CERTS: tls('ca.pem') });
      expect(names).toEqual(['a']);
      expect(proxy.tunnels()).toEqual([]);
    });

    it('waits where its certificate is not trusted, and the log says so', async () => {
      expect(await deliver({ HTTPS_PROXY: proxy.url })).toMatch(
        /delivery put off: no connection \([A-Z_]*(CERT|VERIFY)/,
      );
      expect(names).toEqual([]);
    });

    it('waits where the proxy lets nobody through, and the log says so', async () => {
      const refused = proxy.url.replace('pass-of-proxy', 'another');
      const log = await deliver({ HTTPS_PROXY: refused, NODE_EXTRA_CA_CERTS: tls('ca.pem') });
      expect(log).toMatch(/delivery put off: the proxy answered 40[17]/);
      expect(log).not.toContain('another');
      expect(names).toEqual([]);
      expect(proxy.tunnels()).toEqual([]);
    });

    it('waits where the proxy is away, and the log says so', async () => {
      await proxy.stop();
      const log = await deliver({ HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: tls('ca.pem') });
      expect(log).toMatch(/delivery put off: no connection \(ECONNREFUSED\)/);
      expect(names).toEqual([]);
      proxy = { ...proxy, stop: () => Promise.resolve() };
    });
  },
);
