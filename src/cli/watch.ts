import { setTimeout as delay } from 'node:timers/promises';
import { CliError } from './cli-error.js';
import { DrainClient, RefusedError } from './drain-client.js';
import { DrainSeries } from './watch/drain-series.js';
import { NewPoints } from './watch/new-points.js';
import { Screen } from './watch/screen.js';
import { TableWatch } from './watch/table-watch.js';

const EVERY_SECONDS = 2;
const EVERY_SECONDS_MAX = 3_600;

interface WatchOptions {
  readonly search: string;
  readonly everyMs: number;
  readonly once: boolean;
}

/**
 * `l2met watch`: what was delivered of a drain, as it comes: a table on a terminal, lines of JSON into a pipe. Status 1 if the
 * drain is refused; while the service or its store is away it goes on with what it has.
 */
export async function watch(args: readonly string[]): Promise<void> {
  const options = optionsOf(args);
  const drain = await DrainClient.given();
  const series = new DrainSeries(drain, options.search);
  // Whoever reads may go away, and that is the end.
  process.stdout.on('error', () => process.exit(0));
  return process.stdout.isTTY ? showTable(drain, series, options) : printPoints(series, options);
}

async function showTable(drain: DrainClient, series: DrainSeries, { once, everyMs }: WatchOptions): Promise<void> {
  const table = new TableWatch(drain, series);
  const screen = new Screen(process.stdout);
  if (once) {
    await table.look(screen.rows);
    process.stdout.write(`${table.lines(screen.columns, screen.rows).join('\n')}\n`);
    return;
  }
  const draw = (): void => screen.draw(table.lines(screen.columns, screen.rows));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(0));
  process.on('exit', () => screen.close());
  process.stdout.on('resize', draw);
  try {
    for (;;) {
      await table.look(screen.rows).catch((error: unknown) => table.fail(passing(error).message));
      draw();
      await delay(everyMs);
    }
  } finally {
    // What went wrong is told on the page that stays.
    screen.close();
  }
}

async function printPoints(series: DrainSeries, { once, everyMs }: WatchOptions): Promise<void> {
  const points = new NewPoints(series);
  let failed = '';
  for (;;) {
    try {
      for (const point of await points.look()) process.stdout.write(`${JSON.stringify(point)}\n`);
      failed = '';
    } catch (error) {
      const { message } = passing(error);
      if (once) throw error;
      if (message !== failed) process.stderr.write(`${message}\n`);
      failed = message;
    }
    if (once) return;
    await delay(everyMs);
  }
}

/** The error, if it may pass by itself. @throws it, if it does not */
function passing(error: unknown): CliError {
  const isRefused = error instanceof RefusedError && error.status < 500 && error.status !== 429;
  if (isRefused || !(error instanceof CliError)) throw error;
  return error;
}

function optionsOf(args: readonly string[]): WatchOptions {
  let [search, everySeconds, once] = ['', EVERY_SECONDS, false];
  for (let i = 0; i < args.length; i++) {
    const [name, inline] = args[i]!.split(/=(.*)/s, 2) as [string, string | undefined];
    if (name === '--once' && inline === undefined) once = true;
    else if (name === '--search') search = inline ?? args[++i] ?? '';
    else if (name === '--every') everySeconds = Number(inline ?? args[++i]);
    else
      throw new CliError(
        'watch takes --search TEXT, --every SECONDS and --once; the drain URL is a secret: send it to standard input, or set L2MET_DRAIN_URL',
      );
  }
  if (!(everySeconds >= 0.1 && everySeconds <= EVERY_SECONDS_MAX))
    throw new CliError(`--every must be a number of seconds from 0.1 to ${EVERY_SECONDS_MAX}`);
  return { search, everyMs: everySeconds * 1000, once };
}
