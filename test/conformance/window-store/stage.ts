import { DEFAULT_WINDOW_POLICY, type WindowPolicy, type WindowRef } from '../../../src/model/window.js';
import type { StoreOptions } from '../../../src/store/store.options.js';
import type {
  Claim,
  CommitAnswer,
  CommitBatch,
  CommitRequest,
  NewHold,
  SettledWindow,
  WindowStore,
} from '../../../src/store/window-store.js';

/** A store under test, whose clock the suite moves. */
export interface StoreHarness {
  readonly store: WindowStore;
  /** Moves the store's clock; by a negative number of ms, too. */
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Makes an empty store. */
export type StoreFactory = (options: StoreOptions) => Promise<StoreHarness>;

/** In what an adapter may differ under test. */
export interface StoreTraits {
  /** By how much the store's clock may run on by itself during a test, in ms: 0 for one that stands still. */
  readonly slackMs: number;
  /** Whether idempotency keys and facts end by the clock that the suite moves; else their ends are tested elsewhere. */
  readonly expiryFollowsClock: boolean;
}

export const EXACT_TRAITS: StoreTraits = { slackMs: 0, expiryFollowsClock: true };

/** What a test may change of the store's options. */
export interface StageOptions extends Partial<Omit<StoreOptions, 'policy'>> {
  readonly policy?: Partial<WindowPolicy>;
}

export const ALICE = 'a'.repeat(32);
export const BOB = 'b'.repeat(32);
export const LEASE_MS = 60_000;

const MiB = 1 << 20;
const HOUR_MS = 3_600_000;

/** What a test may change of the request that {@link Stage.request} makes. */
export type RequestChanges = Partial<Omit<CommitRequest, 'batches'>>;

/**
 * A store with the words that tests speak in. All times are ms from its hour: a full hour, at which every test begins.
 * With the default policy, a window of 60 s that begins there is due at 63,000, delivered again 60,000 after data that
 * comes late, and closed to lines from 360,000 on.
 */
export class Stage {
  private constructor(
    private readonly harness: StoreHarness,
    private readonly traits: StoreTraits,
    private readonly hourMs: number,
  ) {}

  private serial = 0;
  private readonly openedAt = performance.now();
  private moves = 0;

  static async open(factory: StoreFactory, traits: StoreTraits, options: StageOptions = {}): Promise<Stage> {
    const { policy, ...caps } = options;
    const harness = await factory({
      policy: { ...DEFAULT_WINDOW_POLICY, ...policy },
      windowBytesMax: 64 * MiB,
      tenantBytesMax: 512 * MiB,
      storeBytesMax: 512 * MiB,
      ...caps,
    });
    const hourMs = Math.ceil((await harness.store.now()) / HOUR_MS + 1) * HOUR_MS;
    const stage = new Stage(harness, traits, hourMs);
    await stage.at(0);
    return stage;
  }

  get store(): WindowStore {
    return this.harness.store;
  }

  close(): Promise<void> {
    return this.harness.close();
  }

  /**
   * Moves the clock to a time, back too. A clock that runs on by itself is left what it has run on since the test began:
   * so what was to end so many ms after a call has ended as many ms after the time of that call.
   */
  async at(ms: number): Promise<void> {
    // And some for each time, since milliseconds are rounded here and there.
    const ranOnMs = this.traits.slackMs === 0 ? 0 : Math.ceil(performance.now() - this.openedAt) + 3 * ++this.moves;
    await this.harness.advance(this.hourMs + ms + ranOnMs - (await this.store.now()));
  }

  /** Moves the clock by so many ms, back too. */
  pass(ms: number): Promise<void> {
    return this.harness.advance(ms);
  }

  /** Moves the clock to the last instant before a time that can be told from it. */
  async justBefore(ms: number): Promise<void> {
    await this.at(ms - 1 - this.traits.slackMs);
  }

  /** A store's instant as ms from the hour, rounded down to what the clock may have run on by itself. */
  since(at: number | undefined): number | undefined {
    if (at === undefined) return undefined;
    const ms = at - this.hourMs;
    return this.traits.slackMs === 0 ? ms : Math.floor(ms / 1000) * 1000;
  }

  /** The window that begins so many seconds from the hour. */
  window(startSeconds: number, resolutionSeconds = 60): WindowRef {
    return { resolutionSeconds, startSeconds: this.hourMs / 1000 + startSeconds };
  }

