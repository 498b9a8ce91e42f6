import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../model/clock.js';
import { Kind, KIND_NAMES } from '../model/kind.js';
import { windowStart } from '../model/window.js';
import { DrainParser, type ParsedDrain } from '../parsing/drain-parser.js';
import { FRAME_REJECTIONS, MEASUREMENT_REJECTIONS } from '../parsing/rejections.js';
import {
  type CommitAnswer,
  type CommitBatch,
  type CommitRequest,
  type Examples,
  type FactCounts,
  type FactName,
  StoreUnavailableError,
  WINDOW_STORE,
  type WindowStore,
} from '../store/window-store.js';
import { CLOCK } from '../telemetry/clock.token.js';
import { Counters } from '../telemetry/counters.js';
import { LOGGER, type Logger } from '../telemetry/logger.js';
import type { Drain } from '../access/authenticator.js';
import type { DrainOptions } from './drain-options.js';
import { type NearWindows, nearWindows } from './far-windows.js';
import { idempotencyKeyOf } from './idempotency-key.js';
import { examplesOf } from './rejection-examples.js';
import { type BodyEncoding, Inflater } from './inflate.js';
import { HttpError, RETRY_AFTER_SECONDS } from '../access/http-error.js';
import { INGEST_OPTIONS, type IngestOptions } from './ingest.options.js';
import type { Sender } from './sender.js';
import { StoreClock } from './store-clock.js';

/** Between two tries of a commit. */
const RETRY_PAUSE_MS = 100;

/** How long a request is known, at least, that its sender cannot repeat under the same name: for our own tries, which end with its patience. */
const OWN_KEY_MS_MIN = 30_000;

/** A drain request with its credentials and options understood. */
export interface DrainRequest {
  readonly drain: Drain;
  readonly options: DrainOptions;
  readonly sender: Sender;
  readonly headers: IncomingHttpHeaders;
  /** Whether its content type is that of octet-counted syslog, as Logplex and log-shuttle send it. */
  readonly isLogplexType: boolean;
  readonly encoding: BodyEncoding;
  /** When its first bytes came, by the monotonic clock, ms. */
  readonly startedAt: number;
}

/** Differs for each request, of whatever process: this one's random letters, and a number. */
const nextNonce = ((): (() => string) => {
  const mine = randomBytes(6).toString('base64url');
  let requests = 0;
  return () => mine + (requests++).toString(36);
})();

/** What became of a request, as it is answered where JSON is asked for. */
export interface DrainReport {
  readonly messages: number;
  readonly measurements: number;
  /** Measurements dropped because their window is closed. */
  readonly late: number;
  /** Measurements dropped because their window is too far ahead. */
  readonly future: number;
  /** Measurements not counted again, since an earlier try of the request was. */
  readonly duplicate: number;
  /** The first 20 that could not be read. */
  readonly rejected: ParsedDrain['rejected'];
}

/** The way of one drain request: inflate → parse → commit → report. */
@Injectable()
export class DrainService {
  private readonly inflater: Inflater;

  constructor(
    private readonly parser: DrainParser,
    @Inject(WINDOW_STORE) private readonly store: WindowStore,
    private readonly storeClock: StoreClock,
    @Inject(INGEST_OPTIONS) private readonly options: IngestOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly counters: Counters,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.inflater = new Inflater(options.bodyLimitBytes);
  }

