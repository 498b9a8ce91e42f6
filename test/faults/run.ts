import { parseArgs } from 'node:util';
import { stopServers } from '../redis/servers.js';
import { documentTable } from './docs.js';
import { perform, type Result, type Run } from './perform.js';
import { SCENARIOS } from './scenarios/index.js';
import { selfCheck } from './self-check.js';
import { markdownTable, terminalLine } from './table.js';

const HELP = `npm run test:faults [-- options]
  (nothing)       the short set: fewer times, shorter outages; a few minutes
  --all           every fault, at resolution 1 and 60, where a second value replaces and where it adds
  --only NAMES    of these faults, separated by commas, all four variants
  --quick         with these two: as few times and as short as in the short set
  --resolution N  1 or 60 alone
  --second VALUE  replaces or adds alone
  --jobs N        runs at once [2]
  --seed N        chances are drawn from it; said at the start of each run
  --self-check    breaks promises on purpose and sees that the judge finds out
  --soak          10 minutes of 5,000 lines/s with a fault every 20 s, then 12 without: is memory flat?
  --minutes A,B   of the soak, with and without faults [10,12]
  --docs          puts the table into docs/operations.md
  --list          names of the faults
`;

const { values: options } = parseArgs({
  options: {
    all: { type: 'boolean' },
    only: { type: 'string' },
    quick: { type: 'boolean' },
    resolution: { type: 'string' },
    second: { type: 'string' },
    jobs: { type: 'string', default: '2' },
    seed: { type: 'string' },
    'self-check': { type: 'boolean' },
    soak: { type: 'boolean' },
    minutes: { type: 'string', default: '10,12' },
    docs: { type: 'boolean' },
    list: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});

/** Whether each fault is as long and as often as the table says. */
const isFull = Boolean(options.all ?? options.only) && !options.quick;
const seed = Number(options.seed ?? Math.floor(Math.random() * 2 ** 31));
process.exitCode = await main();
process.exit();

async function main(): Promise<number> {
  if (options.help) return print(HELP);
  if (options.list) return print(SCENARIOS.map(({ name, fault }) => `${name.padEnd(24)} ${fault}\n`).join(''));
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stopServers().then(() => process.exit(130)));
  try {
    if (options['self-check']) return await selfCheck(seed);
    if (options.soak) return await (await import('./soak.js')).soak(seed, minutes(), options.docs ?? false);
    return await faults();
  } finally {
    await stopServers();
  }
}

async function faults(): Promise<number> {
  const runs = chosen();
  process.stderr.write(`${runs.length} runs, seed ${seed}\n`);
  const waiting = [...runs];
  const results: Result[] = [];
  const worker = async (): Promise<void> => {
    for (let run = waiting.shift(); run; run = waiting.shift()) {
      const result = await perform(run, { isFull, seed });
      results.push(result);
      process.stderr.write(`[${results.length}/${runs.length}] ${terminalLine(result)}\n${whatIsWrong(result)}`);
    }
  };
  await Promise.all(Array.from({ length: Number(options.jobs) }, worker));
  const table = markdownTable(SCENARIOS, results);
  process.stdout.write(table);
  if (options.docs) documentTable('faults', table);
  const failed = results.filter(({ problems }) => problems.length > 0);
  for (const result of failed) process.stderr.write(`\n${terminalLine(result)}\n${whatIsWrong(result)}`);
  return failed.length === 0 ? 0 : 1;
}

function whatIsWrong({ problems, logs }: Result): string {
  return problems.length === 0 ? '' : `  ${problems.join('\n  ')}\n  logs: ${logs}\n`;
}

function chosen(): Run[] {
  const names = options.only?.split(',');
  const unknown = names?.filter((name) => SCENARIOS.every((scenario) => scenario.name !== name)) ?? [];
  if (unknown.length > 0) throw new Error(`not known: ${unknown.join(', ')}; see --list`);
  const scenarios = SCENARIOS.filter(({ name, short }) => (names ? names.includes(name) : options.all || short));
  const runs = scenarios.flatMap((scenario, i) => {
    const all = ([1, 60] as const).flatMap((resolutionSeconds) =>
      (['replaces', 'adds'] as const).map((secondValue) => ({ scenario, secondValue, resolutionSeconds })),
    );
    // Of the short set each fault has one variant at resolution 1, by turns; the first also one in moved time.
    return options.all || names ? all : all.filter((_, variant) => variant === i % 2 || (i < 2 && variant === 2 + i));
  });
  return runs
    .filter(({ resolutionSeconds }) => !options.resolution || resolutionSeconds === Number(options.resolution))
    .filter(({ secondValue }) => !options.second || secondValue === options.second);
}

function minutes(): [number, number] {
  const [faulty, quiet] = options.minutes.split(',').map(Number);
  return [faulty!, quiet!];
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}
