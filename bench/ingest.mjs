/**
 * bench:ingest: what a request costs a receiver, as a process of its own under load over kept connections, against a bare
 * node:http server that reads the same bodies and answers 204. Inflating is included in both.
 *
 *     npm run bench:ingest [-- --rounds N] [--only CASE,…] [--quick] [--tenants N] [--dist DIST]
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bodiesOfLines, corpus } from './corpus.mjs';
import { FreshBodies } from './lib/fresh-bodies.mjs';
import { closedLoop, connect, disconnect, openLoop } from './lib/load.mjs';
import { cpuOfProcess, l2metOf, residentMemory, startRedis, startScript, stopServers } from './lib/processes.mjs';
import { byTurnsAsync, claim, median, ratios, report, ROUNDS } from './lib/rounds.mjs';

const { values: settings } = parseArgs({
  options: {
    dist: { type: 'string', default: resolve(import.meta.dirname, '../dist') },
    rounds: { type: 'string', default: String(ROUNDS) },
    only: { type: 'string' },
    // A tenth of the requests: to see that it runs, not what it says.
    quick: { type: 'boolean', default: false },
    tenants: { type: 'string', default: '8' },
  },
});
const rounds = Number(settings.rounds);

const CONNECTIONS = 8;

/** Of requests at a fixed rate: so many that none waits for a connection as long as the server keeps up. */
const OPEN_CONNECTIONS = 64;
const OPEN_MS = settings.quick ? 500 : 3_000;

/** Requests of one line, and of ten, that each server gets before anything counts: the optimizer is not done before. */
const WARM_UP_REQUESTS = settings.quick ? 300 : 6_000;

/** Name, bodies, how often all of them are sent in one measurement, and how many times the bare server's CPU may be needed. */
const SIZES = [
  { name: '1', what: '1 line', bodies: () => bodiesOfLines('mixed', 1, 2_000), passes: 4, plain: 2.5, gzip: 3 },
  { name: '10', what: '10 lines', bodies: () => bodiesOfLines('mixed', 10, 1_000), passes: 6, plain: 3, gzip: 3 },
  { name: '100', what: '100 lines', bodies: () => bodiesOfLines('mixed', 100, 200), passes: 12, plain: 3, gzip: 3 },
  { name: '100k', what: '100 KB', bodies: () => corpus('mixed', 100_000).bodies, passes: 6, plain: 4, gzip: 3 },
];

/** What a POST may take longer than the bare server's, at the 99th percentile: so many times as long, or so much, ms. */
const P99_RATIO = 2;
const P99_MORE_MS = 5;

/** What Redis may need for a line, where requests have 100, µs. */
const REDIS_US_A_LINE = 0.2;

/** Nothing is delivered while this runs, and nothing is refused for how much waits. */
const PLENTY = {
  GRACE_MS: '600000',
  LATE_DEADLINE_MS: '1200000',
  STORE_BYTES: String(2 ** 33),
  TENANT_BYTES: String(2 ** 32),
  WINDOW_BYTES: String(2 ** 32),
};

const l2met = await l2metOf(settings.dist);
const tokens = Array.from({ length: Number(settings.tenants) }, (_, i) =>
  l2met.token(`librato+http://me${i}:tok@127.0.0.1:9/v1/metrics`),
);
const redis = await startRedis();
const servers = {
  redis: await l2met.serve(['receiver'], { REDIS_URL: redis.url }),
  embedded: await l2met.serve([], PLENTY),
  bare: await startScript(resolve(import.meta.dirname, 'ingest/bare.mjs')),
};

const claims = [];
const notes = {};
const wanted = chosen();

