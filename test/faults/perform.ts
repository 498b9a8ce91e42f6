import type { SecondValue } from '../../src/model/credentials.js';
import type { Verdict } from './judge.js';
import type { Scenario } from './scenario.js';
import { DEFAULT_SETUP, type Setup, World } from './world.js';

/** One scenario, under one of the four conditions. */
export interface Run {
  readonly scenario: Scenario;
  readonly secondValue: SecondValue;
  readonly resolutionSeconds: number;
}

/** What came of one run. */
export interface Result extends Verdict, Run {
  /** Requests to the destination that it had taken before. */
  readonly repeats: number;
  /** From when all was well again until a request was acknowledged and a delivery taken, of each tenant, ms. */
  readonly recoveredMs: number;
  /** What must not be; one sentence each. */
  readonly problems: readonly string[];
  /** Folder of the processes' logs; there as long as there are problems. */
  readonly logs: string;
}

/** How faults are tried. */
export interface Conditions {
  /** Whether each fault is as long and as often as the table says. */
  readonly isFull: boolean;
  readonly seed: number;
}

/** Runs a scenario in a world of its own and judges what came of it. */
export async function perform(run: Run, { isFull, seed }: Conditions, more: Partial<Setup> = {}): Promise<Result> {
  const { scenario, secondValue, resolutionSeconds } = run;
  const own = typeof scenario.setup === 'function' ? scenario.setup(resolutionSeconds) : scenario.setup;
  const world = new World({ ...DEFAULT_SETUP, ...own, ...more, secondValue, resolutionSeconds, seed });
  const problems: string[] = [];
  let recoveredMs = NaN;
  try {
    await world.start();
    await world.traffic();
    await scenario.run(world, isFull);
    recoveredMs = await world.recovered();
    await world.quiet();
  } catch (error) {
    problems.push((error as Error).stack ?? String(error));
  }
  const verdict = world.judge();
  const { repeated: repeats } = world.destination;
  const { repeatsMax } = world;
  if (scenario.loses) {
    if (verdict.lost === 0) problems.push('nothing was lost: the fault was none');
  } else {
    if (verdict.lost > 0) problems.push(`${verdict.lost} acknowledged requests are lost`);
    if (secondValue === 'replaces' && verdict.twice > 0) problems.push(`${verdict.twice} requests counted twice`);
    problems.push(...verdict.wrong.slice(0, 10));
  }
  // What a failover makes Redis forget may be sent again besides.
  if (secondValue === 'adds' && repeats > repeatsMax && !scenario.loses) {
    problems.push(`${repeats} POSTs repeated, at most ${repeatsMax} may be`);
  }
  await world.stop();
  const logs = world.logFolder;
  if (problems.length === 0) world.clean();
  return { ...run, ...verdict, repeats, recoveredMs, problems, logs };
}
