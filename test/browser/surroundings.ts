import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { browserOptions } from '../../scripts/find-browser.mjs';
import { generateKey } from '../../src/crypto/key-ring.js';
import { basic, frames, send } from '../e2e/http.js';
import { type RunningService, startService, until } from '../e2e/process.js';
import { type RedisServer, startStandalone, stopServers } from '../redis/servers.js';

const running = new Set<Surroundings>();

/** What a page did that no page of ours may do. */
const trouble = new WeakMap<Page, string[]>();

/** A browser before a built receiver, with Redis and a built outlet behind it. */
export class Surroundings {
  private constructor(
    readonly redis: RedisServer,
    readonly receiver: RunningService,
    readonly outlet: RunningService,
    readonly browser: Browser,
    /** As SECRETS. */
    readonly secrets: string,
  ) {}

  static async start(env: NodeJS.ProcessEnv = {}): Promise<Surroundings> {
    // What a test kills comes back with all that it held.
    const redis = await startStandalone({ aof: 'always' });
    const shared = {
      SECRETS: generateKey(),
      REDIS_URL: redis.url,
      GRACE_MS: '100',
      OUTLET_TICK_MS: '20',
      METCHAN_URL: '',
      ...env,
    };
    const [receiver, outlet, browser] = await Promise.all([
      startService(shared, ['--receiver']),
      startService(shared, ['--outlet']),
      chromium.launch(browserOptions()),
    ]);
    const started = new Surroundings(redis, receiver, outlet, browser, shared.SECRETS);
    running.add(started);
    return started;
  }

  /** Ends all that were started, those of a failed test too. */
  static async stopAll(): Promise<void> {
    for (const { browser, receiver, outlet } of running) {
      await Promise.all([browser.close(), receiver.process.stop(), outlet.process.stop()]);
    }
    running.clear();
    await stopServers();
  }

  /** A new tenant's drain. */
  drain(query = '?resolution=1'): Drain {
    return new Drain(this, this.receiver.token(`drain-${Math.random()}@example.com:t`).replace(/=+$/, ''), query);
  }

  /** The page in a tab, and a window, of its own. */
  async open(options: BrowserContextOptions = {}, hash = ''): Promise<Page> {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    // Less than a test has, so that what was waited for is told.
    context.setDefaultTimeout(15_000);
    const page = await context.newPage();
    const noted: string[] = [];
    trouble.set(page, noted);
    page.on('pageerror', (error) => noted.push(String(error)));
    page.on('dialog', (dialog) => {
      noted.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('console', (message) => {
      if (/Content Security Policy|Refused to/.test(message.text())) noted.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(`${this.receiver.url}/`)) noted.push(`asked elsewhere: ${request.url()}`);
    });
    await page.goto(`${this.receiver.url}/${hash}`);
    return page;
  }
}

/** Errors, dialogs, violations of the policy and requests to other hosts, of a page so far. */
export function troubleOf(page: Page): readonly string[] {
  return trouble.get(page)!;
}

/** A drain, to be fed and looked at. */
export class Drain {
  constructor(
    private readonly surroundings: Surroundings,
    readonly token: string,
    readonly query: string,
  ) {}

  get url(): string {
    return `${this.surroundings.receiver.url.replace('//', `//${this.token}@`)}/logs${this.query}`;
  }

  /** Sends lines, each so many seconds ago. */
  async send(lines: readonly (readonly [secondsAgo: number, text: string])[]): Promise<void> {
    const now = Date.now();
    const framed = lines.map(
      ([ago, text]) => `<190>1 ${new Date(now - ago * 1000).toISOString()} host app web.1 - ${text}\n`,
    );
    const { status, body } = await send(`${this.surroundings.receiver.url}/logs${this.query}`, {
      body: frames(framed),
      headers: { authorization: basic(this.token), 'content-type': 'application/logplex-1' },
    });
    if (status !== 204) throw new Error(`the drain answered ${status}: ${body}`);
  }

  /** Waits until so many windows are delivered. */
  async delivered(windows: number): Promise<void> {
    await until(async () => {
      const headers = { authorization: basic(this.token), accept: 'application/json' };
      const { body } = await send(`${this.surroundings.receiver.url}/logs`, { method: 'GET', headers });
      return ((JSON.parse(body) as { counts: { windowsDelivered?: number } }).counts.windowsDelivered ?? 0) >= windows;
    }, `${windows} windows are delivered`);
  }

  /** Pastes it into a page and waits for its charts, or what is said in their place. */
  async paste(page: Page): Promise<void> {
    await page.getByLabel('Drain URL', { exact: true }).fill(this.url);
    await page.getByRole('button', { name: 'Show its charts' }).click();
    await page.locator('.live').waitFor();
  }
}

/** A card of the page. */
export function card(page: Page, name: string) {
  return page.locator('.card').filter({ has: page.getByRole('heading', { name, exact: true }) });
}

/** Waits until a chart is drawn. */
export async function drawn(page: Page, name: string): Promise<void> {
  await card(page, name).and(page.locator('.card:not(.waits)')).locator('canvas').waitFor();
}
