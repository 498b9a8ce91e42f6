import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { tenantIdOf } from '../src/model/tenant-id.js';
import { windowStart } from '../src/model/window.js';
import { Keys } from '../src/store/redis/keys.js';
import { documentTable } from '../test/faults/docs.js';
import { stopServers, until } from '../test/redis/servers.js';
import { DEFAULT_SETUP, World } from '../test/faults/world.js';

const MIB = 2 ** 20;
const RESOLUTION_SECONDS = 3600;

/** One tenant, a receiver, an outlet and a Redis, with the clock of Redis in the test's hand. */
function start(): Promise<World> {
  return World.start({
    ...DEFAULT_SETUP,
    receivers: 1,
    outlets: 1,
    tenants: 1,
    gaugeWeight: 1,
    secondValue: 'replaces',
    // Windows stay open until the clock is moved.
    resolutionSeconds: RESOLUTION_SECONDS,
    env: { SERIES_LIMIT: '1000000', LEASE_MS: '60000', OUTLET_TIMEOUT_MS: '5000' },
    seed: 1,
  });
}

/** Prints what was measured, as rows of Markdown; with `--docs` they go into docs/operations.md. */
export async function measureMemory(): Promise<void> {
  try {
    row('what', 'measured');
    row('---', '---');
    await sizes();
    await bigWindow('1,000,000 values of one metric in one window, by 500 requests', manyValues);
    await bigWindow('100,000 series (measurements) of one tenant in one window, by 500 requests', manySeries);
    if (process.argv.includes('--docs')) documentTable('memory', table);
  } finally {
    await stopServers();
  }
}

let table = '';

function row(what: string, measured: string): void {
  const line = `| ${what} | ${measured} |\n`;
  process.stdout.write(line);
  table += line;
}

/** What requests, series and windows take in Redis. */
async function sizes(): Promise<void> {
  const world = await start();
  const { redis, clock, tenants } = world;
  const keys = new Keys('l2met');
  const tenant = tenantIdOf(`${tenants[0]!.user}:token`);
  const sizeOf = (key: string): Promise<number> =>
    redis.first.ask(async (client) => Number(await client.memory('USAGE', key, 'SAMPLES', 0)));
  const used = async (): Promise<number> =>
    Number(/^used_memory:(\d+)/m.exec(await redis.first.ask((client) => client.info('memory')))![1]);
  const window = { resolutionSeconds: RESOLUTION_SECONDS, startSeconds: windowStart(clock.now(), RESOLUTION_SECONDS) };
  const listOf = (series: number) => lines(series, (i) => `measure#shop.checkout.step${i}.duration=12.5ms`);

  await post(world, listOf(1));
  const before = await used();
  for (let i = 0; i < 1_000; i++) await post(world, listOf(1));
  row(
    'a request of one series, all told (data, idempotency key)',
    `${Math.round(((await used()) - before) / 1_000)} bytes`,
  );
  const list = await sizeOf(keys.window(tenant, window));
  for (let i = 0; i < 10; i++) await post(world, listOf(1_000));
  const more = (await sizeOf(keys.window(tenant, window))) - list;
  row('a series in a request (name of 30 bytes, one value)', `${Math.round(more / 10_000)} bytes`);
  const state = await sizeOf(keys.state(tenant));
  const queue = await sizeOf(keys.queue(tenant));
  const windows = 60;
  const usedBefore = await used();
  for (let i = 0; i < windows; i++) await post(world, listOf(1), `?resolution=1`, clock.now() - i * 1_000);
  const stateMore = (await sizeOf(keys.state(tenant))) - state + (await sizeOf(keys.queue(tenant))) - queue;
  row('a window, besides its requests (state and queue)', `${Math.round(stateMore / windows)} bytes`);
  row(
    'a window of one request of one series, all told',
    `${Math.round(((await used()) - usedBefore) / windows)} bytes`,
  );
  await world.stop();
  world.clean();
}

