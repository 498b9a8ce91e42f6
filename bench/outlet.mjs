/**
 * bench:outlet: what a window costs an outlet, from its claim until it is settled: reading it from Redis, merging, summarising,
 * encoding, sending. The outlet is a process of its own, and so are the receiver that fills the window, Redis, and the
 * destination. CPU is in µs here, so what this machine takes to add up bytes stands beside it.
 *
 *     npm run bench:outlet [-- --rounds N] [--only CASE,…] [--quick] [--dist DIST]
 */
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { FreshBodies } from './lib/fresh-bodies.mjs';
import { closedLoop, connect, disconnect } from './lib/load.mjs';
import {
  cpuOfProcess,
  forgetPeak,
  l2metOf,
  residentMemory,
  startRedis,
  startScript,
  stopServers,
} from './lib/processes.mjs';
import { byTurnsAsync, claim, cpuOf, median, ratios, report, ROUNDS } from './lib/rounds.mjs';

const { values: settings } = parseArgs({
  options: {
    dist: { type: 'string', default: resolve(import.meta.dirname, '../dist') },
    rounds: { type: 'string', default: String(ROUNDS) },
    only: { type: 'string' },
    // A tenth of the series and values: to see that it runs, not what it says.
    quick: { type: 'boolean', default: false },
  },
});
const rounds = Number(settings.rounds);
const share = settings.quick ? 0.1 : 1;

const REQUESTS = 500;
const SERIES = 100_000 * share;
const VALUES = 1_000_000 * share;

/** What is in a window, what it is counted in, and what one of these may cost, µs, and all may take besides, MB. */
const SHAPES = [
  {
    name: 'series',
    what: 'a series',
    window: `${SERIES} series`,
    count: SERIES,
    distributions: SERIES,
    values: SERIES,
    line: (i) => `source=web.${i % 100} measure#shop.checkout.step${Math.floor(i / 100)}.duration=${(i % 977) + 0.5}ms`,
    us: 15,
    mb: 150,
  },
  {
    name: 'values',
    what: 'a value',
    window: `${VALUES} values of one series`,
    count: VALUES,
    distributions: 1,
    values: VALUES,
    // A permutation: neighbours are nothing like each other.
    line: (i) => `measure#shop.checkout.duration=${((i * 7919) % VALUES) + 1}ms`,
    us: 0.15,
    mb: 50,
  },
];

/** Time to fill a window before it is due, ms, and how far the clock is moved then. */
const GRACE_MS = 30_000;
const MOVE_MS = 60_000 + GRACE_MS + 5_000;

/** After its start, until an outlet does nothing more on its own account, ms. */
const IDLE_MS = 500;

/** A window is delivered within so long, ms. */
const DELIVERY_MS = 120_000;

/** What {@link nsAByte} adds up. */
const BYTES = new Uint8Array(4 * 2 ** 20).fill(1);

/** Windows that an outlet delivers before its CPU counts. */
const WARM_UP_WINDOWS = 3;

const l2met = await l2metOf(settings.dist);
const { backlogOf } = await import('../test/faults/redis-set.ts');
const redis = await startRedis();
const destination = await startScript(resolve(import.meta.dirname, 'outlet/destination.mjs'), [], {});
const { host } = new URL(destination.url);
const TOKENS = {
  librato: l2met.token(`librato+http://me:tok@${host}/v1/metrics`),
  otlp: l2met.token(`otlp+http://${host}/v1/metrics`),
};
const env = {
  REDIS_URL: redis.url,
  GRACE_MS: String(GRACE_MS),
  SERIES_LIMIT: '1000000',
  OUTLET_TICK_MS: '100',
  BENCH_DIST: resolve(settings.dist),
};
const receiver = await l2met.serve(['receiver'], env);

const claims = [];
const notes = {};
const wanted = chosen();

for (const shape of SHAPES) {
  const bodies = bodiesOf(shape);
  await cpu(shape, bodies);
  await memory(shape, bodies);
}
report('outlet', claims, notes);
await stopServers();
process.exit();

/** CPU of an outlet that has been at work for a while. */
async function cpu(shape, bodies) {
  const kinds = Object.keys(TOKENS).filter((kind) => wanted.has(`${shape.name}.${kind}`));
  if (kinds.length === 0) return;
  const outlet = await startOutlet();
  const posts = {};
  const measure = (kind) => async () => {
    const { cpuUs, told } = await deliver(outlet, shape, bodies, kind);
    posts[kind] = `${told.posts} POSTs, ${(told.bytes / 1e3).toFixed(1)} KB`;
    return cpuUs / shape.count;
  };
  nsAByte();
  for (const kind of kinds) for (let i = 0; i < WARM_UP_WINDOWS; i++) await measure(kind)();
  const sides = { ...Object.fromEntries(kinds.map((kind) => [kind, measure(kind)])), bytes: nsAByte };
  const cost = await byTurnsAsync(sides, rounds);
  await outlet.stop();
  for (const kind of kinds) {
    const [id, title] = [`outlet.${shape.name}.${kind}`, `${shape.window}, ${kind}`];
    claims.push(claim(id, `${title}: CPU of ${shape.what}, µs`, cost[kind], 'lower', shape.us));
    const inBytes = ratios(cost[kind], cost.bytes).map((ratio) => ratio * 1000);
    const relative = claim(`${id}.relative`, `${title}: CPU of ${shape.what}, × adding up a byte`, inBytes, 'lower');
    claims.push({ ...relative, ratio: true });
    notes[title] = posts[kind];
  }
  notes[`adding up a byte, beside ${shape.window}`] = `${median(cost.bytes).toFixed(3)} ns`;
}