await warmUp();
for (const size of SIZES) {
  if (!['', '.gzip', '.p99'].some((suffix) => wanted.has(size.name + suffix))) continue;
  const bodies = new FreshBodies(size.bodies());
  for (const encoding of ['identity', 'gzip']) {
    const name = encoding === 'gzip' ? `${size.name}.gzip` : size.name;
    if (wanted.has(name)) await costs(name, size, bodies, encoding);
  }
  if (wanted.has(`${size.name}.p99`)) await times(size, bodies);
}
const { now, peak } = residentMemory(servers.redis.pid);
notes['receiver, resident'] = `${mb(now)} MB in the end, ${mb(peak)} MB at most`;
report('ingest', claims, notes);
await stopServers();
process.exit();

/** CPU a request, of the three servers by turns. */
async function costs(name, size, bodies, encoding) {
  const ofRedis = { cpu: [], received: [], grown: [] };
  const passes = settings.quick ? Math.ceil(size.passes / 10) : size.passes;
  const measure = (server) => () => cpuARequest(server, bodies, encoding, passes);
  const measureWithRedis = async () => {
    await redis.flush();
    const before = await redis.usage();
    const cpuBefore = cpuOfProcess(redis.pid);
    const cost = await cpuARequest(servers.redis, bodies, encoding, passes);
    const cpu = cpuOfProcess(redis.pid) - cpuBefore;
    const after = await redis.usage();
    ofRedis.cpu.push(cpu / (bodies.lines * passes));
    ofRedis.received.push((after.received - before.received) / (bodies.lines * passes));
    ofRedis.grown.push((after.memory - before.memory) / (bodies.plain.length * passes));
    return cost;
  };
  for (const server of Object.values(servers)) {
    await cpuARequest(server, bodies, encoding, Math.ceil(passes / 3));
    if (server !== servers.bare) await check(server, bodies);
  }
  const cost = await byTurnsAsync(
    { redis: measureWithRedis, bare: measure(servers.bare), embedded: measure(servers.embedded) },
    rounds,
  );
  const title = `mixed, ${size.what} a request${encoding === 'gzip' ? ', gzip' : ''}`;
  const target = encoding === 'gzip' ? size.gzip : size.plain;
  add(`redis.${name}`, `${title}, Redis: × the CPU of a bare server`, ratios(cost.redis, cost.bare), target);
  add(`embedded.${name}`, `${title}, embedded: × the CPU of a bare server`, ratios(cost.embedded, cost.bare));
  if (name === '100') {
    const us = claim(
      'ingest.redis.cpu-a-line',
      `${title}: Redis’ CPU, µs a line`,
      ofRedis.cpu,
      'lower',
      REDIS_US_A_LINE,
    );
    claims.push(us);
  }
  const us = (side) => median(cost[side]).toFixed(1);
  notes[title] = [
    `µs a request ${us('redis')} (Redis), ${us('embedded')} (embedded), ${us('bare')} (bare)`,
    `Redis’ own CPU ${median(ofRedis.cpu).toFixed(3)} µs a line`,
    `${median(ofRedis.received).toFixed(1)} bytes to Redis a line`,
    `Redis grows by ${median(ofRedis.grown).toFixed(0)} bytes a request`,
  ].join('; ');
}

