import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { environment } from '../config/environment.js';
import { USER_AGENT } from '../version.js';
import { CliError } from './cli-error.js';
import { readStdin } from './read-stdin.js';

/** What `check` sends. */
const LINES = 'measure#l2met.check=1ms count#l2met.check.count=1 sample#l2met.check.sample=1\n';

const TIMEOUT_MS = 10_000;

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

/** What `GET /logs` says, as far as it is needed here. */
interface Description {
  readonly options: { readonly resolution: number };
  readonly destination: { readonly kind: string; readonly host: string | null };
  readonly lastDataAt: string | null;
  readonly windowsWaiting: number;
  readonly firstDueAt: string | null;
  readonly grace: number;
  readonly hold: { readonly kind: string; readonly why: string; readonly untilAt: string } | null;
  readonly counts: Readonly<Record<string, number | undefined>>;
  readonly warnings: readonly string[];
}

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
  const text = (environment['L2MET_DRAIN_URL'] || (await readStdin('Drain URL, then Enter: '))).trim();
  if (!URL.canParse(text) || !/^https?:/.test(text))
    throw new CliError('that is not a drain URL: expected https://TOKEN@host/logs');
  const url = new URL(text);
  const headers = {
    authorization: `Basic ${Buffer.from(`${decoded(url.username)}:${decoded(url.password)}`).toString('base64')}`,
    accept: 'application/json',
    'user-agent': USER_AGENT,
  };
  url.username = url.password = '';

  await post(url, headers);
  const { destination, warnings, ...posted } = await describe(url, headers);
  const where = destination.host === null ? destination.kind : `${destination.kind} at ${destination.host}`;
  say(`they go to ${where}`);
  // That a delivery waits is told below, and only once it is one of ours.
  for (const warning of warnings) if (!warning.startsWith('deliveries wait')) say(`! ${warning}`);
  if (isBrief) return;

  const { resolution } = posted.options;
  const now = Date.parse(posted.lastDataAt ?? '');
  const dueAt = (Math.floor(now / 1000 / resolution) * resolution + resolution + posted.grace) * 1000;
  say(`their window is delivered in ${Math.ceil((dueAt - now) / 1000)} s: waiting`);
  const after = await delivered(url, headers, dueAt, dueAt - now + PATIENCE_MS);
  const lost = Object.entries(LOSSES).flatMap(([count, what]) => {
    const more = (after.counts[count] ?? 0) - (posted.counts[count] ?? 0);
    return more > 0 ? [`${more} ${what}`] : [];
  });
  // They may be of other lines of the account: who looks is told to look.
  if (lost.length > 0)
    throw new CliError(`its window is gone to ${where}, but meanwhile ${lost.join(', ')}: see GET /logs`);
  say(`delivered to ${where}`);
}

async function post(url: URL, headers: Record<string, string>): Promise<void> {
  const posted = await send(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'text/plain' },
    body: LINES,
  });
  if (posted.status !== 200) throw new CliError(`POST answered ${posted.status}: ${said(posted.body)}`);
  const { measurements } = posted.body as { measurements?: unknown };
  if (measurements !== 3)
    throw new CliError(`POST answered 200, but took ${String(measurements)} of 3 measurements: ${said(posted.body)}`);
  say('POST answered 200: 3 of 3 measurements are stored');
}

async function describe(url: URL, headers: Record<string, string>): Promise<Description> {
  const described = await send(url, { method: 'GET', headers });
  if (described.status !== 200) throw new CliError(`GET answered ${described.status}: ${said(described.body)}`);
  return described.body as Description;
}

/** Waits until no window that was due by `dueAt` is left. */
async function delivered(
  url: URL,
  headers: Record<string, string>,
  dueAt: number,
  withinMs: number,
): Promise<Description> {
  let last: Description['hold'] = null;
  for (let leftMs = withinMs; leftMs > 0; leftMs -= LOOK_MS) {
    await delay(LOOK_MS);
    const description = await describe(url, headers);
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

function waits({ why, untilAt }: NonNullable<Description['hold']>): string {
  return `${why} (tried again from ${untilAt} on; nothing is lost)`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A part of a URL as it was before it was percent-encoded. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new CliError('the token in that drain URL is not percent-encoded as a URL asks for');
  }
}

interface Exchange {
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: string;
}

async function send(url: URL, exchange: Exchange): Promise<{ status: number; body: unknown }> {
  try {
    const { statusCode, body } = await request(url, { ...exchange, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await body.text();
    return { status: statusCode, body: parse(text) };
  } catch (error) {
    throw new CliError(`${url.host} does not answer: ${(error as Error).message}`);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function said(body: unknown): string {
  if (typeof body === 'object' && body !== null && 'message' in body) return String(body.message);
  return typeof body === 'string' ? body.slice(0, 200) : JSON.stringify(body);
}
