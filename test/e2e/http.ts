import http from 'node:http';
import net from 'node:net';

/** An answer over HTTP, with its body as text. */
export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** What to send; `chunked` leaves Content-Length out. */
export interface Sent {
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  readonly chunked?: boolean;
  readonly agent?: http.Agent;
}

/** Sends one request. Rejects if the connection breaks before the answer is whole. */
export function send(url: string, { method = 'POST', headers = {}, body, chunked, agent }: Sent = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body !== undefined && !chunked ? { 'content-length': Buffer.byteLength(body) } : {};
    const request = http.request(
      url,
      { method, headers: { ...length, ...headers }, agent: agent ?? false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks).toString() }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** Writes bytes to a server as they are and gives all that comes back until it closes the connection. */
export function sendRaw(url: string, bytes: string | Buffer): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = net.connect(Number(port), hostname, () => socket.write(bytes));
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => (received += text));
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
  });
}

/** A Basic header with a user name and no password, as Logplex makes of a drain URL. */
export function basic(user: string, password = ''): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** Lines as octet-counted frames. */
export function frames(lines: readonly string[]): Buffer {
  return Buffer.concat(lines.map((line) => Buffer.from(`${Buffer.byteLength(line)} ${line}`)));
}
