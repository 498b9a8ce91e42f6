/**
 * bench:query: how long `GET /query` takes for 100 series of 60 windows, over HTTP with Redis: the first time, when windows are read and
 * decoded, and then. Each round has a receiver of its own, which has answered no query yet. Wall-clock time, the answer read to its end.
 *
 *     npm run bench:query [-- --rounds N] [--dist DIST]
 */
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { l2metOf, startRedis, stopServers } from './lib/processes.mjs';
import { claim, report, ROUNDS } from './lib/rounds.mjs';

const { values: settings } = parseArgs({
  options: {
    dist: { type: 'string', default: resolve(import.meta.dirname, '../dist') },
    rounds: { type: 'string', default: String(ROUNDS) },
  },
});

const SERIES = 100;
const WINDOWS = 60;
/** Queries after the first one, of which the median counts. */
const AGAIN = 9;
const MS_MAX = 50;

const redis = await startRedis();
const l2met = await l2metOf(settings.dist);
const env = { REDIS_URL: redis.url, GRACE_MS: '100', OUTLET_TICK_MS: '20', LOG_LEVEL: 'info' };
const headers = { authorization: `Bearer ${l2met.token('console:')}`, accept: 'application/json' };

const both = await l2met.serve([], env);
await fill(both.url);
await both.stop();
const [first, again] = [[], []];
for (let round = 0; round < Number(settings.rounds); round++) {
  const receiver = await l2met.serve(['receiver'], env);
  first.push(await query(receiver.url));
  const others = [];
  for (let i = 0; i < AGAIN; i++) others.push(await query(receiver.url));
  again.push(others.sort((a, b) => a - b)[AGAIN >> 1]);
  await receiver.stop();
}
await stopServers();
const what = `${SERIES} series × ${WINDOWS} windows`;
report('query', [
  claim('query.first', `${what}: the first query of a receiver, ms`, first, 'lower', MS_MAX),
  claim('query.again', `${what}: then, ms`, again, 'lower', MS_MAX),
]);

/** Sends a line a series and second, and waits until all windows are delivered. */
async function fill(url) {
  const lines = [];
  for (let ago = 5; ago < 5 + WINDOWS; ago++) {
    const time = new Date(Date.now() - ago * 1000).toISOString();
    for (let i = 0; i < SERIES; i++) {
      const value = () => (((i * 7919 + ago * 104729) % 100_000) / 100).toFixed(2);
      lines.push(`<190>1 ${time} host app web.1 - source=web.${i % 10} measure#step${i}.duration=${value()}ms\n`);
    }
  }
  const { status } = await fetch(`${url}/logs?resolution=1`, { method: 'POST', headers, body: lines.join('') });
  if (status !== 200) throw new Error(`POST answered ${status}`);
  for (;;) {
    const { windowsWaiting } = await (await fetch(`${url}/logs`, { headers })).json();
    if (windowsWaiting === 0) return;
    await delay(50);
  }
}

async function query(url) {
  const before = performance.now();
  const text = await (await fetch(`${url}/query?name=*`, { headers })).text();
  const ms = performance.now() - before;
  const { series } = JSON.parse(text);
  const points = series.reduce((sum, { times }) => sum + times.length, 0);
  if (points !== SERIES * WINDOWS) throw new Error(`${points} points in the answer`);
  return ms;
}
