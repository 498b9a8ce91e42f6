/**
 * bench:scale: what a line costs as there are more drains, more tenants and more series, with Redis, 100 lines a request. Flat
 * is the goal. What counts is the CPU of the receiver and of Redis together.
 *
 *     npm run bench:scale [-- --rounds N] [--only GROWTH,…] [--quick] [--dist DIST]
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bodiesOfLines } from './corpus.mjs';
import { FreshBodies } from './lib/fresh-bodies.mjs';
import { closedLoop, connect, disconnect } from './lib/load.mjs';
import { cpuOfProcess, l2metOf, startRedis, stopServers } from './lib/processes.mjs';
import { byTurnsAsync, claim, median, ratios, report } from './lib/rounds.mjs';

const { values: settings } = parseArgs({
  options: {
    dist: { type: 'string', default: resolve(import.meta.dirname, '../dist') },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string' },
    // A tenth of the requests, and of what there is at most: to see that it runs, not what it says.
    quick: { type: 'boolean', default: false },
  },
});
const share = settings.quick ? 0.1 : 1;

const LINES = 100;
const CONNECTIONS = 16;
const REQUESTS = 2_000 * share;

/** What may be how many times as much, where a line may cost at most half as much again. */
const RATIO_MAX = 1.5;

const l2met = await l2metOf(settings.dist);
const mixed = new FreshBodies(bodiesOfLines('mixed', LINES, 200));
const oneToken = [token(0)];

/** What grows: how far, up to where it may cost no more than {@link RATIO_MAX} allows, and what is sent. */
const GROWTHS = [
  {
    name: 'drains',
    what: 'drains of one tenant',
    steps: [1, 100, 10_000],
    target: undefined,
    load: (count) => ({ tokens: Array.from({ length: count }, () => token(0)), bodies: mixed }),
  },
  {
    name: 'tenants',
    what: 'tenants',
    steps: [1, 100, 1_000, 10_000],
    target: 1_000,
    load: (count) => ({ tokens: Array.from({ length: count }, (_, i) => token(i)), bodies: mixed }),
  },
  {
    name: 'series',
    what: 'series of one tenant',
    steps: [10, 1_000, 100_000, 1_000_000],
    target: 100_000,
    load: (count) => ({ tokens: oneToken, bodies: bodiesOfSeries(count) }),
  },
];

const redis = await startRedis();
const receiver = await l2met.serve(['receiver'], {
  REDIS_URL: redis.url,
  TENANT_BYTES: String(2 ** 32),
  WINDOW_BYTES: String(2 ** 32),
});
const claims = [];
const notes = {};

await measure(load(GROWTHS[0], 1), { redis: [], receiver: [] });
for (const growth of GROWTHS) {
  if (settings.only === undefined || settings.only.split(',').includes(growth.name)) await grow(growth);
}
report('scale', claims, notes);
await stopServers();
process.exit();

async function grow(growth) {
  const { name, what, target } = growth;
  const steps = growth.steps.map((step) => (step > 1_000 ? step * share : step));
  const costs = Object.fromEntries(steps.map((step) => [step, { receiver: [], redis: [] }]));
  const sides = {};
  for (const step of steps) {
    const sent = load(growth, step);
    sides[step] = () => measure(sent, costs[step]);
    // Everything is met for the first time once.
    await measure(sent, { receiver: [], redis: [] });
  }
  const total = await byTurnsAsync(sides, Number(settings.rounds));
  const [least, ...more] = steps;
  for (const step of more) {
    const isTarget = step === (target > 1_000 ? target * share : target);
    const title = `${step.toLocaleString('en')} ${what}: × the cost of a line with ${least}`;
    const ratio = ratios(total[step], total[least]);
    claims.push({
      ...claim(`scale.${name}.${step}`, title, ratio, 'lower', isTarget ? RATIO_MAX : undefined),
      ratio: isTarget,
    });
  }
  for (const step of steps) {
    const us = (side) => median(costs[step][side]).toFixed(2);
    notes[`${step.toLocaleString('en')} ${what}, µs a line`] = `${us('receiver')} (receiver), ${us('redis')} (Redis)`;
  }
}

/** Each token and each body is sent once at least. */
function load(growth, step) {
  const { tokens, bodies } = growth.load(step);
  const requests = Math.max(REQUESTS, tokens.length, bodies.plain.length);
  return { tokens, bodies, passes: Math.ceil(requests / bodies.plain.length) };
}

/** @returns µs of CPU that receiver and Redis need for a line */
async function measure({ tokens, bodies, passes }, costs) {
  await redis.flush();
  const connections = await connect(receiver.url, tokens, { connections: CONNECTIONS });
  const fresh = bodies.freshen();
  const before = [cpuOfProcess(receiver.pid), cpuOfProcess(redis.pid)];
  await closedLoop(connections, fresh, passes);
  const lines = bodies.lines * passes;
  const ofReceiver = (cpuOfProcess(receiver.pid) - before[0]) / lines;
  const ofRedis = (cpuOfProcess(redis.pid) - before[1]) / lines;
  disconnect(connections);
  costs.receiver.push(ofReceiver);
  costs.redis.push(ofRedis);
  return ofReceiver + ofRedis;
}

function token(tenant) {
  return l2met.token(`librato+http://me${tenant}:tok@127.0.0.1:9/v1/metrics`);
}

/** Requests that name so many series between them, each as often as the others. */
function bodiesOfSeries(count) {
  const requests = Math.max(REQUESTS / 10, count / LINES);
  return new FreshBodies(
    Array.from({ length: requests }, (_, request) => {
      const frames = Array.from({ length: LINES }, (_line, i) => {
        const series = (request * LINES + i) % count;
        const metric = `measure#shop.checkout.step${Math.floor(series / 100)}.duration=${i + 0.5}ms`;
        const message = `<190>1 2026-03-04T10:00:00+00:00 host app web.1 - source=web.${series % 100} ${metric}\n`;
        return `${message.length} ${message}`;
      });
      return Buffer.from(frames.join(''));
    }),
  );
}
