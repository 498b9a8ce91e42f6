import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:https';
import net, { type AddressInfo, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeRequest } from '../fixtures/otlp/decode.js';
import { basic, send } from './http.js';
import { startService, until } from './process.js';

const tls = (file: string): string => fileURLToPath(new URL(`../fixtures/tls/${file}`, import.meta.url));

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

describe('a destination behind an HTTP proxy, with a certificate of a private CA', () => {
  /** Where the proxy was asked to connect to. */
  let tunnels: string[];
  let names: string[];
  let proxy: Server;
  let destination: Server;
  let proxyUrl: string;
  let port: number;

  beforeEach(async () => {
    tunnels = [];
    names = [];
    proxy = createHttpServer().on('connect', (request: { url: string }, socket: net.Socket) => {
      tunnels.push(request.url);
      const upstream = net.connect(Number(new URL(`http://${request.url}`).port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
      for (const end of [socket, upstream]) end.on('error', () => undefined);
    });
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
    proxyUrl = `http://127.0.0.1:${await listening(proxy)}`;
    port = await listening(destination);
  });
  afterEach(() => {
    for (const server of [proxy, destination]) server.close();
  });

  async function deliver(env: NodeJS.ProcessEnv): Promise<string> {
    const service = await startService({ GRACE_MS: '100', OUTLET_TICK_MS: '20', ...env });
    const credentials = `otlp+https://localhost:${port}/v1/metrics?encoding=json&compression=none`;
    const headers = { authorization: basic(service.token(credentials)) };
    await send(`${service.url}/logs?resolution=1`, { body: 'count#a=1\n', headers });
    const look = () => names.length > 0 || service.process.stderr.includes('delivery-put-off');
    await until(look, 'it is delivered or put off', () => service.process.stderr);
    return (await service.process.stop()).stderr;
  }

  it('is reached through the proxy', async () => {
    await deliver({ HTTPS_PROXY: proxyUrl, NODE_EXTRA_CA_CERTS: tls('ca.pem') });
    expect(names).toEqual(['a']);
    expect(tunnels).toEqual([`localhost:${port}`]);
  });

  it('is reached without it where NO_PROXY names its host', async () => {
    await deliver({ HTTPS_PROXY: proxyUrl, NO_PROXY: 'localhost', NODE_EXTRA_CA_CERTS: tls('ca.pem') });
    expect(names).toEqual(['a']);
    expect(tunnels).toEqual([]);
  });

  it('waits where its certificate is not trusted, and the log says so', async () => {
    expect(await deliver({ HTTPS_PROXY: proxyUrl })).toMatch(/delivery put off: no connection \([A-Z_]*(CERT|VERIFY)/);
    expect(names).toEqual([]);
  });
});
