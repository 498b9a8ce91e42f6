import { setTimeout as delay } from 'node:timers/promises';
import type { Treatment } from '../destination.js';
import type { Scenario } from '../scenario.js';
import { TIMEOUT_MS, type World } from '../world.js';

/** Treats requests in a way of its own for a while, or as ever. */
async function treated(world: World, ms: number, treat: (world: World) => Treatment): Promise<void> {
  world.broken();
  world.destination.treat = () => treat(world);
  await delay(ms);
  world.destination.treat = () => ({ do: 'take' });
  world.healed();
}

const sometimes = (world: World, treatment: Treatment): Treatment =>
  world.random() < 0.5 ? treatment : { do: 'take' };

export const destinationScenarios: readonly Scenario[] = [
  {
    name: 'answers-500',
    fault: 'destination answers 500 to every other POST for 15 s',
    run: (world, full) =>
      treated(world, full ? 15_000 : 4_000, (world) => sometimes(world, { do: 'refuse', status: 500 })),
  },
  {
    name: 'answers-429',
    fault: 'destination answers 429 with Retry-After: 2 to every other POST for 15 s',
    run: (world, full) =>
      treated(world, full ? 15_000 : 4_000, (world) =>
        sometimes(world, { do: 'refuse', status: 429, headers: { 'retry-after': '2' } }),
      ),
  },
  {
    name: 'answers-400',
    fault: 'destination answers 400 as long as one metric of many is in the request (it alone is dropped)',
    short: true,
    async run(world, full) {
      world.refused = (series) => /^r\d*[5-9][ab]$/.test(series);
      world.destination.treat = ({ gauges }) =>
        gauges.some(({ name }) => world.refused!(name)) ? { do: 'refuse', status: 400 } : { do: 'take' };
      await delay(full ? 15_000 : 5_000);
    },
  },
  {
    name: 'answers-401',
    fault: 'destination answers 401 for one tenant for 15 s: it pauses, the others go on',
    async run(world, full) {
      world.broken();
      world.destination.treat = ({ user }) =>
        user === world.tenants[0]!.user ? { do: 'refuse', status: 401 } : { do: 'take' };
      await delay(full ? 15_000 : 5_000);
      world.destination.treat = () => ({ do: 'take' });
      world.healed();
    },
  },
  {
    name: 'hangs',
    fault: 'destination hangs at every other POST for 15 s',
    run: (world, full) => treated(world, full ? 15_000 : 4_000, (world) => sometimes(world, { do: 'hang' })),
  },
  {
    name: 'no-answer',
    fault: 'destination takes a POST and does not answer it in time, or cuts the answer, for 15 s',
    short: true,
    run: (world, full) =>
      treated(world, full ? 15_000 : 4_000, (world) => {
        const dice = world.random();
        if (dice < 0.5) return { do: 'take' };
        if (dice < 0.75) return { do: 'take-and-cut', within: dice < 0.625 ? 'head' : 'body' };
        return { do: 'take', afterMs: 2 * TIMEOUT_MS };
      }),
  },
  {
    name: 'down',
    fault: 'destination down for 2 minutes',
    short: true,
    async run(world, full) {
      world.broken();
      await world.destination.down();
      await delay(full ? 120_000 : 5_000);
      await world.destination.up();
      world.healed();
    },
  },
];