  /** A batch for the window that begins so many seconds from the hour; one measurement unless said. */
  batch(startSeconds: number, text: string | Uint8Array, measurements = 1): CommitBatch {
    const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
    return { startSeconds: this.window(startSeconds).startSeconds, bytes, measurements };
  }

  /** A request of Alice's with a key of its own, whose destination replaces. */
  request(batches: readonly CommitBatch[], { openStartSeconds = 0, ...changes }: RequestChanges = {}): CommitRequest {
    return {
      tenant: ALICE,
      token: 'token',
      secondValue: 'replaces',
      late: 'next',
      idempotencyKey: `key-${++this.serial}`,
      idempotencyTtlMs: 120_000,
      resolutionSeconds: 60,
      openStartSeconds: this.window(openStartSeconds).startSeconds,
      facts: {},
      ...changes,
      batches,
    };
  }

  /** Commits one request with one batch. */
  async put(startSeconds: number, text: string | Uint8Array, changes?: RequestChanges): Promise<CommitAnswer> {
    return this.commit(this.request([this.batch(startSeconds, text)], changes));
  }

  /** Commits one request. */
  async commit(request: CommitRequest): Promise<CommitAnswer> {
    return (await this.commitAll([request]))[0]!;
  }

  /** Commits a group. */
  async commitAll(requests: readonly CommitRequest[]): Promise<readonly CommitAnswer[]> {
    return (await this.store.commit(requests)).answers;
  }

  claim(token = 'claim', { tenant = ALICE, leaseMs = LEASE_MS, windowLimit = 100 } = {}): Promise<Claim | undefined> {
    return this.store.claim(tenant, token, { leaseMs, windowLimit });
  }

  /** A claim, each window as its start in seconds from the hour and its batches' texts. Undefined where there is none. */
  async take(token = 'claim', options: { tenant?: string; windowLimit?: number } = {}): Promise<Taken[] | undefined> {
    const claim = await this.claim(token, options);
    return claim && this.texts(claim, options.tenant);
  }

  async texts(claim: Claim, tenant = ALICE): Promise<Taken[]> {
    const texts: Taken[] = [];
    for (const window of claim.windows) {
      const batches = await this.store.read(tenant, window, window.firstBatch, window.endBatch);
      const decoder = new TextDecoder();
      texts.push([window.startSeconds - this.hourMs / 1000, ...batches.map((bytes) => decoder.decode(bytes))]);
    }
    return texts;
  }

  settle(token: string, windows: readonly SettledWindow[], hold?: NewHold, tenant = ALICE): Promise<boolean> {
    return this.store.settle(tenant, token, { windows, facts: {}, ...(hold && { hold }) });
  }

  /** Claims all that is due and settles it as delivered. Returns what it was. */
  async deliver(token: string, tenant = ALICE): Promise<Taken[]> {
    const claim = await this.claim(token, { tenant });
    if (!claim) return [];
    const texts = await this.texts(claim, tenant);
    await this.settle(token, claim.windows.map(delivered), undefined, tenant);
    return texts;
  }

  /** Whether a tenant is listed as due. */
  async isDue(tenant = ALICE): Promise<boolean> {
    return (await this.store.dueTenants(1000)).includes(tenant);
  }
}

/** A window's start in seconds from the hour, and the texts of its batches. */
export type Taken = [startSeconds: number, ...batches: string[]];

/** A claimed window, settled as delivered. */
export function delivered(window: WindowRef & { readonly endBatch: number }): SettledWindow {
  const { resolutionSeconds, startSeconds, endBatch } = window;
  return { outcome: 'delivered', resolutionSeconds, startSeconds, endBatch };
}

/** A claimed window, settled as not delivered. */
export function later(
  window: WindowRef & { readonly endBatch: number },
  afterMs: number,
  pointsSettled = 0,
): SettledWindow {
  const { resolutionSeconds, startSeconds, endBatch } = window;
  return { outcome: 'later', resolutionSeconds, startSeconds, endBatch, afterMs, pointsSettled };
}

/** Opens a stage for one test and closes it after it. */
export type OnStage = (body: (stage: Stage) => Promise<void>, options?: StageOptions) => () => Promise<void>;

/** {@link OnStage} for one adapter. */
export function onStageOf(factory: StoreFactory, traits: StoreTraits): OnStage {
  return (body, options) => async () => {
    const stage = await Stage.open(factory, traits, options);
    try {
      await body(stage);
    } finally {
      await stage.close();
    }
  };
}