  /**
   * Stores a request's measurements. When this resolves, the store has them.
   *
   * @param sent its body, as it came
   * @throws HttpError with the status to answer
   */
  async accept(request: DrainRequest, sent: Buffer): Promise<DrainReport> {
    const inflated = this.inflater.inflate(sent, request.encoding);
    const body = inflated instanceof Promise ? await inflated : inflated;
    this.counters.add('request_bytes', 'sent', sent.length);
    this.counters.add('request_bytes', 'inflated', body.length);
    const framing = request.isLogplexType ? 'octet-counted' : 'detect';
    const parsed = this.parser.parse(body, framing, request.options, this.storeClock.now());
    const facts = this.count(request, parsed);
    const examples = examplesOf(parsed.firstRejections, body);
    if (parsed.unreadable) {
      const { offset, reason } = parsed.unreadable;
      this.noteUnreadable(request.drain, facts, examples);
      throw new HttpError('L2MET_INGEST_UNREADABLE', `at byte ${offset}, ${reason}`);
    }
    const windows = this.nearWindows(parsed, request.options.resolutionSeconds);
    facts.late = windows.late;
    facts.future = windows.future;
    try {
      return this.report(parsed, windows, await this.commit(request, sent, windows.near, facts, examples));
    } catch (error) {
      this.counters.add('measurements_dropped', refusedOrUnsure(error), parsed.measurements);
      throw error;
    }
  }

  /** Has the tenant know, as far as the store is there to take it, of a request of which nothing could be read. */
  noteUnreadable(drain: Drain, facts: FactCounts = { requests: 1 }, examples?: Examples): void {
    const { tenant, token, secondValue } = drain;
    const note: CommitRequest = {
      tenant,
      token,
      secondValue,
      late: 'next',
      idempotencyKey: randomBytes(16).toString('base64'),
      idempotencyTtlMs: 1_000,
      resolutionSeconds: 60,
      openStartSeconds: 0,
      batches: [],
      facts: { ...facts, unreadableRequests: 1 },
      ...(examples && { examples }),
    };
    this.store.commit([note]).catch((error: unknown) => {
      // Nobody waits for it: what is thrown here would end the process.
      if (error instanceof StoreUnavailableError) return;
      this.logger.error({ event: 'note-failed', tenant, err: error }, 'an unreadable request could not be noted');
    });
  }

  /** Commits until it is done or the sender's patience ends; the idempotency key makes repeats safe. */
  private async commit(
    request: DrainRequest,
    sent: Buffer,
    near: readonly CommitBatch[],
    facts: FactCounts,
    examples: Examples | undefined,
  ): Promise<CommitAnswer & { outcome: 'stored' | 'duplicate' }> {
    const { drain, options } = request;
    const { key, ttlMs } = idempotencyKeyOf(
      drain.tenant,
      options.canonical,
      request.sender,
      request.isLogplexType,
      request.headers,
      sent,
      this.options.idempotencyMs,
      Math.max(OWN_KEY_MS_MIN, 2 * this.options.patienceMs),
    );
    const nonce = nextNonce();
    const endsAt = request.startedAt + this.options.patienceMs;
    for (let tries = 1; ; tries++) {
      const answer = await this.tryCommit({
        tenant: drain.tenant,
        token: drain.token,
        secondValue: drain.secondValue,
        late: options.late,
        idempotencyKey: key,
        idempotencyTtlMs: ttlMs,
        nonce,
        resolutionSeconds: options.resolutionSeconds,
        openStartSeconds: windowStart(this.storeClock.now(), options.resolutionSeconds),
        batches: near,
        facts,
        examples,
      });
      if (answer?.outcome === 'stored' || answer?.outcome === 'duplicate') return answer;
      if (answer?.outcome === 'refused') throw refusal(answer.reason);
      if (this.clock.monotonic() + RETRY_PAUSE_MS >= endsAt) {
        throw new HttpError('L2MET_INGEST_STORE', undefined, RETRY_AFTER_SECONDS);
      }
      // "again" is a matter of computing anew, which helps the first time or not at all soon; a store that is away, of waiting.
      if (!answer || tries > 1) await delay(RETRY_PAUSE_MS);
    }
  }

  /** One try; undefined if the store is away. */
  private async tryCommit(commit: CommitRequest): Promise<CommitAnswer | undefined> {
    const startedAt = this.clock.monotonic();
    try {
      const { nowMs, answers } = await this.store.commit([commit]);
      this.storeClock.learn(nowMs);
      const answer = answers[0]!;
      this.counters.add('commits', answer.outcome);
      return answer;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      this.counters.add('commits', 'unavailable');
      return undefined;
    } finally {
      this.counters.took('commit_duration_seconds', (this.clock.monotonic() - startedAt) / 1000);
    }
  }

