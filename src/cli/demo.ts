import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { environment } from '../config/environment.js';
import { readSettings } from '../config/read-settings.js';
import { generateKey } from '../crypto/key-ring.js';
import { CliError } from './cli-error.js';
import { busyMinute, type Slot } from './demo/busy-minute.js';
import { drainUrl, trialInstructions } from './drain-url.js';
import { loggerOf } from './serve.js';
import { type Service, startService } from './service.js';
import { firstSignal, stopOnSignal } from './signals.js';

/** The resolution of the demo in seconds: short enough to see windows pass. */
const RESOLUTION_SECONDS = 5;

/** Pause between two requests, so that eyes can follow. */
const PAUSE_MS = 400;

/** A window is delivered within its grace and a tick; one that takes longer never comes. */
const DELIVERY_MS_MAX = 30_000;

/**
 * `l2met demo`: the whole service on the embedded store, fed with the log of a busy minute of a Heroku app. Each window's
 * metrics are printed as they are delivered. With `--once` that is all; else the minute goes by again and again, as it would
 * live, and the address of the page stands below each table.
 */
export async function demo(args: readonly string[]): Promise<void> {
  const once = args.includes('--once');
  const { settings } = readSettings(
    { LOG_LEVEL: 'error', PORT: '0', ...environment, REDIS_URL: '', REDIS_URL_FILE: '' },
    args.filter((arg) => arg !== '--once'),
  );
  if (!settings.RECEIVER || !settings.OUTLET)
    throw new CliError('the demo runs both roles: leave --receiver and --outlet out');
  const logger = loggerOf(settings);
  settings.SECRETS = generateKey();
  // Nobody routes requests here that would have to be led elsewhere first.
  settings.DRAIN_MS = 0;
  let below = (): string => '';
  const service = await startService(settings, logger, (text) => process.stdout.write(text + below()));
  const url = drainUrl(service.url, 'console:', settings.SECRETS);
  try {
    await replay(service, url);
  } catch (error) {
    await service.stop();
    throw error;
  }
  if (once) return service.stop();
  const drain = `${url}?resolution=${RESOLUTION_SECONDS}`;
  process.stdout.write(trialInstructions(drain));
  process.stdout.write('The log goes by again and again now, as it would live. Ctrl-C ends this.\n');
  below = pageLines(service, drain);
  process.stdout.write(below());
  const ended = firstSignal();
  void live(url, ended);
  await stopOnSignal(ended, service, settings, logger);
}

/** What says where the page is: a line with an address that opens it with the drain in it, a new one once that was used. */
function pageLines({ url, codes }: Service, drain: string): () => string {
  if (!codes) return () => '';
  let code = codes.issue(drain);
  return () => {
    if (!codes.isGood(code)) code = codes.issue(drain);
    return `\nCharts of this run (the address opens them once): ${url}/#${code}\n`;
  };
}

/** Sends the minute again and again, each window's lines as it ends. */
async function live(url: string, ended: Promise<void>): Promise<void> {
  let isOver = false;
  void ended.then(() => (isOver = true));
  const now = (): number => Date.now() / 1000;
  for (let start = Math.ceil(now() / RESOLUTION_SECONDS) * RESOLUTION_SECONDS; ; start += 60) {
    for (const [index, { body }] of busyMinute(start, RESOLUTION_SECONDS).entries()) {
      await delay(Math.max(0, start + (index + 1) * RESOLUTION_SECONDS - now()) * 1000, undefined, { ref: false });
      if (isOver) return;
      // Whoever stops the demo may do so now.
      await exchange(url, body).catch(() => undefined);
    }
  }
}

async function replay(service: Service, url: string): Promise<void> {
  // The minute ends just now: its windows are over, so each is delivered as soon as it is in.
  const endSeconds = Math.floor(Date.now() / 1000 / RESOLUTION_SECONDS) * RESOLUTION_SECONDS;
  const slots = busyMinute(endSeconds - 60, RESOLUTION_SECONDS);
  process.stdout.write(
    `l2met is listening on ${service.url}. It gets the log of a busy minute of a Heroku app, request by request,\nand prints each window of ${RESOLUTION_SECONDS} seconds as it is delivered.\n`,
  );
  for (const [index, slot] of slots.entries()) {
    await post(url, slot);
    await untilDelivered(url, index + 1);
    await delay(PAUSE_MS);
  }
}

async function post(url: string, slot: Slot): Promise<void> {
  const { messages, rejected } = (await exchange(url, slot.body)) as {
    messages: number;
    rejected: { reason: string }[];
  };
  const lost = rejected.map(({ reason }) => `1 frame not read (${reason})`).join(', ');
  process.stdout.write(
    `\nPOST /logs: the ${messages} lines of ${slot.from} to ${slot.to} in the bundled log${lost && `, ${lost}`}\n`,
  );
}

async function untilDelivered(url: string, windows: number): Promise<void> {
  const endsAt = performance.now() + DELIVERY_MS_MAX;
  for (;;) {
    const { counts } = (await exchange(url)) as { counts: { windowsDelivered?: number } };
    if ((counts.windowsDelivered ?? 0) >= windows) return;
    if (performance.now() > endsAt) throw new Error('a window of the demo was not delivered');
    await delay(50);
  }
}

/** A request to the drain, as its sender would make it. */
async function exchange(url: string, body?: Buffer): Promise<unknown> {
  const target = new URL(`${url}?resolution=${RESOLUTION_SECONDS}`);
  const headers = {
    authorization: `Bearer ${target.username}`,
    accept: 'application/json',
    ...(body && { 'content-type': 'application/logplex-1' }),
  };
  target.username = '';
  const answer = await request(target, body ? { method: 'POST', headers, body } : { headers });
  if (answer.statusCode !== 200)
    throw new Error(`the demo’s own drain answered ${answer.statusCode}: ${await answer.body.text()}`);
  return answer.body.json();
}
