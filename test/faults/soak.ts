import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { documentTable } from './docs.js';
import { LEASE_MS, DEFAULT_SETUP, World } from './world.js';

const LINES_PER_SECOND = 5_000;
const LINES_PER_REQUEST = 100;
/** One request in seven has lines of a second window besides (sender.ts); and a little more, so that it is not less. */
const REQUESTS_PER_SECOND = (LINES_PER_SECOND / LINES_PER_REQUEST / 1.14) * 1.02;
const FAULT_EVERY_MS = 20_000;
/** Both are over after so long: from then on, what is stored for them goes as fast as it comes. */
const LATE_DEADLINE_MS = 120_000;
const IDEMPOTENCY_MS = 120_000;
const SAMPLE_MS = 2_000;
/** The last third of the samples may have so much more, by the median, than the middle third. */
const GROWTH_MAX = 1.05;

/** What may happen, each set right again well within the 20 s. */
const FAULTS: Readonly<Record<string, (world: World) => Promise<void>>> = {
  'kill -9 of a receiver': (world) => killed(world.one(world.receivers)),
  'kill -9 of an outlet': (world) => killed(world.one(world.outlets)),
  'kill -9 of all receivers and outlets': async (world) => void (await Promise.all(world.members.map(killed))),
  'an outlet stopped for longer than its lease': async (world) => {
    const outlet = world.one(world.outlets);
    outlet.pause();
    await delay(LEASE_MS + 1_000);
    outlet.resume();
  },
  'kill -9 of Redis': async ({ redis: { first } }) => {
    await first.kill();
    await delay(1_000);
    await first.restart();
  },
  'Redis stopped for 3 s': async ({ redis: { first } }) => {
    first.pause();
    await delay(3_000);
    first.resume();
  },
  'link to Redis cut, ten times': async (world) => {
    for (let i = 0; i < 10; i++) {
      world.redis.link!.cutWithin(i % 2 === 0 ? 'to' : 'from');
      await world.moment(50, 400);
    }
  },
  'destination answers 500': (world) => treated(world, { do: 'refuse', status: 500 }),
  'destination hangs': (world) => treated(world, { do: 'hang' }),
  'destination cuts its answers': (world) => treated(world, { do: 'take-and-cut', within: 'head' }),
  'destination down': async ({ destination }) => {
    await destination.down();
    await delay(4_000);
    await destination.up();
  },
};

async function killed(member: World['receivers'][number]): Promise<void> {
  await member.kill();
  await member.start();
}

async function treated(world: World, treatment: ReturnType<World['destination']['treat']>): Promise<void> {
  world.destination.treat = () => treatment;
  await delay(4_000);
  world.destination.treat = () => ({ do: 'take' });
}

/**
 * Traffic at a fixed rate with a fault every 20 s, then without: nothing may be lost, and no process may grow.
 *
 * @param minutes with faults, and without
 * @param documented whether the outcome goes into docs/operations.md
 * @returns 0, or 1 if something is not as it must be
 */
export async function soak(
  seed: number,
  [faulty, quiet]: readonly [number, number],
  documented: boolean,
): Promise<number> {
  const world = await World.start({
    ...DEFAULT_SETUP,
    redis: { kind: 'standalone', aof: 'always', link: true },
    secondValue: 'replaces',
    resolutionSeconds: 10,
    gaugeWeight: 1,
    requestsPerSecond: REQUESTS_PER_SECOND,
    lines: [LINES_PER_REQUEST, LINES_PER_REQUEST],
    env: { LATE_DEADLINE_MS: String(LATE_DEADLINE_MS), IDEMPOTENCY_MS: String(IDEMPOTENCY_MS) },
    seed,
  });
  try {
    const startedAt = performance.now();
    const say = (text: string): void =>
      void process.stderr.write(`${((performance.now() - startedAt) / 60_000).toFixed(1).padStart(5)} min  ${text}\n`);
    say(`seed ${seed}`);
    await world.traffic();
    await breakThings(world, faulty * 60_000, say);
    say('no more faults; waiting until the late deadline and the idempotency time have passed');
    await delay(LATE_DEADLINE_MS + IDEMPOTENCY_MS / 4);
    say(`watching memory for ${quiet} min`);
    const before = { lines: world.sender.acknowledgedLines, at: performance.now() };
    const samples = await watch(world, quiet * 60_000, say);
    const lines = world.sender.acknowledgedLines - before.lines;
    const perSecond = Math.round((1000 * lines) / (performance.now() - before.at));
    await world.quiet();
    const { acknowledged, delivered, lost, twice, wrong } = world.judge();
    const { table, flat } = memoryTable(samples);
    const outcome = `${perSecond} lines/s acknowledged while memory was watched; requests acknowledged ${acknowledged}, delivered ${delivered}, lost ${lost}, twice ${twice}.`;
    const report = `${outcome}\n\n${table}`;
    process.stdout.write(report);
    if (documented) documentTable('soak', report);
    for (const text of wrong.slice(0, 10)) process.stderr.write(`${text}\n`);
    return flat && perSecond >= LINES_PER_SECOND && lost === 0 && twice === 0 && wrong.length === 0 ? 0 : 1;
  } finally {
    await world.stop();
    world.clean();
  }
}

async function breakThings(world: World, ms: number, say: (text: string) => void): Promise<void> {
  const endsAt = performance.now() + ms;
  while (performance.now() < endsAt) {
    const next = delay(FAULT_EVERY_MS);
    const [name, fault] = world.one(Object.entries(FAULTS));
    say(name);
    await Promise.all([fault(world), next]);
  }
}

/** Bytes by process, as often as they were looked at. */
type Samples = Map<string, number[]>;

async function watch(world: World, ms: number, say: (text: string) => void): Promise<Samples> {
  const samples: Samples = new Map();
  const note = (name: string, bytes: number): void => {
    const of = samples.get(name) ?? [];
    samples.set(name, of);
    of.push(bytes);
  };
  const endsAt = performance.now() + ms;
  for (let i = 0; performance.now() < endsAt; i++) {
    for (const { role, index, pid } of world.members) note(`${role} ${index}, resident`, residentBytes(pid!));
    const info = await world.redis.first.ask((redis) => redis.info('memory'));
    note('Redis, used', Number(/^used_memory:(\d+)/m.exec(info)![1]));
    note('Redis, resident', Number(/^used_memory_rss:(\d+)/m.exec(info)![1]));
    if (i % 30 === 29) say([...samples].map(([name, of]) => `${name} ${mib(of.at(-1)!)}`).join('; '));
    await delay(SAMPLE_MS);
  }
  return samples;
}

/** Of a process on Linux. */
function residentBytes(pid: number): number {
  return 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
}

/** Medians of the thirds, and whether nothing has grown. */
function memoryTable(samples: Samples): { table: string; flat: boolean } {
  let table =
    '| memory, median | first third | middle third | last third | last/middle |\n| --- | --: | --: | --: | --: |\n';
  let flat = true;
  for (const [name, of] of samples) {
    const third = of.length / 3;
    const medians = [0, 1, 2].map((n) => median(of.slice(n * third, (n + 1) * third)));
    const growth = medians[2]! / medians[1]!;
    if (growth > GROWTH_MAX) flat = false;
    table += `| ${name} | ${medians.map(mib).join(' | ')} | ${growth.toFixed(3)} |\n`;
  }
  return { table, flat };
}

function median(of: readonly number[]): number {
  return [...of].sort((a, b) => a - b)[of.length >> 1]!;
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