  /** What the store is to see of a request; all of it as long as nobody knows the store's clock. */
  private nearWindows({ windows }: ParsedDrain, resolutionSeconds: number): NearWindows {
    if (!this.storeClock.known) return { near: windows, late: 0, future: 0 };
    return nearWindows(windows, resolutionSeconds, this.storeClock.now(), this.options.windowPolicy);
  }

  /** Counts what was read, for us and for the tenant. */
  private count(request: DrainRequest, parsed: ParsedDrain): Partial<Record<FactName, number>> {
    const { counters } = this;
    counters.add('messages', 'read', parsed.messages);
    for (const kind of KIND_NAMES) counters.add('measurements', kind, parsed.measurementsByKind[Kind[kind]]);
    counters.addEach('measurements_rejected', parsed.rejectedMeasurements);
    counters.addEach('frames_rejected', parsed.rejectedFrames);
    const countMismatches = this.isCountMismatch(request, parsed.messages) ? 1 : 0;
    const optionsFallback = request.options.fellBack.length;
    if (optionsFallback > 0 && request.sender !== 'other') counters.add('options_fallback', request.sender);
    const { messages, measurements } = parsed;
    const facts = { requests: 1, messages, measurements, optionsFallback, countMismatches };
    return parsed.rejected.length === 0 ? facts : { ...facts, ...rejections(parsed) };
  }

  /** Logplex-Msg-Count against what was read: a difference is counted, never refused. */
  private isCountMismatch(request: DrainRequest, messages: number): boolean {
    const told = request.headers['logplex-msg-count'];
    if (typeof told !== 'string' || !/^\d{1,9}$/.test(told) || Number(told) === messages) return false;
    this.counters.add('message_count_mismatch', 'drain');
    this.logger.debug({ event: 'message-count-mismatch', tenant: request.drain.tenant, told, messages });
    return true;
  }

  private report(
    parsed: ParsedDrain,
    far: NearWindows,
    answer: CommitAnswer & { outcome: 'stored' | 'duplicate' },
  ): DrainReport {
    const { messages, measurements, rejected } = parsed;
    if (answer.outcome === 'duplicate') {
      this.counters.add('measurements_duplicate', 'repeat', measurements);
      return { messages, measurements: 0, late: 0, future: 0, duplicate: measurements, rejected };
    }
    // A repeat tells of the same losses once more.
    this.counters.addEach('loss_notices', parsed.lossNotices);
    const late = far.late + answer.late;
    const future = far.future + answer.future;
    this.counters.add('measurements_dropped', 'late', late);
    this.counters.add('measurements_dropped', 'future', future);
    return { messages, measurements: measurements - late - future, late, future, duplicate: 0, rejected };
  }
}

/** Only a cap is certain to have kept a request out: a store that does not answer may have it. */
function refusedOrUnsure(error: unknown): 'refused' | 'unsure' {
  const isCap = error instanceof HttpError && error.code !== 'L2MET_INGEST_STORE';
  return isCap ? 'refused' : 'unsure';
}

/** What a tenant gets to know of what was not read: only the reasons that occurred. */
function rejections({ rejectedFrames, rejectedMeasurements }: ParsedDrain): FactCounts {
  const facts: Partial<Record<FactName, number>> = {};
  for (const reason of FRAME_REJECTIONS) facts[`rejected.frame-${reason}`] = rejectedFrames[reason];
  for (const reason of MEASUREMENT_REJECTIONS) facts[`rejected.${reason}`] = rejectedMeasurements[reason];
  return Object.fromEntries(Object.entries(facts).filter(([, count]) => count > 0));
}

/** A cap of the tenant is the tenant's (429), one of the store is everybody's (503). */
function refusal(reason: (CommitAnswer & { outcome: 'refused' })['reason']): HttpError {
  if (reason === 'store-bytes') return new HttpError('L2MET_INGEST_STORE_FULL', undefined, RETRY_AFTER_SECONDS);
  return new HttpError('L2MET_INGEST_TENANT_LIMIT', undefined, 30);
}
