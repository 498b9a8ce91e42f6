import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../src/model/clock.js';
import type { DestinationTarget } from '../../src/model/credentials.js';
import { AddressPolicy } from '../../src/outlet/address-policy.js';
import { ConsoleDestination } from '../../src/outlet/destinations/console.js';
import { LibratoDestination } from '../../src/outlet/destinations/librato.js';
import { HttpClient } from '../../src/outlet/http-client.js';
import { type LibratoServer, startLibratoServer } from '../fixtures/librato-server.js';
import { destinationConformance, httpDestinationConformance } from './destination.conformance.js';
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
  httpDestinationConformance(librato);

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

describe('the console destination', () => {
  destinationConformance(() => new ConsoleDestination(() => undefined));

  it('delivers by printing', async () => {
    let printed = '';
    const sent = await send(new ConsoleDestination((text) => void (printed += text)), somePoints());
    expect(sent).toMatchObject({ delivered: 5, rejected: 0, failure: undefined });
    expect(printed).toContain('5 metrics');
  });

  it('is tried again later where it cannot print', async () => {
    const broken = new ConsoleDestination(() => {
      throw new Error('EPIPE');
    });
    expect(await send(broken, somePoints())).toMatchObject({ delivered: 0, failure: { kind: 'retry' } });
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
