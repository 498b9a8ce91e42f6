import { setTimeout as delay } from 'node:timers/promises';
import type { Verdict } from './judge.js';
import { DEFAULT_SETUP, World } from './world.js';

/** What is broken on purpose (program.mjs), and how it has to show. */
const SABOTAGES: Readonly<Record<string, (verdict: Verdict) => boolean>> = {
  'forgets-commits': ({ lost }) => lost > 0,
  'commits-twice': ({ twice, wrong }) => twice > 0 && wrong.length === 0,
  'settles-early': ({ lost }) => lost > 0,
  'reads-less': ({ lost, twice }) => lost > 0 && twice > 0,
};

/**
 * Shows that the judge can fail: a program whose promises are broken on purpose must not pass, and one whose are not must.
 *
 * @returns 0, or 1 if it did not find something
 */
export async function selfCheck(seed: number): Promise<number> {
  let missed = 0;
  for (const [sabotage, isFound] of [...Object.entries(SABOTAGES), ['', isClean] as const]) {
    const verdict = await verdictOf(sabotage, seed);
    const right = isFound(verdict);
    if (!right) missed++;
    const { acknowledged, lost, twice, wrong } = verdict;
    process.stderr.write(
      `${right ? 'ok    ' : 'FAILED'} ${(sabotage || 'nothing broken').padEnd(16)} acknowledged ${acknowledged}, lost ${lost}, twice ${twice}, wrong ${wrong.length}\n`,
    );
  }
  return missed === 0 ? 0 : 1;
}

const isClean = ({ acknowledged, lost, twice, wrong }: Verdict): boolean =>
  acknowledged > 0 && lost === 0 && twice === 0 && wrong.length === 0;

async function verdictOf(sabotage: string, seed: number): Promise<Verdict> {
  const setup = { ...DEFAULT_SETUP, secondValue: 'replaces', resolutionSeconds: 1, seed } as const;
  const world = await World.start({ ...setup, receivers: 1, outlets: 1, ...(sabotage && { sabotage }) });
  try {
    await world.traffic();
    // So that there are deliveries to be put off, too.
    world.destination.treat = () => (world.random() < 0.3 ? { do: 'refuse', status: 500 } : { do: 'take' });
    await delay(4_000);
    world.destination.treat = () => ({ do: 'take' });
    await world.quiet();
    return world.judge();
  } finally {
    await world.stop();
    world.clean();
  }
}