/** How long a POST takes at half of what the receiver can do, and at the bare server at the same rate. */
async function times(size, bodies) {
  const open = (server, connections) => connect(server.url, tokens, { connections });
  const closed = await open(servers.redis, CONNECTIONS);
  await closedLoop(closed, bodies.freshen(), 1);
  const passes = settings.quick ? 1 : size.passes;
  const capacity = (bodies.plain.length * passes * 1000) / (await closedLoop(closed, bodies.freshen(), passes));
  disconnect(closed);
  const rate = capacity / 2;
  const p50 = { redis: [], bare: [] };
  const measure = (name) => async () => {
    await redis.flush();
    const connections = await open(servers[name], OPEN_CONNECTIONS);
    const fresh = bodies.freshen();
    await closedLoop(connections, fresh.slice(0, OPEN_CONNECTIONS));
    const sorted = await openLoop(connections, fresh, rate, OPEN_MS);
    disconnect(connections);
    p50[name].push(sorted[Math.floor(sorted.length * 0.5)]);
    return sorted[Math.floor(sorted.length * 0.99)];
  };
  const p99 = await byTurnsAsync({ redis: measure('redis'), bare: measure('bare') }, rounds);
  const title = `p99 of a POST, ${size.what}, at half of capacity`;
  const ratio = ratios(p99.redis, p99.bare);
  const more = p99.redis.map((ms, round) => ms - p99.bare[round]);
  const share = ratio.map((times, round) => Math.min(times / P99_RATIO, more[round] / P99_MORE_MS));
  const allowed = `share of what is allowed (${P99_RATIO} × bare, or ${P99_MORE_MS} ms more)`;
  claims.push(claim('ingest.p99', `${title}: ${allowed}`, share, 'lower', 1));
  claims.push(claim('ingest.p99.ratio', `${title}: × the bare server’s`, ratio, 'lower'));
  claims.push(claim('ingest.p99.more', `${title}: ms more than the bare server’s`, more, 'lower'));
  const ms = (side) => `p50 ${median(p50[side]).toFixed(2)}, p99 ${median(p99[side]).toFixed(2)}`;
  notes[title] = `${rate.toFixed(0)} requests/s; ms, Redis: ${ms('redis')}; bare: ${ms('bare')}`;
}

/** @returns µs of CPU that a server needs for a request */
async function cpuARequest(server, bodies, encoding, passes) {
  const fresh = bodies.freshen(encoding);
  const connections = await connect(server.url, tokens, { connections: CONNECTIONS, encoding });
  const before = cpuOfProcess(server.pid);
  await closedLoop(connections, fresh, passes);
  const cost = (cpuOfProcess(server.pid) - before) / (fresh.length * passes);
  disconnect(connections);
  return cost;
}

async function warmUp() {
  for (const lines of [1, 10]) {
    const bodies = new FreshBodies(bodiesOfLines('mixed', lines, 300, 2));
    for (const server of Object.values(servers)) {
      await cpuARequest(server, bodies, 'identity', WARM_UP_REQUESTS / bodies.plain.length);
    }
  }
}

/** A receiver that drops what it reads, as too old, would be fast for no reason. */
async function check(server, bodies) {
  const all = { measurements: 0, late: 0, future: 0, duplicate: 0, rejected: 0 };
  for (const body of bodies.freshen().slice(0, 50)) {
    const headers = {
      authorization: `Bearer ${tokens[0]}`,
      'content-type': 'application/logplex-1',
      accept: 'application/json',
    };
    const answer = await fetch(`${server.url}/logs?resolution=60`, { method: 'POST', headers, body });
    if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
    const { rejected, ...counts } = await answer.json();
    for (const name of ['measurements', 'late', 'future', 'duplicate']) all[name] += counts[name];
    all.rejected += rejected.length;
  }
  const { measurements, ...dropped } = all;
  if (measurements === 0 || Object.values(dropped).some((count) => count > 0)) {
    throw new Error(`not everything is stored: ${JSON.stringify(all)}`);
  }
}

/** A claim on a ratio, which bench:check watches. */
function add(id, what, numbers, target) {
  claims.push({ ...claim(`ingest.${id}`, what, numbers, 'lower', target), ratio: true });
}

/** The cases to run: those that are named, or whose names have one of the parts that are given in them. */
function chosen() {
  const all = [...SIZES.flatMap(({ name }) => [name, `${name}.gzip`]), '100.p99'];
  if (settings.only === undefined) return new Set(all);
  const cases = settings.only
    .split(',')
    .flatMap((part) => (all.includes(part) ? [part] : all.filter((name) => name.includes(part))));
  if (cases.length === 0) throw new Error(`no case is called ${settings.only}: there are ${all.join(', ')}`);
  return new Set(cases);
}

function mb(bytes) {
  return Math.round(bytes / 1e6);
}
