import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../src/model/clock.js';
import { type DestinationTarget, parseDestinationUrl } from '../../src/model/credentials.js';
import { AddressPolicy } from '../../src/outlet/address-policy.js';
import { ConsoleDestination } from '../../src/outlet/destinations/console.js';
import { LibratoDestination } from '../../src/outlet/destinations/librato.js';
import { OtlpDestination } from '../../src/outlet/destinations/otlp/otlp.js';
import { HttpClient } from '../../src/outlet/http-client.js';
import { type LibratoServer, startLibratoServer } from '../fixtures/librato-server.js';
import { decodeRequest } from '../fixtures/otlp/decode.js';
import { type OtlpServer, startOtlpServer } from '../fixtures/otlp/otlp-server.js';
import { quantileOf } from '../fixtures/otlp/quantile.js';
import { destinationConformance, httpDestinationConformance, note, outcomeTable } from './destination.conformance.js';
import { NOW, send, somePoints } from './destination.harness.js';

function librato(url: string, { byOperator = false, allow = [] as string[] } = {}) {
  const http = new HttpClient({ userAgent: 'l2met/test', policy: new AddressPolicy(allow), proxy: undefined });
  const target: DestinationTarget & { kind: 'librato' } = {
    kind: 'librato',
    url: new URL(url),
    user: 'me@example.com',
    password: 'tok:en',
  };
  const destination = new LibratoDestination(target, byOperator, { http, clock: new ManualClock(NOW) });
  return { destination, close: () => http.close() };
}

describe('the librato destination', () => {
  destinationConformance(() => librato('http://127.0.0.1:1/v1/metrics').destination);
  httpDestinationConformance(librato, (body) => body.toString('utf8'));

  describe('with a server that refuses what Librato would', () => {
    let server: LibratoServer;
    let made: ReturnType<typeof librato>;

    beforeEach(async () => {
      server = await startLibratoServer();
      made = librato(server.url);
    });
    afterEach(async () => {
      await made.close();
      await server.close();
    });

    it('delivers every kind of point as the Go program did', async () => {
      expect(await send(made.destination, somePoints())).toMatchObject({ delivered: 5, failure: undefined });
      const [request] = server.requests;
      expect(request).toMatchObject({
        method: 'POST',
        path: '/v1/metrics',
        credentials: { user: 'me@example.com', password: 'tok:en' },
        status: 200,
      });
      expect(request!.headers['user-agent']).toBe('l2met/test');
      expect([...server.gauges().keys()].map((key) => key.split(' ')[0])).toEqual([
        'a',
        'b',
        'c',
        'c.median',
        'c.perc95',
        'c.perc99',
        'bad',
        'd',
      ]);
      expect(server.gauge('c', 'web.1')).toMatchObject({ count: 100, sum: 5050, min: 1, max: 100 });
      expect(server.gauge('c.perc95', 'web.1')).toMatchObject({ value: 96 });
    });

    it('takes 403 for a rate limit where its body says so', async () => {
      server.respond((_request, response) => {
        response.writeHead(403).end('{"errors":{"request":["Rate limit exceeded"]}}');
        return true;
      });
      expect(await send(made.destination, somePoints())).toMatchObject({ failure: { kind: 'retry' } });
    });

    it('refuses a host that ALLOW_DESTINATIONS does not name, and sends nothing', async () => {
      const other = librato(server.url, { allow: ['*.example.com'] });
      expect(await send(other.destination, somePoints())).toMatchObject({
        failure: { kind: 'pause', why: 'the host is not in ALLOW_DESTINATIONS' },
      });
      await other.close();
      expect(server.requests).toHaveLength(0);
    });

    it('goes where the operator says, whatever the policy', async () => {
      const own = librato(server.url, { byOperator: true, allow: ['*.example.com'] });
      expect(await send(own.destination, somePoints())).toMatchObject({ delivered: 5 });
      await own.close();
    });
  });
});

function otlp(url: string, options = '', account?: string) {
  const http = new HttpClient({ userAgent: 'l2met/test', policy: new AddressPolicy([]), proxy: undefined });
  const parsed = parseDestinationUrl(`otlp+${url}?header.Authorization=Bearer%20t0ken${options}`);
  if (!parsed?.ok || parsed.target.kind !== 'otlp') throw new Error('no otlp URL');
  const destination = new OtlpDestination(parsed.target, false, { http, clock: new ManualClock(NOW) }, account);
  return { destination, close: () => http.close() };
}

