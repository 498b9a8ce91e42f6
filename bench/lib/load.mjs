/**
 * Load over connections that are kept, as Logplex makes it. It writes and reads bytes by itself, so that it takes little of the
 * machine from what is measured. Any other answer than 204 ends the run.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** No two requests have the same frame id, or the second would be taken for a retry. */
const run = randomBytes(10).toString('hex');
let frames = 0;

/** How the only answer begins that is taken. */
const STORED = 'HTTP/1.1 204';

/** One connection, with one request under way at most. */
class Connection {
  /** @param heads of requests, which have them in turn */
  constructor(socket, heads) {
    this.socket = socket;
    this.heads = heads;
    this.sent = 0;
    this.received = '';
    this.answered = undefined;
    socket.setNoDelay(true);
    socket.setEncoding('latin1').on('data', (text) => this.read(text));
    socket.on('error', (error) => this.end(error));
    socket.on('close', () => this.end(new Error('the server closed a connection')));
  }

  /** @param answered called with nothing, or with an error */
  send(body, answered) {
    this.answered = answered;
    const id = run + (frames++).toString(16).padStart(12, '0');
    this.socket.cork();
    const head = this.heads[this.sent++ % this.heads.length];
    this.socket.write(`${head}Logplex-Frame-Id: ${id}\r\nContent-Length: ${body.length}\r\n\r\n`, 'latin1');
    this.socket.write(body);
    this.socket.uncork();
  }

  read(text) {
    this.received += text;
    if (this.received.length < STORED.length) return;
    // A 204 has no body.
    const stored = this.received.startsWith(STORED);
    if (stored && !this.received.endsWith('\r\n\r\n')) return;
    const answer = this.received;
    this.received = '';
    this.end(stored ? undefined : new Error(`answered:\n${answer}`));
  }

  end(error) {
    const { answered } = this;
    this.answered = undefined;
    answered?.(error);
  }
}

/**
 * Opens connections to a server.
 *
 * @param url of the service, without a path
 * @param tokens drain tokens, which the connections have in turn; where there are more of them, each has several by turns
 */
export async function connect(url, tokens, { connections, encoding = 'identity' }) {
  const { hostname, port } = new URL(url);
  return Promise.all(
    Array.from({ length: connections }, async (_, i) => {
      const socket = net.connect(Number(port), hostname);
      await once(socket, 'connect');
      const own = tokens.filter((_token, place) => place % connections === i % tokens.length);
      return new Connection(socket, own.map(head));
    }),
  );

  function head(token) {
    return [
      'POST /logs?resolution=60 HTTP/1.1',
      `Host: ${hostname}:${port}`,
      `Authorization: Basic ${Buffer.from(`${token}:`).toString('base64')}`,
      'Content-Type: application/logplex-1',
      ...(encoding === 'gzip' ? ['Content-Encoding: gzip'] : []),
      'User-Agent: Logplex/v104',
      'Logplex-Drain-Token: d.7b2a1f0c-5d3e-4a86-9f21-0c8d4e6b9a35',
      '',
    ].join('\r\n');
  }
}

export function disconnect(connections) {
  for (const { socket } of connections) socket.destroy();
}

/** Sends the bodies so often, each connection the next one as soon as it is answered. @returns how long that took, ms */
export async function closedLoop(connections, bodies, passes = 1) {
  const total = bodies.length * passes;
  let sent = 0;
  const startedAt = performance.now();
  await Promise.all(
    connections.map(
      (connection) =>
        new Promise((done, failed) => {
          const next = (error) => {
            if (error) failed(error);
            else if (sent === total) done();
            else connection.send(bodies[sent++ % bodies.length], next);
          };
          next();
        }),
    ),
  );
  return performance.now() - startedAt;
}

/**
 * Sends at a fixed rate, whatever becomes of the requests before: one that finds no connection free waits, and that counts.
 *
 * @returns how long each took to be answered, in ms, the shortest first
 */
export async function openLoop(connections, bodies, requestsPerSecond, durationMs) {
  const times = new Float64Array(Math.round((requestsPerSecond * durationMs) / 1000));
  const free = [...connections];
  const waiting = [];
  let sent = 0;
  let answered = 0;
  let failure;
  const send = (connection, at, body) =>
    connection.send(body, (error) => {
      failure ??= error;
      times[answered++] = performance.now() - at;
      const next = waiting.shift();
      if (next) send(connection, ...next);
      else free.push(connection);
    });
  const startedAt = performance.now();
  while (answered < times.length) {
    if (failure) throw failure;
    const now = performance.now();
    const due = Math.min(times.length, ((now - startedAt) * requestsPerSecond) / 1000);
    for (; sent < due; sent++) {
      // From now and not from when it was due: that this process is late is not the server's fault.
      const request = [now, bodies[sent % bodies.length]];
      const connection = free.pop();
      if (connection) send(connection, ...request);
      else waiting.push(request);
    }
    await delay(1);
  }
  if (failure) throw failure;
  return times.sort();
}
