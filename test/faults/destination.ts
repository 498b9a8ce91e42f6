import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { SecondValue } from '../../src/model/credentials.js';
import { checkLibratoBody, type ReceivedGauge } from '../fixtures/librato-rules.js';
import { basicCredentials, readAll } from '../fixtures/librato-server.js';

/** What is done with one request. Whoever says `take` here has the values, whatever becomes of the answer. */
export type Treatment =
  /** Its values are taken, and it is answered. */
  | { readonly do: 'take'; readonly afterMs?: number }
  /** Its values are taken, but all that comes back is a piece of the answer's head or of its body. */
  | { readonly do: 'take-and-cut'; readonly within: 'head' | 'body' }
  /** Its values are taken; `then` runs before a byte of the answer is sent, or once all of it is. */
  | { readonly do: 'take-and'; readonly then: () => void; readonly when: 'before' | 'after' }
  /** Nothing is taken, and nothing answered. */
  | { readonly do: 'hang' }
  | { readonly do: 'refuse'; readonly status: number; readonly headers?: Readonly<Record<string, string>> };

/** A request that has come. */
export interface Post {
  /** User name of its credentials: which tenant it is of. */
  readonly user: string;
  readonly gauges: readonly ReceivedGauge[];
}

/** What came of a series for one window. */
export interface SeriesValue {
  readonly value: number;
  /** Requests that it came with. */
  readonly posts: number;
}

/** What is known of a series of one tenant, by the start of the window. */
export type SeriesValues = ReadonlyMap<number, SeriesValue>;

/** Series that one request alone has (sender.ts). */
const OWN_SERIES = /^r\d/;

/** The resource attribute by which an OTLP request says whose it is. */
export const USER_ATTRIBUTE = 'enduser.id';

/**
 * A service that keeps account of what it was given: Librato-compatible, where a second value for a series and time takes the
 * place of the first, or an OTLP receiver, where it adds to it.
 */
export class RecordingDestination {
  /** Decides what is done with a request; everything is taken by default. */
  treat: (post: Post) => Treatment = () => ({ do: 'take' });
  /** Requests that were taken. */
  taken = 0;
  /** When each of those was answered that were, ms by `performance.now()`. */
  readonly answeredAt: number[] = [];
  /**
   * Of these, those with a request's own series that had come before for the same window; or without any, but with what was all
   * said before. Series that requests share may come twice with other values: what is stored for a window once it was claimed
   * is delivered on its own.
   */
  repeated = 0;
  /** Requests that were taken while their answer went nowhere, or only in part. */
  unanswered = 0;
  /** When a request was last taken, by tenant. */
  readonly lastTakenAt = new Map<string, number>();
  /** When the last request ended, in whatever way. */
  lastEndAt = -Infinity;
  /** All that was ever said, point by point. */
  private readonly said = new Set<string>();
  private readonly open = new Set<ServerResponse>();
  private readonly values = new Map<string, Map<string, Map<number, SeriesValue>>>();
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;

  /** @param host where to listen @param port 0 for one that is free */
  constructor(
    private readonly secondValue: SecondValue,
    private readonly host = '127.0.0.1',
    private port = 0,
  ) {}

  /** Where to post. */
  get url(): string {
    return `http://${this.host}:${this.port}/v1/metrics`;
  }

  /** Requests that have come and were neither answered nor given up. */
  get openPosts(): number {
    return this.open.size;
  }

  /** Tenants, by user name, with the values of each series: `value` of a gauge; `count` and `sum` of a complex one as two. */
  of(user: string): ReadonlyMap<string, SeriesValues> {
    return this.values.get(user) ?? new Map();
  }

