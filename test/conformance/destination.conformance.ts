import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { SECOND_VALUE } from '../../src/model/credentials.js';
import type { Destination } from '../../src/outlet/destination.js';
import { type ScriptedServer, startScriptedServer } from '../fixtures/scripted-server.js';
import { atOnce } from '../fixtures/at-once.js';
import { NOW, send, type Sent, somePoints } from './destination.harness.js';

/** What every destination promises, whatever carries its records. */
export function destinationConformance(make: () => Destination): void {
  it('says of a second value what the drain was told', () => {
    const { kind, secondValue } = make();
    expect(secondValue).toBe(SECOND_VALUE[kind]);
  });

  it('prepares the same records each time, so that a takeover goes on where it stopped', () => {
    const points = somePoints();
    const first = JSON.stringify(atOnce(make().prepare(points)));
    expect(JSON.stringify(atOnce(make().prepare(points)))).toBe(first);
    expect(JSON.stringify(atOnce(make().prepare(somePoints())))).toBe(first);
  });

  it('makes a record of each point', () => {
    const { records, collisions } = atOnce(make().prepare(somePoints()));
    expect(records).toHaveLength(5);
    expect(collisions).toBe(0);
    for (const { weight } of records) expect(weight).toBeGreaterThan(0);
  });

  it('prepares no records of no points', () => {
    expect(atOnce(make().prepare([]))).toEqual({ records: [], collisions: 0 });
  });
}

/** What came of each answer, by its title and by kind of destination. */
const outcomes = new Map<string, Map<string, string>>();

/** Puts an outcome into the table of {@link outcomeTable}. */
export function note({ kind }: Destination, title: string, { delivered, rejected, failure }: Sent): void {
  const parts = [
    ...(delivered > 0 ? [`${delivered} delivered`] : []),
    ...(rejected > 0 ? [`${rejected} dropped`] : []),
    ...(failure?.kind === 'retry'
      ? [failure.afterMs > 0 ? `again in ${failure.afterMs / 1000} s` : 'again later']
      : []),
    ...(failure?.kind === 'pause' ? ['paused'] : []),
  ];
  const row = outcomes.get(title) ?? new Map<string, string>();
  outcomes.set(title, row.set(kind, parts.join(', ')));
}

/** What became of five points, by answer and kind of destination, as Markdown. */
export function outcomeTable(): string {
  const kinds = [...new Set([...outcomes.values()].flatMap((row) => [...row.keys()]))].sort();
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return [
    line(['of five points', ...kinds]),
    line(['---', ...kinds.map(() => '---')]),
    ...[...outcomes].map(([title, row]) => line([title, ...kinds.map((kind) => row.get(kind) ?? '–')])),
  ].join('');
}

type Expected = Partial<Sent> & { readonly posts?: number };

interface Row {
  readonly title: string;
  readonly answer: (response: ServerResponse, body: string) => void;
  readonly expected: Expected;
  readonly timeoutMs?: number;
}

const status =
  (code: number, headers: Record<string, string> = {}, text = '') =>
  (response: ServerResponse): void => {
    response.writeHead(code, headers).end(text);
  };
const retry = (why: string, afterMs = 0): Expected => ({
  delivered: 0,
  rejected: 0,
  posts: 1,
  failure: { kind: 'retry', why, afterMs },
  mayArrive: false,
});
const pause = (why: string): Expected => ({
  delivered: 0,
  rejected: 0,
  posts: 1,
  failure: { kind: 'pause', why, afterMs: 0 },
});
const all: Expected = { delivered: 5, rejected: 0, failure: undefined, mayArrive: false };

/** How many of the points of {@link somePoints} are in a request. */
const namesIn = (body: string): number =>
  ['"a"', '"b"', '"c"', '"bad"', '"d"'].filter((name) => body.includes(name)).length;

