import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { ConnectionOptions } from './connections.js';
import { HealthModule } from './health.module.js';

/** A client that keeps its connection. */
class Client {
  received = '';
  closed = false;
  private readonly socket: net.Socket;

  constructor(app: NestFastifyApplication) {
    const { port } = app.getHttpServer().address() as AddressInfo;
    this.socket = net.connect(port, '127.0.0.1').setEncoding('utf8');
    this.socket
      .on('data', (text: string) => (this.received += text))
      .on('error', () => undefined)
      .on('close', () => (this.closed = true));
  }

  /** Sends a request over the connection. @returns the head of its answer */
  async ask(): Promise<string> {
    this.received = '';
    this.socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => this.received.endsWith('}') || this.closed);
    return this.received.split('\r\n\r\n')[0]!;
  }

  /** Begins a request and leaves it. */
  begin(): void {
    this.socket.write('GET /health/live HTTP/1.1\r\nHost:');
  }

  end(): void {
    this.socket.destroy();
  }
}

/** Waits for a condition; the time-out of the test is its limit. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('a connection', () => {
  let app: NestFastifyApplication;
  const clients: Client[] = [];

  afterEach(async () => {
    for (const client of clients.splice(0)) client.end();
    await app.close();
  });

  async function start(overrides: Partial<ConnectionOptions> = {}): Promise<void> {
    const options = { connectionAgeMs: 60_000, closeMs: 10_000, ...overrides };
    const testing = await Test.createTestingModule({ imports: [HealthModule.forRoot(options, [], [])] }).compile();
    const adapter = new FastifyAdapter({ return503OnClosing: false });
    app = testing.createNestApplication<NestFastifyApplication>(adapter, { logger: false });
    await app.listen(0, '127.0.0.1');
  }

  function connect(): Client {
    const client = new Client(app);
    clients.push(client);
    return client;
  }

  it('is kept while it is young', async () => {
    await start();
    const client = connect();
    for (let i = 0; i < 20; i++) expect(await client.ask()).toMatch(/^HTTP\/1\.1 200 .*connection: keep-alive/is);
    expect(client.closed).toBe(false);
  });

  it('is closed with an answer, never without one, once it is past its age', async () => {
    const connectionAgeMs = 200;
    await start({ connectionAgeMs });
    const client = connect();
    const startedAt = performance.now();
    let last = '';
    await until(async () => {
      last = await client.ask();
      expect(last).toMatch(/^HTTP\/1\.1 200 /);
      return /connection: close/i.test(last);
    });
    expect(performance.now() - startedAt).toBeGreaterThan(connectionAgeMs * 0.85);
    await until(() => client.closed);
  });

  it('ages by itself, whatever becomes of others', async () => {
    await start({ connectionAgeMs: 200 });
    const old = connect();
    await until(async () => /connection: close/i.test(await old.ask()));
    expect(await connect().ask()).toMatch(/connection: keep-alive/i);
  });

  it('is answered once more while the server closes, and asked to close with that', async () => {
    await start();
    const [busy, idle] = [connect(), connect()];
    await Promise.all([busy.ask(), idle.ask()]);
    let isClosed = false;
    const closing = app.close().then(() => (isClosed = true));
    await until(() => !app.getHttpServer().listening);
    expect(await busy.ask()).toMatch(/^HTTP\/1\.1 200 .*connection: close/is);
    expect(isClosed).toBe(false);
    await closing;
    await until(() => busy.closed && idle.closed);
  });

  it('is cut at the deadline of closing where its request never ends', async () => {
    await start({ closeMs: 700 });
    const client = connect();
    await client.ask();
    client.begin();
    const startedAt = performance.now();
    await app.close();
    expect(performance.now() - startedAt).toBeGreaterThan(600);
    await until(() => client.closed);
  });
});
