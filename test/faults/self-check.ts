import { setTimeout as delay } from 'node:timers/promises';
import { perform, type Result, type Run } from './perform.js';
import type { Scenario } from './scenario.js';
import { SCENARIOS } from './scenarios/index.js';

/** Deliveries falter now and then, so that there are some to be put off. */
const faltering: Scenario = {
  name: 'faltering',
  fault: 'destination answers 500 to some POSTs',
  setup: { receivers: 1, outlets: 1 },
  async run({ destination, random }) {
    destination.treat = () => (random() < 0.3 ? { do: 'refuse', status: 500 } : { do: 'take' });
    await delay(4_000);
    destination.treat = () => ({ do: 'take' });
  },
};

const stopped = SCENARIOS.find(({ name }) => name === 'outlet-stopped')!;

/** What is broken on purpose (program.mjs), where it has to show, and how. */
const SABOTAGES: readonly [sabotage: string, run: Run, isFound: (result: Result) => boolean][] = [
  ['forgets-commits', replaces(faltering), ({ lost }) => lost > 0],
  ['commits-twice', replaces(faltering), ({ twice }) => twice > 0],
  ['commits-twice', adds(faltering), ({ problems }) => problems.some((problem) => problem.includes('stored twice'))],
  ['settles-early', replaces(faltering), ({ lost }) => lost > 0],
  ['reads-less', replaces(faltering), ({ lost, twice }) => lost > 0 && twice > 0],
  ['skips-renewals', adds(stopped), ({ problems }) => problems.some((problem) => problem.includes('POSTs repeated'))],
  ['', replaces(faltering), ({ acknowledged, problems }) => acknowledged > 0 && problems.length === 0],
  ['', adds(faltering), ({ acknowledged, problems }) => acknowledged > 0 && problems.length === 0],
];

/**
 * Shows that the judge can fail: a program whose promises are broken on purpose must not pass, and one whose are not must.
 *
 * @returns 0, or 1 if it did not find something
 */
export async function selfCheck(seed: number): Promise<number> {
  let missed = 0;
  for (const [sabotage, run, isFound] of SABOTAGES) {
    const result = await perform(run, { isFull: false, seed }, sabotage ? { sabotage } : {});
    const right = isFound(result);
    if (!right) missed++;
    const { acknowledged, lost, twice, repeats, problems, secondValue } = result;
    process.stderr.write(
      `${right ? 'ok    ' : 'FAILED'} ${(sabotage || 'nothing broken').padEnd(16)} ${secondValue.padEnd(8)} acknowledged ${acknowledged}, lost ${lost}, twice ${twice} (${repeats} POSTs)\n`,
    );
    if (!right) for (const problem of problems) process.stderr.write(`  ${problem}\n`);
  }
  return missed === 0 ? 0 : 1;
}

function replaces(scenario: Scenario): Run {
  return { scenario, secondValue: 'replaces', resolutionSeconds: 1 };
}

function adds(scenario: Scenario): Run {
  return { scenario, secondValue: 'adds', resolutionSeconds: 1 };
}
