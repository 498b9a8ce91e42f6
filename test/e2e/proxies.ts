import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from './process.js';

/** An HTTP proxy that lets through who gives the right name and password. */
export interface Proxy {
  /** With name and password. */
  readonly url: string;
  /** Where it was asked to connect to, by those whom it let through. */
  tunnels(): string[];
  stop(): Promise<void>;
}

const USER = 'l2met';
const PASSWORD = 'pass-of-proxy';

/** Whether Debian's tinyproxy is at hand. */
export const HAS_TINYPROXY = !spawnSync('tinyproxy', ['-v']).error;

/** A tinyproxy of the test's own. */
export async function startTinyproxy(): Promise<Proxy> {
  const folder = mkdtempSync(path.join(tmpdir(), 'l2met-proxy-'));
  const log = path.join(folder, 'log');
  const port = await freePort();
  const settings = [
    `Port ${port}`,
    'Listen 127.0.0.1',
    `LogFile "${log}"`,
    'LogLevel Connect',
    'MaxClients 20',
    `BasicAuth ${USER} ${PASSWORD}`,
  ];
  writeFileSync(path.join(folder, 'conf'), `${settings.join('\n')}\n`);
  const child = spawn('tinyproxy', ['-d', '-c', path.join(folder, 'conf')], { stdio: 'ignore' });
  await until(() => canConnect(port), 'tinyproxy listens');
  return {
    url: urlOf(port),
    tunnels: () =>
      [...readFileSync(log, 'utf8').matchAll(/Established connection to host "([^"]+)"/g)].map((m) => m[1]!),
    stop: async () => {
      await ended(child);
      rmSync(folder, { recursive: true });
    },
  };
}

/** The least that is a proxy, for machines that have none. */
export async function startOwnProxy(): Promise<Proxy> {
  const tunnels: string[] = [];
  const expected = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;
  const server = createServer().on('connect', (request, socket: net.Socket) => {
    if (request.headers['proxy-authorization'] !== expected) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const { hostname, port } = new URL(`http://${request.url}`);
    tunnels.push(hostname);
    const upstream = net.connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    for (const end of [socket, upstream]) end.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: urlOf(port),
    tunnels: () => tunnels,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function urlOf(port: number): string {
  return `http://${USER}:${PASSWORD}@127.0.0.1:${port}`;
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}
