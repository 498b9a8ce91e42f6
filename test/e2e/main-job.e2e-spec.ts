import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { startLibratoServer } from '../fixtures/librato-server.js';
import { expectedGauges } from './expected.js';
import { basic, frames, send } from './http.js';
import { startService, until } from './process.js';
import { storedGauges } from './stored-gauges.js';
import { Traffic } from './traffic.js';

/** How long traffic runs, s. `L2MET_E2E_SECONDS=60 npm test -- main-job` for the long form. */
const SECONDS = Number(process.env['L2MET_E2E_SECONDS'] ?? 6);

/** Between two requests of a sender: more lines than this makes would fill a minute's bucket past its exact values. */
const PAUSE_MS = 100;

/** One sender: its own connection, tenant and way of sending. */
interface Sender {
  readonly account: string;
  readonly path: string;
  readonly shuttle: boolean;
  readonly resolution: number;
  readonly prefix: string;
}

const SENDERS: readonly Sender[] = [
  { account: 'one@example.com:t1', path: '/logs?resolution=1', shuttle: false, resolution: 1, prefix: '' },
  { account: 'one@example.com:t1', path: '/logs?resolution=1', shuttle: true, resolution: 1, prefix: '' },
  { account: 'two@example.com:t2', path: '/logs', shuttle: false, resolution: 60, prefix: '' },
  { account: 'two@example.com:t2', path: '/logs?prefix=shop', shuttle: true, resolution: 60, prefix: 'shop.' },
];

describe('the main job', () => {
  it(
    'delivers exactly what an independent calculation over the sent lines gives, at resolution 1 and 60, from several connections',
    async () => {
      const librato = await startLibratoServer();
      const service = await startService({ LIBRATO_URL: librato.url, GRACE_MS: '1000' });
      const endsAt = Date.now() + SECONDS * 1000;
      const sent = await Promise.all(
        SENDERS.map(async (sender, index) => {
          const traffic = new Traffic(index + 1);
          const lines: string[] = [];
          while (Date.now() < endsAt) {
            // Lines are up to 3 s old when they come: some find their window delivered already.
            const batch = Array.from({ length: 1 + traffic.int(60) }, () =>
              traffic.line(Date.now() - traffic.int(3000), sender.shuttle),
            );
            const answer = await post(service.url, service.token(sender.account), sender, batch);
            expect([answer.status, answer.body]).toEqual([204, '']);
            lines.push(...batch);
            await pause(PAUSE_MS);
          }
          return lines;
        }),
      );
      const { code, stdout } = await service.process.stop();
      expect([code, stdout]).toEqual([0, '']);
      for (const account of new Set(SENDERS.map((sender) => sender.account))) {
        const expected = new Map<string, Record<string, number>>();
        for (const prefix of new Set(SENDERS.map((sender) => sender.prefix))) {
          const group = SENDERS.flatMap((sender, index) =>
            sender.account === account && sender.prefix === prefix ? [{ sender, lines: sent[index]! }] : [],
          );
          const lines = group.flatMap((one) => one.lines);
          const resolution = group[0]?.sender.resolution ?? 60;
          for (const [key, gauge] of expectedGauges(lines, resolution, prefix)) expected.set(key, gauge);
        }
        const received = new Map(
          [...storedGauges(librato, account.split(':')[0]!)].map(([key, gauge]) => [key, numbersOf(gauge)]),
        );
        expect(expected.size).toBeGreaterThan(100);
        expect([...received.keys()].sort()).toEqual([...expected.keys()].sort());
        for (const [key, gauge] of expected) compare(key, received.get(key)!, gauge);
      }
      expect(librato.requests.filter(({ status }) => status !== 200)).toEqual([]);
      await librato.close();
    },
    (SECONDS + 40) * 1000,
  );

  it('delivers a window again, whole, when a line comes after it was delivered', async () => {
    const librato = await startLibratoServer();
    const service = await startService({ LIBRATO_URL: librato.url, GRACE_MS: '300', OUTLET_TICK_MS: '20' });
    const authorization = basic(service.token('me@example.com:t'));
    const at = new Date(Date.now() - 5000).toISOString();
    const line = (value: number): string => `<190>1 ${at} host app web.1 - measure#late=${value}ms\n`;
    const url = `${service.url}/logs?resolution=1`;
    const find = () => librato.gauge('late');
    await send(url, { body: line(1), headers: { authorization } });
    await until(() => find()?.count === 1, 'the window is delivered');
    await send(url, { body: line(3), headers: { authorization } });
    await until(() => find()?.count === 2, 'it is delivered again');
    expect(find()).toMatchObject({ count: 2, sum: 4, min: 1, max: 3 });
    await service.process.stop();
    await librato.close();
  });
});

async function post(base: string, token: string, sender: Sender, lines: readonly string[]) {
  const url = `${base}${sender.path}`;
  if (!sender.shuttle) {
    const headers = {
      authorization: basic(token),
      'content-type': 'application/logplex-1',
      'user-agent': 'Logplex/v72',
      'logplex-msg-count': lines.length,
    };
    return send(url, { body: frames(lines), headers });
  }
  const headers = {
    authorization: basic('token', token),
    'content-type': 'application/logplex-1',
    'content-encoding': 'gzip',
    'user-agent': 'log-shuttle/v0.24.0 (go1.26.8; linux; amd64; gc)',
    'logplex-msg-count': lines.length,
  };
  return send(url, { body: gzipSync(frames(lines)), headers, chunked: true });
}

function numbersOf(gauge: object): Record<string, number> {
  const numbers = Object.entries(gauge).filter(([name]) => ['value', 'count', 'sum', 'min', 'max'].includes(name));
  return Object.fromEntries(numbers);
}

/** Exact but for sums, whose last bits depend on the order of adding. */
function compare(key: string, received: Record<string, number>, expected: Record<string, number>): void {
  for (const [field, value] of Object.entries(expected)) {
    const tolerance =
      field === 'sum' || (field === 'value' && !/\.(median|perc95|perc99)\|/.test(key))
        ? 1e-9 * Math.max(1, Math.abs(value))
        : 0;
    if (Math.abs(received[field]! - value) > tolerance)
      throw new Error(`${key}: ${field} is ${received[field]}, expected ${value}`);
  }
  expect(Object.keys(received).sort()).toEqual(Object.keys(expected).sort());
}