describe.each(['protobuf', 'json'] as const)('the otlp destination, %s', (encoding) => {
  const make = (url: string) => otlp(url, `&encoding=${encoding}`);
  destinationConformance(() => make('http://127.0.0.1:1/v1/metrics').destination);
  httpDestinationConformance(make, (body) => JSON.stringify(decodeRequest(gunzipSync(body), encoding)));

  describe('with a server that refuses what an OTLP server would', () => {
    let server: OtlpServer;

    beforeEach(async () => void (server = await startOtlpServer()));
    afterEach(() => server.close());

    async function sendTo(options = '', account?: string) {
      const made = otlp(server.url, `&encoding=${encoding}${options}`, account);
      const sent = await send(made.destination, somePoints());
      await made.close();
      expect(server.refusals).toEqual([]);
      return sent;
    }

    it('delivers every kind of point, compressed', async () => {
      expect(await sendTo()).toMatchObject({ delivered: 5, failure: undefined });
      const [request, ...more] = server.exports;
      expect(more).toEqual([]);
      expect(request!.headers).toMatchObject({
        authorization: 'Bearer t0ken',
        'content-encoding': 'gzip',
        'content-type': encoding === 'json' ? 'application/json' : 'application/x-protobuf',
        'user-agent': 'l2met/test',
      });
      const common = { unit: 'ms', attributes: { source: 'web.1' }, resource: { 'service.name': 'l2met' } };
      const times = { startSeconds: NOW / 1000 - 90, endSeconds: NOW / 1000 - 30 };
      expect(request!.points).toEqual([
        { name: 'a', type: 'sum', temporality: 1, monotonic: true, value: 3, ...common, ...times },
        { name: 'b', type: 'gauge', value: 0.5, ...common, ...times },
        expect.objectContaining({ name: 'c', type: 'exponentialHistogram', temporality: 1, ...common, ...times }),
        { name: 'bad', type: 'sum', temporality: 1, monotonic: true, value: 1, ...common, ...times },
        { name: 'd', type: 'sum', temporality: 1, monotonic: false, value: -3, ...common, ...times },
      ]);
      const { histogram } = request!.points[2]!;
      expect(histogram).toMatchObject({ count: 100, sum: 5050, min: 1, max: 100 });
      expect(quantileOf(histogram!, 0.95) / 96).toBeCloseTo(1, 2);
    });

    it('sends what the URL says of its resource, and no e-mail', async () => {
      await sendTo('&resource.deployment.environment=prod&resource.service.name=shop', 'me@example.com');
      expect(server.points()[0]!.resource).toEqual({ 'service.name': 'shop', 'deployment.environment': 'prod' });
    });

    it('tells the e-mail of an account where it is asked for', async () => {
      await sendTo('&account-attribute=enduser.id', 'me@example.com');
      expect(server.points()[0]!.resource).toEqual({ 'service.name': 'l2met', 'enduser.id': 'me@example.com' });
    });

    it('compresses nothing where that is asked for', async () => {
      await sendTo('&compression=none');
      expect(server.exports[0]!.headers['content-encoding']).toBeUndefined();
    });

    it('counts what a partialSuccess says was not taken, and does not send it again', async () => {
      server.reject({ rejected: 2, message: 'out of bounds' });
      const sent = await sendTo();
      note(make(server.url).destination, '200 with a partialSuccess for 2 points', sent);
      expect(sent).toMatchObject({ delivered: 3, rejected: 2, failure: undefined });
      expect(server.exports).toHaveLength(1);
    });

    it('takes a partialSuccess without a number for the warning that it is', async () => {
      server.reject({ rejected: 0, message: 'deprecated' });
      expect(await sendTo()).toMatchObject({ delivered: 5, rejected: 0 });
    });

    it('cuts requests by their bytes', async () => {
      const points = Array.from({ length: 400 }, (_, i) => ({ ...somePoints()[2]!, name: `n${i}` }));
      const made = otlp(server.url, `&encoding=${encoding}&request-bytes=65536`);
      expect(await send(made.destination, points)).toMatchObject({ delivered: 400, failure: undefined });
      await made.close();
      expect(server.exports.length).toBeGreaterThan(1);
      expect(Math.max(...server.exports.map(({ bytes }) => bytes))).toBeLessThanOrEqual(65_536);
      // Not much below it either, so that few requests are made: histograms are heavier on the scales than on the wire.
      expect(Math.max(...server.exports.map(({ bytes }) => bytes))).toBeGreaterThan(16_384);
    });
  });
});

describe('the console destination', () => {
  destinationConformance(() => new ConsoleDestination(() => undefined));

  it('delivers by printing', async () => {
    let printed = '';
    const destination = new ConsoleDestination((text) => void (printed += text));
    const sent = await send(destination, somePoints());
    note(destination, 'all is well', sent);
    expect(sent).toMatchObject({ delivered: 5, rejected: 0, failure: undefined });
    expect(printed).toContain('5 metrics');
  });

  it('is tried again later where it cannot print', async () => {
    const broken = new ConsoleDestination(() => {
      throw new Error('EPIPE');
    });
    const sent = await send(broken, somePoints());
    note(broken, 'it cannot print', sent);
    expect(sent).toMatchObject({ delivered: 0, failure: { kind: 'retry' } });
  });

  it('is tried again later where printing fails afterwards', async () => {
    const broken = new ConsoleDestination(() => Promise.reject(new Error('EPIPE')));
    expect(await send(broken, somePoints())).toMatchObject({
      delivered: 0,
      failure: { kind: 'retry', why: 'could not print' },
      mayArrive: false,
    });
  });

  it('is tried again later where printing does not end in time', async () => {
    const hanging = new ConsoleDestination(() => new Promise(() => undefined));
    expect(await send(hanging, somePoints(), 50)).toMatchObject({
      delivered: 0,
      failure: { kind: 'retry', why: 'not printed in time' },
    });
  });
});

// Behind all others: it shows what they have seen.
describe('what becomes of points, by answer and kind of destination', () => {
  afterAll(() => void process.stdout.write(`\n${outcomeTable()}\n`));

  it('is as docs/destinations.md has it', () => {
    const docs = readFileSync(new URL('../../docs/destinations.md', import.meta.url), 'utf8');
    expect(docs).toContain(outcomeTable());
  });
});