  /** Listens, always on the same port. */
  async up(): Promise<void> {
    const server = createServer((request, response) => void this.handle(request, response));
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket)).on('error', () => undefined);
    });
    await new Promise<void>((resolve, reject) =>
      server.once('error', reject).listen(this.port, this.host, () => resolve()),
    );
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /** Cuts all connections and listens no more. */
  async down(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (!server) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.open.add(response);
    response.once('close', () => {
      this.open.delete(response);
      this.lastEndAt = performance.now();
    });
    const post = await (this.secondValue === 'adds' ? otlpPost(request) : libratoPost(request));
    if (post === undefined) return;
    if ('status' in post) return answer(response, post.status);
    const treatment = this.treat(post);
    if (treatment.do === 'hang') return;
    if (treatment.do === 'refuse') return answer(response, treatment.status, undefined, treatment.headers);
    this.take(post);
    let isAnswered = false;
    response.once('finish', () => {
      isAnswered = true;
      this.answeredAt.push(performance.now());
    });
    response.once('close', () => {
      if (!isAnswered) this.unanswered++;
    });
    if (treatment.do === 'take-and-cut') {
      if (treatment.within === 'head') response.socket?.write('HTTP/1.1 20', () => response.destroy());
      else response.writeHead(200, { 'content-length': '100' }).write('{"half":', () => response.destroy());
      return;
    }
    if (treatment.do === 'take-and') {
      if (treatment.when === 'before') treatment.then();
      else response.once('finish', treatment.then);
    } else if (treatment.afterMs) await new Promise((resolve) => setTimeout(resolve, treatment.afterMs));
    answer(response, 200);
  }

  private take({ user, gauges }: Post): void {
    this.taken++;
    this.lastTakenAt.set(user, performance.now());
    let ownAgain = false;
    let hasOwn = false;
    let allAgain = true;
    for (const { name, measure_time: at, value, count, sum } of gauges) {
      const isOwn = OWN_SERIES.test(name);
      const before = value !== undefined && this.put(user, name, at, value);
      hasOwn ||= isOwn;
      ownAgain ||= isOwn && before;
      if (count !== undefined) this.put(user, `${name} count`, at, count);
      if (sum !== undefined) this.put(user, `${name} sum`, at, sum);
      const said = [user, name, at, value, count, sum].join();
      allAgain &&= this.said.has(said);
      this.said.add(said);
    }
    if (ownAgain || (!hasOwn && allAgain)) this.repeated++;
  }

  /** @returns whether it was here before */
  private put(user: string, name: string, at: number, value: number): boolean {
    const series = entry(this.values, user, () => new Map<string, Map<number, SeriesValue>>());
    const values = entry(series, name, () => new Map<number, SeriesValue>());
    const before = values.get(at);
    values.set(at, {
      value: this.secondValue === 'adds' ? (before?.value ?? 0) + value : value,
      posts: (before?.posts ?? 0) + 1,
    });
    return before !== undefined;
  }
}

/** What came in Librato's form; the status of a refusal; undefined if the request broke off. */
async function libratoPost(request: IncomingMessage): Promise<Post | { status: number } | undefined> {
  const body = await readAll(request);
  if (body === undefined) return undefined;
  const user = basicCredentials(request.headers.authorization)?.user;
  const { status, gauges } = checkLibratoBody(
    body.toString('utf8'),
    request.headers['content-type'],
    user !== undefined,
  );
  return status === 200 ? { user: user!, gauges } : { status };
}

/** The same of OTLP; points as Librato would have them. */
async function otlpPost(request: IncomingMessage): Promise<Post | { status: number } | undefined> {
  const body = await readAll(request);
  if (body === undefined) return undefined;
  // Where all speak Librato's form, there are no .proto files at hand.
  const { decodeRequest } = await import('../fixtures/otlp/decode.js');
  try {
    const points = decodeRequest(body, 'protobuf');
    const gauges = points.map(({ name, startSeconds, value, histogram }) => {
      const { count, sum } = histogram ?? {};
      return { name, measure_time: startSeconds, ...(histogram ? { count: count!, sum: sum! } : { value: value! }) };
    });
    return { user: points[0]!.resource[USER_ATTRIBUTE]!, gauges };
  } catch {
    return { status: 400 };
  }
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

function answer(
  response: ServerResponse,
  status: number,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body === undefined ? '' : JSON.stringify(body));
}
