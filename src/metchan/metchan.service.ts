import { randomBytes } from 'node:crypto';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DrainTokens } from '../crypto/drain-token.js';
import { parseCredentials, SECOND_VALUE } from '../model/credentials.js';
import { tenantIdOf } from '../model/tenant-id.js';
import { encodeBatch } from '../model/window-batch.js';
import { windowStart } from '../model/window.js';
import { StoreUnavailableError, WINDOW_STORE, type WindowStore } from '../store/window-store.js';
import { LOGGER, type Logger } from '../telemetry/logger.js';
import { OwnMetrics } from '../telemetry/own-metrics.js';
import { growth, ownBuckets } from './metchan-batch.js';
import { METCHAN_OPTIONS, type MetchanOptions } from './metchan.options.js';

/** Length of its windows, and how often one is committed. */
const RESOLUTION_SECONDS = 60;

/** A commit whose answer was lost is repeated a minute later, and again; its key is known for so long. */
const KEY_TTL_MS = 3_600_000;

/** What is on its way: repeated under the same key until the store has it, so that it counts once. */
interface Pending {
  readonly key: string;
  readonly counts: Readonly<Record<string, number>>;
}

/** From an instant to the middle of a window, the next that there is; a whole window if the instant is not known. */
export function untilMiddleMs(nowMs: number | undefined): number {
  const windowMs = RESOLUTION_SECONDS * 1000;
  if (nowMs === undefined) return windowMs;
  const intoMs = nowMs % windowMs;
  return intoMs < windowMs / 2 ? windowMs / 2 - intoMs : windowMs * 1.5 - intoMs;
}

/** Sends l2met's own numbers through its own store and outlets, like those of any drain. */
@Injectable()
export class MetchanService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private sent: Readonly<Record<string, number>> = {};
  private pending: Pending | undefined;
  private timer: NodeJS.Timeout | undefined;
  private storeAway = false;
  private stopped = false;
  /** The flush under way. */
  private flushing: Promise<void> = Promise.resolve();

  constructor(
    @Inject(METCHAN_OPTIONS) private readonly options: MetchanOptions,
    @Inject(WINDOW_STORE) private readonly store: WindowStore,
    private readonly tokens: DrainTokens,
    private readonly metrics: OwnMetrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    void this.waitForFlush();
  }

  /** Deliveries still go on: what is committed now is not lost with this process. What is still counted after it is. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.flush();
  }

  /** Flushes in the middle of each window of the store's: no window has two canaries, and none has none. */
  private async waitForFlush(): Promise<void> {
    const nowMs = await this.store.now().catch(() => undefined);
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.flush().then(() => this.waitForFlush()), untilMiddleMs(nowMs));
    this.timer.unref();
  }

  /** Commits how much everything has grown since the last time that the store took it; one after another. */
  flush(): Promise<void> {
    return (this.flushing = this.flushing.then(() => this.flushOnce()));
  }

  private async flushOnce(): Promise<void> {
    try {
      this.pending ??= { key: randomBytes(16).toString('base64'), counts: await this.metrics.totals() };
      if (!(await this.commit(this.pending))) return;
      this.sent = this.pending.counts;
      this.pending = undefined;
      this.storeAway = false;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) {
        this.logger.error({ event: 'metchan-failed', err: error }, "l2met's own numbers could not be sent");
      } else if (!this.storeAway) {
        this.storeAway = true;
        this.logger.warn({ event: 'metchan-waits' }, "the store is away: l2met's own numbers wait");
      }
    }
  }

  /** @returns whether the store has it, from this try or an earlier one */
  private async commit({ key, counts }: Pending): Promise<boolean> {
    const { credentials, source, prefix } = this.options;
    const parsed = parseCredentials(credentials);
    if (!parsed.ok || parsed.credentials.type !== 'destination') throw new Error('METCHAN_URL is no destination');
    const nowMs = await this.store.now();
    const startSeconds = windowStart(nowMs, RESOLUTION_SECONDS);
    const gauges = [...(await this.metrics.readings()), ...(await this.metrics.processReadings())];
    const buckets = ownBuckets(prefix, source, growth(this.sent, counts), gauges, nowMs);
    const { answers } = await this.store.commit([
      {
        tenant: tenantIdOf(credentials),
        token: this.tokens.issue(credentials),
        secondValue: SECOND_VALUE[parsed.credentials.target.kind],
        late: 'next',
        idempotencyKey: key,
        idempotencyTtlMs: KEY_TTL_MS,
        resolutionSeconds: RESOLUTION_SECONDS,
        openStartSeconds: startSeconds,
        batches: [{ startSeconds, bytes: encodeBatch(buckets), measurements: buckets.length }],
        facts: { requests: 1, measurements: buckets.length },
      },
    ]);
    const { outcome } = answers[0]!;
    if (outcome === 'refused') this.logger.warn({ event: 'metchan-refused' }, "l2met's own numbers are over a cap");
    return outcome === 'stored' || outcome === 'duplicate';
  }
}
