import { setTimeout as delay } from 'node:timers/promises';
import { CliError } from './cli-error.js';
import { DrainClient, type DrainDescription, said } from './drain-client.js';

/** What `check` sends. */
const LINES = 'measure#l2met.check=1ms count#l2met.check.count=1 sample#l2met.check.sample=1\n';

/** Between two looks at the drain, ms. */
const LOOK_MS = 500;

/** How long after it is due a window may be on its way, ms; a destination that answers slowly is given its time. */
const PATIENCE_MS = 60_000;

/** What can become of a metric besides, by the name under which `GET /logs` counts it. */
const LOSSES = {
  pointsRejected: 'metrics of the account were refused there',
  collisions: 'could not be told from others there',
  seriesOverLimit: 'series were over the limit',
  windowsExpired: 'windows were too old to be delivered',
  windowsPurged: 'windows were purged by the operator',
} as const;

/**
 * `l2met check`: posts lines to a drain URL and tells what comes of them, step by step, until they are delivered. Status 1 where
 * a step goes wrong.
 */
export async function check(args: readonly string[]): Promise<void> {
  const isBrief = args[0] === '--no-wait';
  if (args.length > (isBrief ? 1 : 0))
    throw new CliError(
      'a drain URL is a secret and not taken as an argument: send it to standard input, or set L2MET_DRAIN_URL',
    );
  const drain = await DrainClient.given();

  await post(drain);
  const { destination, warnings, ...posted } = await drain.describe();
  const where = destination.host === null ? destination.kind : `${destination.kind} at ${destination.host}`;
  say(`they go to ${where}`);
  // That a delivery waits is told below, and only once it is one of ours.
  for (const warning of warnings) if (!warning.startsWith('deliveries wait')) say(`! ${warning}`);
  if (isBrief) return;

  const { resolution } = posted.options;
  const now = Date.parse(posted.lastDataAt ?? '');
  const dueAt = (Math.floor(now / 1000 / resolution) * resolution + resolution + posted.grace) * 1000;
  say(`their window is delivered in ${Math.ceil((dueAt - now) / 1000)} s: waiting`);
  const after = await delivered(drain, dueAt, dueAt - now + PATIENCE_MS);
  const lost = Object.entries(LOSSES).flatMap(([count, what]) => {
    const more = (after.counts[count] ?? 0) - (posted.counts[count] ?? 0);
    return more > 0 ? [`${more} ${what}`] : [];
  });
  // They may be of other lines of the account: who looks is told to look.
  if (lost.length > 0)
    throw new CliError(`its window is gone to ${where}, but meanwhile ${lost.join(', ')}: see GET /logs`);
  say(`delivered to ${where}`);
}

async function post(drain: DrainClient): Promise<void> {
  const posted = await drain.post(LINES);
  if (posted.status !== 200) throw new CliError(`POST answered ${posted.status}: ${said(posted.body)}`);
  const { measurements } = posted.body as { measurements?: unknown };
  if (measurements !== 3)
    throw new CliError(`POST answered 200, but took ${String(measurements)} of 3 measurements: ${said(posted.body)}`);
  say('POST answered 200: 3 of 3 measurements are stored');
}

/** Waits until no window that was due by `dueAt` is left. */
async function delivered(drain: DrainClient, dueAt: number, withinMs: number): Promise<DrainDescription> {
  let last: DrainDescription['hold'] = null;
  for (let leftMs = withinMs; leftMs > 0; leftMs -= LOOK_MS) {
    await delay(LOOK_MS);
    const description = await drain.describe();
    const { firstDueAt, windowsWaiting, hold } = description;
    if (windowsWaiting === 0 || Date.parse(firstDueAt ?? '') > dueAt) return description;
    // What else holds a tenant passes by itself, often within a second.
    if (hold?.kind === 'pause' || hold?.kind === 'key') throw new CliError(`not delivered yet: ${waits(hold)}`);
    last = hold;
  }
  if (last) throw new CliError(`not delivered yet: ${waits(last)}`);
  throw new CliError(
    'not delivered in time, and nothing says why: does an outlet run? its operator sees l2met_oldest_due_seconds',
  );
}

function waits({ why, untilAt }: NonNullable<DrainDescription['hold']>): string {
  return `${why} (tried again from ${untilAt} on; nothing is lost)`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
