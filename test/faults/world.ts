import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type SecondValue } from '../../src/model/credentials.js';
import { tenantIdOf } from '../../src/model/tenant-id.js';
import { DrainTokens } from '../../src/crypto/drain-token.js';
import { generateKey, KeyRing } from '../../src/crypto/key-ring.js';
import { windowStart } from '../../src/model/window.js';
import { Keys, partitionOf } from '../../src/store/redis/keys.js';
import { SeededRandom } from '../conformance/window-store/random.js';
import { until } from '../redis/servers.js';
import { RecordingDestination, USER_ATTRIBUTE } from './destination.js';
import { Member, type Role } from './fleet.js';
import { judge, type Verdict } from './judge.js';
import { MovedClock } from './moved-clock.js';
import { type Backlog, backlogOf, type RedisSet, type RedisSetup, startRedis } from './redis-set.js';
import { Sender, type SentRequest, type Tenant } from './sender.js';

/** What a run is made of. */
export interface Setup {
  readonly redis: RedisSetup;
  readonly receivers: number;
  readonly outlets: number;
  readonly secondValue: SecondValue;
  readonly resolutionSeconds: number;
  readonly tenants: number;
  readonly requestsPerSecond: number;
  readonly lines: readonly [number, number];
  readonly copies: number;
  /** What one gauge weighs of the 300 of a POST: so that there are several POSTs a window, as with many series. */
  readonly gaugeWeight: number;
  /** For all processes, besides what every run sets. */
  readonly env: Readonly<Record<string, string>>;
  /** For one process. */
  readonly envOf: (role: Role, index: number) => NodeJS.ProcessEnv;
  readonly sabotage?: string;
  readonly seed: number;
}

export const DEFAULT_SETUP: Omit<Setup, 'secondValue' | 'resolutionSeconds' | 'seed'> = {
  redis: { kind: 'standalone' },
  receivers: 2,
  outlets: 2,
  tenants: 4,
  requestsPerSecond: 40,
  lines: [1, 5],
  copies: 1,
  gaugeWeight: 50,
  env: {},
  envOf: () => ({}),
};

const GRACE_MS = 300;
/** Time for a destination to answer, ms; what hangs for longer has failed. */
export const TIMEOUT_MS = 1_500;
/** The least that goes with {@link TIMEOUT_MS}, ms: what a dead outlet had claimed comes back after so long. */
export const LEASE_MS = 8_000;
/** Between the answer of the last POST of a claim and its settling, ms, on a busy machine. */
const SETTLE_MS = 250;
/** All is quiet within so long after the traffic, ms: a back-off grows to a minute. */
const QUIET_MS = 150_000;

/** l2met with all its surroundings, under traffic. */
export class World {
  readonly receivers: readonly Member[];
  readonly outlets: readonly Member[];
  readonly tenants: readonly Tenant[];
  readonly sender: Sender;
  /** From 0 to below 1, the same in each run with the seed. */
  readonly random: () => number;
  readonly clock: MovedClock;
  /** The key of all processes. */
  readonly secret = generateKey();
  /** Series that the destination refuses for good. */
  refused: ((series: string) => boolean) | undefined;
  private healedAt = Infinity;
  private recoveredMs = NaN;
  private nextReceiver = 0;
  private unrecorded = 0;
  /** Since when the store has been away, by performance.now(); undefined while it is there. */
  private storeAwayAt: number | undefined;
  private moving = true;