/** What a window takes of an outlet that has had none before. */
async function memory(shape, bodies) {
  const kinds = Object.keys(TOKENS).filter((kind) => wanted.has(`${shape.name}.${kind}.memory`));
  const idle = [];
  const measure = (kind) => async () => {
    const outlet = await startOutlet();
    await delay(IDLE_MS);
    forgetPeak(outlet.pid);
    const { now } = residentMemory(outlet.pid);
    await deliver(outlet, shape, bodies, kind);
    const { peak } = residentMemory(outlet.pid);
    await outlet.stop();
    idle.push(now / 1e6);
    return (peak - now) / 1e6;
  };
  const taken = await byTurnsAsync(Object.fromEntries(kinds.map((kind) => [kind, measure(kind)])), rounds);
  for (const kind of kinds) {
    const what = `${shape.window}, ${kind}: memory of the outlet over idle, MB`;
    claims.push(claim(`outlet.${shape.name}.${kind}.memory`, what, taken[kind], 'lower', shape.mb));
  }
  if (kinds.length > 0) notes[`an idle outlet, before ${shape.window}`] = `${median(idle).toFixed(0)} MB`;
}

function startOutlet() {
  return l2met.serve(['outlet'], env, resolve(import.meta.dirname, 'outlet/program.mjs'));
}

/** Fills a window, makes it due and waits until it is settled. @returns the outlet's CPU for that, and what arrived */
async function deliver(outlet, shape, bodies, kind) {
  await redis.flush();
  const connections = await connect(receiver.url, [TOKENS[kind]], { connections: 4 });
  await closedLoop(connections, bodies.freshen());
  disconnect(connections);
  const before = cpuOfProcess(outlet.pid);
  await move(outlet, MOVE_MS);
  const endsAt = performance.now() + DELIVERY_MS;
  for (let left; left === undefined || left.windows > 0 || left.claims > 0; await delay(20)) {
    if (performance.now() > endsAt) throw new Error(`not delivered: ${JSON.stringify(left)}`);
    left = await backlogOf({ servers: [redis.server] }, Date.now() + MOVE_MS);
  }
  const cpuUs = cpuOfProcess(outlet.pid) - before;
  await move(outlet, 0);
  const told = await ask(destination, 'told');
  if (told.distributions !== shape.distributions || told.values !== shape.values) {
    throw new Error(`${JSON.stringify(told)} arrived of ${shape.window}`);
  }
  return { cpuUs, told };
}

function move(outlet, ms) {
  return ask(outlet, ms);
}

async function ask({ child }, message) {
  child.send(message);
  const [answer] = await once(child, 'message');
  return answer;
}

/** The requests that make a window. */
function bodiesOf({ count, line }) {
  const each = count / REQUESTS;
  return new FreshBodies(
    Array.from({ length: REQUESTS }, (_, request) => {
      const frames = Array.from({ length: each }, (_, i) => {
        const message = `<190>1 2026-03-04T10:00:00+00:00 host app web.1 - ${line(request * each + i)}\n`;
        return `${Buffer.byteLength(message)} ${message}`;
      });
      return Buffer.from(frames.join(''));
    }),
  );
}

/** What this machine, at this moment, takes to add up a byte in plain JavaScript, ns. */
function nsAByte() {
  const passes = 16;
  let sum = 0;
  const us = cpuOf(() => {
    for (let pass = 0; pass < passes; pass++) sum += sumOf(BYTES);
  });
  if (sum !== passes * BYTES.length) throw new Error('nothing was added up');
  return (us * 1000) / (passes * BYTES.length);
}

function sumOf(bytes) {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) sum = (sum + bytes[i]) | 0;
  return sum;
}

/** The cases to run: those that are named, or whose names have one of the parts that are given in them. */
function chosen() {
  const all = SHAPES.flatMap(({ name }) => Object.keys(TOKENS).map((kind) => `${name}.${kind}`));
  all.push(...all.map((name) => `${name}.memory`));
  if (settings.only === undefined) return new Set(all);
  const cases = settings.only
    .split(',')
    .flatMap((part) => (all.includes(part) ? [part] : all.filter((name) => name.includes(part))));
  if (cases.length === 0) throw new Error(`no case is called ${settings.only}: there are ${all.join(', ')}`);
  return new Set(cases);
}
