import { EventEmitter, once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { send } from '../../test/e2e/http.js';
import { Admission, readBody } from './admission.js';
import { HttpError } from '../access/http-error.js';
import type { IngestOptions } from './ingest.options.js';

const REQUESTS = 8;
const BYTES = 400_000;
const LIMIT_BYTES = 50_000;

const admissionOf = (inFlightRequests = REQUESTS, inFlightBytes = BYTES): Admission =>
  new Admission({ inFlightRequests, inFlightBytes } as IngestOptions);

const response = (): ServerResponse =>
  Object.assign(new EventEmitter(), { req: { socket: new EventEmitter() } }) as unknown as ServerResponse;

/** The code of the error that something throws. */
function codeOf(what: () => unknown): string | undefined {
  try {
    what();
    return undefined;
  } catch (error) {
    if (error instanceof HttpError) return error.code;
    throw error;
  }
}

/** What is free, found by taking all of it and giving it back. */
function freeIn(admission: Admission): { requests: number; bytes: number } {
  const entered: ServerResponse[] = [];
  let bytes = 0;
  for (let i = 0; ; i++) {
    const one = response();
    let place: ReturnType<Admission['enter']> | undefined;
    if (codeOf(() => (place = admission.enter(`probe ${i}`, one))) !== undefined) break;
    entered.push(one);
    for (let size = 2 ** 20; size >= 1;) {
      if (codeOf(() => place!.take(size)) === undefined) bytes += size;
      else size /= 2;
    }
    // A full store of bytes lets nobody in; that says nothing of the requests.
    if (codeOf(() => place!.take(1)) === 'L2MET_INGEST_OVERLOAD') break;
  }
  for (const one of entered) one.emit('close');
  const again: ServerResponse[] = [];
  for (let i = 0; codeOf(() => admission.enter(`probe ${i}`, (again[i] = response()))) === undefined; i++);
  for (const one of again) one.emit('close');
  return { requests: again.length - 1, bytes };
}

describe('admission', () => {
  it('lets in so many requests, and tells the next to come again', () => {
    const admission = admissionOf(4);
    for (const tenant of ['a', 'b', 'c', 'd']) admission.enter(tenant, response());
    expect(() => admission.enter('e', response())).toThrow(
      expect.objectContaining({ status: 503, code: 'L2MET_INGEST_OVERLOAD', headers: { 'retry-after': '1' } }),
    );
  });

  it('gives one tenant half of the requests, and leaves the others to others', () => {
    const admission = admissionOf(4);
    admission.enter('greedy', response());
    admission.enter('greedy', response());
    expect(() => admission.enter('greedy', response())).toThrow(
      expect.objectContaining({ status: 429, code: 'L2MET_INGEST_TENANT_OVERLOAD', headers: { 'retry-after': '1' } }),
    );
    expect(codeOf(() => admission.enter('modest', response()))).toBeUndefined();
  });

  it('lets in one request of a tenant, where half of the limit would be none', () => {
    const admission = admissionOf(1);
    expect(codeOf(() => admission.enter('only', response()))).toBeUndefined();
    expect(codeOf(() => admission.enter('other', response()))).toBe('L2MET_INGEST_OVERLOAD');
  });

  it('gives so many bytes, of which one tenant gets half', () => {
    const admission = admissionOf(REQUESTS, 1_000);
    const [a, b, c] = ['a', 'b', 'c'].map((tenant) => admission.enter(tenant, response()));
    expect(codeOf(() => a!.take(500))).toBeUndefined();
    expect(codeOf(() => a!.take(1))).toBe('L2MET_INGEST_TENANT_OVERLOAD');
    expect(codeOf(() => b!.take(400))).toBeUndefined();
    expect(codeOf(() => c!.take(101))).toBe('L2MET_INGEST_OVERLOAD');
    // What was refused is not held.
    expect(codeOf(() => c!.take(100))).toBeUndefined();
  });

  it('counts the bytes of all requests of a tenant together', () => {
    const admission = admissionOf(REQUESTS, 1_000);
    const [first, second] = [admission.enter('a', response()), admission.enter('a', response())];
    first.take(300);
    expect(codeOf(() => second.take(201))).toBe('L2MET_INGEST_TENANT_OVERLOAD');
    expect(codeOf(() => second.take(200))).toBeUndefined();
  });

  it('takes back requests and bytes when a response closes, once', () => {
    const admission = admissionOf(REQUESTS, 1_000);
    const [one, other] = [response(), response()];
    admission.enter('a', one).take(400);
    admission.enter('a', other).take(100);
    expect(freeIn(admission)).toEqual({ requests: REQUESTS - 2, bytes: 500 });
    one.emit('close');
    one.emit('close');
    expect(freeIn(admission)).toEqual({ requests: REQUESTS - 1, bytes: 900 });
    expect(codeOf(() => admission.enter('a', response()).take(401))).toBe('L2MET_INGEST_TENANT_OVERLOAD');
    other.emit('close');
  });

  it('holds nothing for a request that it refused', () => {
    const admission = admissionOf(2);
    const one = response();
    admission.enter('a', one);
    for (let i = 0; i < 10; i++) expect(codeOf(() => admission.enter('a', response()))).toBeDefined();
    one.emit('close');
    expect(freeIn(admission)).toEqual({ requests: 2, bytes: BYTES });
  });
});

describe('reading a body', () => {
  let admission: Admission;
  let server: http.Server;
  let url: string;
  /** How each body ended: its bytes or its error, in order. */
  let ends: (Buffer | Error)[];
  let closed: number;
  let entered: number;

  beforeEach(async () => {
    admission = admissionOf();
    [ends, closed, entered] = [[], 0, 0];
    server = http.createServer(serve).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  function serve(request: IncomingMessage, answer: ServerResponse): void {
    answer.once('close', () => closed++);
    const place = admission.enter(String(request.headers['x-tenant'] ?? 'tenant'), answer);
    entered++;
    readBody(request, place, LIMIT_BYTES, (error, body) => {
      ends.push(error ?? body!);
      answer.statusCode = error instanceof HttpError ? error.status : 200;
      answer.end(String(body?.length));
    });
  }

  /** Sends the beginning of a request whose end never comes. */
  function begin(bytes: string): net.Socket {
    const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
    socket.write(bytes);
    return socket;
  }

  const head = (length: number): string => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;
  const chunkedHead = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';

  it.each([
    ['nothing', 0, false],
    ['a few bytes', 10, false],
    ['a few bytes, chunked', 10, true],
    ['exactly the limit', LIMIT_BYTES, false],
    ['exactly the limit, chunked', LIMIT_BYTES, true],
  ])('gives it whole and as it was: %s', async (_what, length, chunked) => {
    const body = Buffer.from(Array.from({ length }, (_, i) => i % 251));
    expect((await send(url, { body, chunked })).status).toBe(200);
    expect(ends).toEqual([body]);
  });

  it('puts together what comes in pieces', async () => {
    const socket = begin(`${chunkedHead}3\r\nabc\r\n`);
    await until(() => freeIn(admission).bytes === BYTES - 3);
    socket.write('4\r\ndefg\r\n');
    await until(() => freeIn(admission).bytes === BYTES - 7);
    socket.write('0\r\n\r\n');
    await until(() => ends.length === 1);
    expect(String(ends[0])).toBe('abcdefg');
    socket.destroy();
  });

  it('holds of a sender that stalls no more than what it has sent', async () => {
    const socket = begin(`${head(LIMIT_BYTES)}${'x'.repeat(1_000)}`);
    await until(() => freeIn(admission).bytes === BYTES - 1_000);
    expect(freeIn(admission)).toEqual({ requests: REQUESTS - 1, bytes: BYTES - 1_000 });
    socket.destroy();
    await until(() => closed === 1);
    expect(freeIn(admission)).toEqual({ requests: REQUESTS, bytes: BYTES });
  });

  it.each([
    ['with its length told', false],
    ['chunked', true],
  ])('reads one over the limit to its end, so that its sender sees the 413: %s', async (_how, chunked) => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const answer = await send(url, { body: Buffer.alloc(LIMIT_BYTES * 3), chunked, agent });
    expect(answer.status).toBe(413);
    expect((await send(url, { body: 'next', agent })).status).toBe(200);
    agent.destroy();
    await until(() => closed === 2);
    expect(freeIn(admission)).toEqual({ requests: REQUESTS, bytes: BYTES });
  });

  it('stops waiting for the end of one that goes on past four times the limit', async () => {
    const socket = begin(chunkedHead);
    const piece = `2000\r\n${'x'.repeat(0x2000)}\r\n`;
    let sentBytes = 0;
    await until(() => {
      if (sentBytes < LIMIT_BYTES * 8) socket.write(piece);
      sentBytes += 0x2000;
      return ends.length > 0;
    });
    expect(ends[0]).toMatchObject({ status: 413 });
    expect(sentBytes).toBeGreaterThan(LIMIT_BYTES * 4);
    // What ends the connection afterwards is no second end of the body.
    socket.destroy();
    await until(() => closed === 1);
    expect(ends).toHaveLength(1);
    expect(freeIn(admission)).toEqual({ requests: REQUESTS, bytes: BYTES });
  });

  it('reads one that finds no room to its end, so that its sender sees why', async () => {
    const others = ['a', 'b'].map((tenant) => {
      const one = response();
      admission.enter(tenant, one).take(BYTES / 2 - 500);
      return one;
    });
    expect((await send(url, { body: Buffer.alloc(LIMIT_BYTES) })).status).toBe(503);
    for (const other of others) other.emit('close');
    await until(() => closed === 1);
    expect((await send(url, { body: Buffer.alloc(LIMIT_BYTES) })).status).toBe(200);
  });

  it('gives the error of a connection that breaks midway, once', async () => {
    const socket = begin(`${head(1_000)}half`);
    await until(() => freeIn(admission).bytes === BYTES - 4);
    socket.destroy();
    await until(() => closed === 1);
    expect(ends).toEqual([expect.objectContaining({ code: 'ECONNRESET' })]);
  });

  it('leaves nothing behind after 200 uploads that broke off in all sorts of places', async () => {
    const beginnings = [
      head(LIMIT_BYTES),
      `${head(LIMIT_BYTES)}${'x'.repeat(20_000)}`,
      `${head(10)}${'x'.repeat(9)}`,
      `${chunkedHead}5`,
      `${chunkedHead}1000\r\n${'x'.repeat(100)}`,
      `${chunkedHead}4\r\nabcd\r\nnonsense`,
      `${head(LIMIT_BYTES * 3)}${'x'.repeat(LIMIT_BYTES + 1)}`,
    ];
    for (let i = 0; i < 200; i += 4) {
      const sockets = [0, 1, 2, 3].map((n) => begin(beginnings[(i + n) % beginnings.length]!));
      await until(() => entered === i + 4);
      for (const socket of sockets) {
        if (i % 8 === 0) socket.resetAndDestroy();
        else socket.destroy();
      }
      await until(() => closed === i + 4);
    }
    expect(ends).toHaveLength(200);
    expect(freeIn(admission)).toEqual({ requests: REQUESTS, bytes: BYTES });
    expect((await send(url, { body: Buffer.alloc(LIMIT_BYTES) })).status).toBe(200);
  });
});

describe('requests that stand behind others on a connection', () => {
  it('leave with it: their answers, which never had it, are never closed', async () => {
    const admission = admissionOf(50);
    let entered = 0;
    const server = http.createServer((request, answer) => {
      const place = admission.enter('tenant', answer);
      entered++;
      // Nobody is answered.
      readBody(request, place, LIMIT_BYTES, () => undefined);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody'.repeat(20));
    await until(() => entered === 20 && admission.atWork.bytes === 80);
    socket.destroy();
    await until(() => admission.atWork.requests === 0);
    expect(admission.atWork).toEqual({ requests: 0, bytes: 0 });
    expect(freeIn(admission).requests).toBe(50);
    await new Promise((resolve) => server.close(resolve));
  });
});

/** Waits for a condition; the time-out of the test is its limit. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}