async function bigWindow(what: string, send: (world: World) => Promise<(world: World) => string>): Promise<void> {
  const world = await start();
  const outlet = world.outlets[0]!.pid!;
  const idle = { outlet: peakBytes(outlet), redis: await redisPeak(world) };
  const check = await send(world);
  const stored = await redisPeak(world);
  const startedAt = performance.now();
  world.clock.move(RESOLUTION_SECONDS * 1_000);
  await until(() => world.destination.taken > 0, 120_000);
  await world.quiet();
  const problem = check(world);
  if (problem) throw new Error(`${what}: ${problem}`);
  const tookMs = world.destination.answeredAt.at(-1)! - startedAt;
  row(what, `delivered right in ${(tookMs / 1000).toFixed(1)} s, ${world.destination.taken} POSTs`);
  row('– the outlet’s peak, resident', `${mib(peakBytes(outlet))} (idle ${mib(idle.outlet)})`);
  row('– Redis’ peak', `${mib(await redisPeak(world))} (empty ${mib(idle.redis)}, with the window ${mib(stored)})`);
  await world.stop();
  world.clean();
}

const VALUES = 1_000_000;
const SERIES = 100_000;
const REQUESTS = 500;

async function manyValues(world: World): Promise<(world: World) => string> {
  // A permutation, so that every quantile is known.
  const value = (i: number): number => ((i * 7919) % VALUES) + 1;
  const each = VALUES / REQUESTS;
  for (let r = 0; r < REQUESTS; r++)
    await post(
      world,
      lines(each, (i) => `measure#v=${value(r * each + i)}`),
    );
  return ({ destination, tenants }) => {
    const series = destination.of(tenants[0]!.user);
    const of = (name: string): number => [...(series.get(name)?.values() ?? [])][0]?.value ?? NaN;
    if (of('v count') !== VALUES) return `count is ${of('v count')}`;
    if (of('v sum') !== (VALUES * (VALUES + 1)) / 2) return `sum is ${of('v sum')}`;
    for (const [suffix, q] of [
      ['median', 0.5],
      ['perc95', 0.95],
      ['perc99', 0.99],
    ] as const) {
      const exact = Math.floor(VALUES * q) + 1;
      if (Math.abs(of(`v.${suffix}`) - exact) > 0.01 * exact) return `${suffix} is ${of(`v.${suffix}`)}, not ${exact}`;
    }
    return '';
  };
}

async function manySeries(world: World): Promise<(world: World) => string> {
  const each = SERIES / REQUESTS;
  for (let r = 0; r < REQUESTS; r++)
    await post(
      world,
      lines(each, (i) => `measure#s${r * each + i}=${r * each + i}`),
    );
  return ({ destination, tenants }) => {
    const series = destination.of(tenants[0]!.user);
    for (let i = 0; i < SERIES; i++) {
      const sum = [...(series.get(`s${i} sum`)?.values() ?? [])][0]?.value;
      if (sum !== i) return `s${i} is ${sum}`;
      if (!series.has(`s${i}.perc99`)) return `s${i}.perc99 is missing`;
    }
    return '';
  };
}

function lines(count: number, line: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => `${line(i)}\n`).join('');
}

async function post(
  world: World,
  body: string,
  query = `?resolution=${RESOLUTION_SECONDS}`,
  atMs?: number,
): Promise<void> {
  const head = atMs === undefined ? '' : `<190>1 ${new Date(atMs).toISOString()} host app web.1 - `;
  const { token } = world.tenants[0]!;
  const { statusCode } = await request(`${world.receivers[0]!.url}/logs${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'text/plain' },
    body: head + body,
  });
  if (statusCode !== 204) throw new Error(`answered ${statusCode}`);
  await delay(0);
}

/** The most that a process has had so far, on Linux. */
function peakBytes(pid: number): number {
  return 1024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
}

async function redisPeak(world: World): Promise<number> {
  const info = await world.redis.first.ask((redis) => redis.info('memory'));
  return Number(/^used_memory_peak:(\d+)/m.exec(info)![1]);
}

function mib(bytes: number): string {
  return `${Math.round(bytes / MIB)} MiB`;
}