  readonly destination: RecordingDestination;
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'l2met-faults-'));
  private started: RedisSet | undefined;

  constructor(readonly setup: Setup) {
    const random = new SeededRandom(setup.seed);
    this.random = () => random.fraction();
    this.clock = new MovedClock(this.folder);
    this.destination = new RecordingDestination(setup.secondValue);
    const tokens = new DrainTokens(KeyRing.parse(this.secret));
    this.tenants = Array.from({ length: setup.tenants }, (_, i) => {
      const user = `tenant-${i}@example.com`;
      return { user, token: tokens.issue(`${user}:token`) };
    });
    mkdirSync(this.logFolder);
    const members = (role: Role, count: number): Member[] =>
      Array.from(
        { length: count },
        (_, index) =>
          new Member(role, index, setup.envOf(role, index), this.logFolder, () => {
            if (role === 'outlet') this.nobodyRecords();
          }),
      );
    this.receivers = members('receiver', setup.receivers);
    this.outlets = members('outlet', setup.outlets);
    this.sender = new Sender({
      ...setup,
      tenants: this.tenants,
      receiver: () => this.receiver(),
      nowMs: () => this.clock.now(),
      random: this.random,
    });
  }

  /** Starts all that it is made of. */
  async start(): Promise<void> {
    [this.started] = await Promise.all([startRedis(this.setup.redis), this.destination.up()]);
    const env = this.env();
    await Promise.all(this.members.map((member) => member.start(env)));
  }

  /** Starts a world. */
  static async start(setup: Setup): Promise<World> {
    const world = new World(setup);
    await world.start();
    return world;
  }

  get redis(): RedisSet {
    if (!this.started) throw new Error('Redis has not been started');
    return this.started;
  }

  get members(): Member[] {
    return [...this.receivers, ...this.outlets];
  }

  /** Where the processes' logs are. */
  get logFolder(): string {
    return path.join(this.folder, 'logs');
  }

  /** Begins traffic and waits until it flows. */
  async traffic(): Promise<void> {
    this.sender.start();
    if (this.setup.resolutionSeconds >= 60) void this.keepMoving();
    await until(() => this.sender.lastAcknowledgedAt.size > 0 && this.destination.taken > 0, 60_000);
  }

  /** Something breaks now. */
  broken(): void {
    this.healedAt = Infinity;
  }

  /** All is as it should be from now on: the time to recover begins. */
  healed(): void {
    // A claim that was made before the store went away has a first POST, which is answered and cannot be recorded.
    const awayAt = this.storeAwayAt ?? Infinity;
    this.unrecorded += this.destination.answeredAt.filter((at) => at > awayAt).length;
    this.storeAwayAt = undefined;
    this.healedAt = performance.now();
    this.recoveredMs = NaN;
  }

  /**
   * Waits until, after {@link healed}, requests of each tenant have been acknowledged and deliveries of each taken.
   *
   * @returns how long that took, ms; NaN if nothing was broken
   */
  async recovered(): Promise<number> {
    const { healedAt, sender, destination } = this;
    if (healedAt === Infinity || this.recoveredMs >= 0) return this.recoveredMs;
    const isSince = (at: ReadonlyMap<string, number>, { user }: Tenant): boolean => (at.get(user) ?? 0) > healedAt;
    await until(
      () =>
        this.tenants.every(
          (tenant) => isSince(sender.lastAcknowledgedAt, tenant) && isSince(destination.lastTakenAt, tenant),
        ),
      QUIET_MS,
    );
    return (this.recoveredMs = performance.now() - healedAt);
  }

  /**
   * What a delivery came to may not have been recorded, since the store is away.
   *
   * @param from since when, by performance.now(); now if left out
   */
  storeAway(from = performance.now()): void {
    this.nobodyRecords(from);
    this.storeAwayAt = performance.now();
  }

  private nobodyRecords(from = performance.now()): void {
    const { answeredAt, openPosts } = this.destination;
    const since = from - SETTLE_MS;
    this.unrecorded += openPosts + answeredAt.filter((at) => at > since).length;
  }

  /**
   * How many POSTs a destination that adds may have got twice: those that were not answered, and those that were just before
   * an outlet died, or before the store went away, so that nobody could record it.
   */
  get repeatsMax(): number {
    return this.destination.unanswered + this.unrecorded;
  }

  /** Ends traffic and waits until nothing is left to deliver. */
  async quiet(): Promise<void> {
    await this.sender.pause();
    let last: Backlog | undefined;
    await until(async () => {
      last = await this.backlog();
      return last?.windows === 0 && last.claims === 0 && this.destination.openPosts === 0;
    }, QUIET_MS).catch(() => {
      throw new Error(`not quiet after ${QUIET_MS / 1000} s: ${JSON.stringify(last)}`);
    });
  }

  judge(): Verdict {
    const requests: readonly SentRequest[] = this.sender.requests;
    const { secondValue, resolutionSeconds } = this.setup;
    const delivered = (user: string) => this.destination.of(user);
    return judge({
      requests,
      delivered,
      secondValue,
      resolutionSeconds,
      ...(this.refused && { refused: this.refused }),
    });
  }

  async stop(): Promise<void> {
    this.moving = false;
    await this.sender.close();
    await Promise.all(this.members.map((member) => member.kill()));
    await this.destination.down();
    const { started } = this;
    await started?.link?.close();
    await Promise.all([...(started?.servers ?? []), ...(started?.sentinels?.sentinels ?? [])].map((one) => one.stop()));
  }

  /** Removes the logs. */
  clean(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Whether something waits that can only be delivered with a token that no drain carries any more. */
  async hasOldTokens(): Promise<boolean> {
    const backlog = await this.backlog();
    return !backlog || backlog.tokens.some((token) => this.tenants.every((tenant) => tenant.token !== token));
  }

  /** The slots of a Cluster that the tenants' keys are in. */
  slots(): Promise<number[]> {
    const keys = new Keys('l2met');
    const due = this.tenants.map(({ user }) => keys.due(partitionOf(tenantIdOf(`${user}:token`))));
    return this.redis.first.ask((redis) =>
      Promise.all([...new Set(due)].map(async (key) => Number(await redis.cluster('KEYSLOT', key)))),
    );
  }

  /** Waits from `least` to `most` ms, by chance. */
  async moment(least: number, most: number): Promise<void> {
    await delay(least + (most - least) * this.random());
  }

  /** One of some, by chance. */
  one<T>(of: readonly T[]): T {
    return of[Math.floor(this.random() * of.length)]!;
  }

  private backlog(): Promise<Backlog | undefined> {
    return backlogOf(this.redis, this.clock.now());
  }

  /** As a load balancer: those that listen, in turn. */
  private receiver(): string | undefined {
    const up = this.receivers.filter(({ url }) => url !== undefined);
    return up.length === 0 ? undefined : up[this.nextReceiver++ % up.length]!.url;
  }

  /**
   * Moves the clock to the end of each window, a few seconds after it has begun. Nothing else of the world moves, so nobody
   * may be in the middle of something that the clock bounds: no claim may be alive and no POST under way.
   */
  private async keepMoving(): Promise<void> {
    const { resolutionSeconds } = this.setup;
    while (this.moving) {
      await delay(2_500);
      while (this.moving && !(await this.move(resolutionSeconds))) await delay(100);
    }
  }

  /** @returns whether the clock was moved to the end of the window that was open, and its grace */
  private async move(resolutionSeconds: number): Promise<boolean> {
    const { destination, clock } = this;
    const idle = (): boolean =>
      destination.openPosts === 0 && performance.now() - destination.lastEndAt > TIMEOUT_MS + 200;
    const isQuiet = async (): Promise<boolean> => idle() && (await this.backlog())?.claims === 0;
    if (!(await isQuiet())) return false;
    for (const outlet of this.outlets) outlet.pause();
    try {
      // What they have sent by now is with Redis by then.
      await delay(20);
      if (!(await isQuiet())) return false;
      const now = clock.now();
      const end = (windowStart(now, resolutionSeconds) + resolutionSeconds) * 1000;
      clock.move(end + GRACE_MS + 20 - now);
      return true;
    } finally {
      for (const outlet of this.outlets) outlet.resume();
    }
  }

  private env(): NodeJS.ProcessEnv {
    const { setup } = this;
    return {
      SECRETS: this.secret,
      REDIS_URL: this.redis.url,
      LIBRATO_URL:
        setup.secondValue === 'adds'
          ? `otlp+${this.destination.url}?account-attribute=${USER_ATTRIBUTE}&compression=none`
          : this.destination.url,
      GRACE_MS: String(GRACE_MS),
      OUTLET_TICK_MS: '50',
      OUTLET_TIMEOUT_MS: String(TIMEOUT_MS),
      LEASE_MS: String(LEASE_MS),
      // Time that is moved must not make lines late that are tried again for some seconds.
      ...(setup.resolutionSeconds >= 60 && { LATE_DEADLINE_MS: '3600000' }),
      DRAIN_MS: '300',
      SHUTDOWN_MS: '8000',
      ...setup.env,
      FAULTS_GAUGE_WEIGHT: String(setup.gaugeWeight),
      ...(setup.resolutionSeconds >= 60 && { FAULTS_CLOCK: this.clock.file }),
      ...(setup.sabotage && { FAULTS_SABOTAGE: setup.sabotage }),
    };
  }
}