const ROWS: readonly Row[] = [
  { title: '200 delivers', answer: status(200), expected: { ...all, posts: 1 } },
  { title: '202 delivers', answer: status(202), expected: { ...all, posts: 1 } },
  { title: '204 delivers', answer: status(204), expected: { ...all, posts: 1 } },
  {
    title: '200 delivers even if its body breaks off',
    answer: (response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    },
    expected: { ...all, posts: 1 },
  },
  {
    title: '200 delivers even if its body never ends',
    answer: (response) => void response.writeHead(200, { 'content-length': '100' }).write('half'),
    expected: all,
    timeoutMs: 300,
  },
  { title: '400 for all drops all', answer: status(400), expected: { delivered: 0, rejected: 5, failure: undefined } },
  { title: '415 drops', answer: status(415), expected: { delivered: 0, rejected: 5, failure: undefined } },
  { title: '422 drops', answer: status(422), expected: { delivered: 0, rejected: 5, failure: undefined } },
  {
    title: '400 for one of many is bisected: exactly the bad one is lost',
    answer: (response, body) => status(body.includes('"bad"') ? 400 : 200)(response),
    expected: { delivered: 4, rejected: 1, failure: undefined },
  },
  {
    title: '413 splits until each part fits',
    answer: (response, body) => status(namesIn(body) > 2 ? 413 : 200)(response),
    expected: { delivered: 5, rejected: 0, failure: undefined },
  },
  {
    title: '413 for a record alone drops it',
    answer: status(413),
    expected: { delivered: 0, rejected: 5, failure: undefined },
  },
  { title: '401 pauses', answer: status(401), expected: pause('answered 401') },
  { title: '403 pauses', answer: status(403), expected: pause('answered 403') },
  { title: '404 pauses', answer: status(404), expected: pause('answered 404') },
  { title: '405 pauses', answer: status(405), expected: pause('answered 405') },
  {
    title: '302 pauses and is not followed',
    answer: status(302, { location: '/elsewhere' }),
    expected: pause('answered 302'),
  },
  { title: '418 pauses, as any status not named', answer: status(418), expected: pause('answered 418') },
  { title: '408 is tried again later', answer: status(408), expected: retry('answered 408') },
  { title: '429 is tried again later', answer: status(429), expected: retry('answered 429') },
  {
    title: '429 with Retry-After in seconds waits as long',
    answer: status(429, { 'retry-after': '7' }),
    expected: retry('answered 429', 7_000),
  },
  {
    title: '429 with Retry-After as a date waits until then',
    answer: status(429, { 'retry-after': new Date(NOW + 42_000).toUTCString() }),
    expected: retry('answered 429', 42_000),
  },
  {
    title: 'Retry-After of a day is cut to an hour',
    answer: status(503, { 'retry-after': '86400' }),
    expected: retry('answered 503', 3_600_000),
  },
  {
    title: 'Retry-After that cannot be read is passed over',
    answer: status(503, { 'retry-after': 'soon' }),
    expected: retry('answered 503'),
  },
  { title: '500 is tried again later', answer: status(500), expected: retry('answered 500') },
  { title: '503 is tried again later', answer: status(503), expected: retry('answered 503') },
  {
    title: 'no answer in time is tried again later, once it cannot arrive any more',
    answer: () => undefined,
    expected: { ...retry('no answer in time'), mayArrive: true },
    timeoutMs: 200,
  },
  {
    title: 'a socket cut before the answer',
    answer: (response) => void response.destroy(),
    expected: { ...retry('the connection broke (UND_ERR_SOCKET)'), mayArrive: true },
  },
  {
    title: 'a socket cut in the middle of the head of the answer',
    answer: (response) => void response.socket!.write('HTTP/1.1 200 OK\r\nContent-Le', () => response.destroy()),
    expected: { ...retry('the connection broke (UND_ERR_SOCKET)'), mayArrive: true },
  },
];

/**
 * What a destination that speaks HTTP makes of answers and faults, over a real socket.
 *
 * @param asText a request's body as text that has the names of its points in quotes
 */
export function httpDestinationConformance(
  make: (url: string) => { destination: Destination; close: () => Promise<void> },
  asText: (body: Buffer) => string,
): void {
  let server: ScriptedServer;
  let made: ReturnType<typeof make>;

  beforeEach(async () => {
    server = await startScriptedServer();
    made = make(server.url);
  });
  afterEach(async () => {
    await made.close();
    await server.close();
  });

  it.each(ROWS)('$title', async ({ title, answer, expected, timeoutMs }) => {
    server.answer((response, body) => answer(response, asText(body)));
    const sent = await send(made.destination, somePoints(), timeoutMs);
    note(made.destination, title, sent);
    expect({ ...sent, posts: server.bodies.length }).toMatchObject(expected);
    expect(sent.failure).toEqual(expected.failure);
  });

  it('a refused connection is tried again later, and nothing of it can arrive', async () => {
    await server.close();
    expect(await send(made.destination, somePoints())).toMatchObject({
      delivered: 0,
      failure: { kind: 'retry', why: 'no connection (ECONNREFUSED)' },
      mayArrive: false,
    });
  });

  it('connections are used again after an answer, a refusing one included', async () => {
    for (const code of [200, 503, 401, 200, 503, 401]) {
      server.answer((response) => response.writeHead(code).end('x'.repeat(10_000)));
      await send(made.destination, somePoints());
    }
    // Whether an answer is read to its very end when the next request leaves is a matter of µs: a second one may be made.
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  it('says nothing of the answer but its status', async () => {
    server.answer((response) => response.writeHead(401).end('secret of the vendor'));
    const { failure } = await send(made.destination, somePoints());
    expect(JSON.stringify(failure)).not.toContain('secret');
  });
}
