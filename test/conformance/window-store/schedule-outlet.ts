import type { Claim, ClaimedWindow, SettledWindow, TenantId, WindowStore } from '../../../src/store/window-store.js';
import type { SeededRandom } from './random.js';
import { POINTS_PER_WINDOW, type RememberingDestination } from './schedule-destination.js';
import { delivered, later, LEASE_MS } from './stage.js';

/** A tenant, as outlets know it. */
export interface OutletTenant {
  readonly id: TenantId;
  readonly adds: boolean;
  readonly destination: RememberingDestination;
  /** The claim of whoever took it last. */
  lastClaim?: string;
}

/** Runs a call again at some later time. */
export type Again = (call: () => Promise<unknown>) => void;

/** A window on its way: its batches, and how many points of it are out. */
interface OnTheWay {
  readonly window: ClaimedWindow;
  readonly batches: readonly string[];
  pointsSettled: number;
}

/**
 * One outlet at one claim, as the rules for outlets have it: no POST after its lease by its own count; where the
 * destination adds, a renew before each next POST; whoever is told that its claim is gone stops.
 */
export class ScheduledOutlet {
  private readonly windows: OnTheWay[] = [];
  /** The POST that the store does not know of yet. */
  private unrecorded: { point: number; batches: readonly string[] } | undefined;

  private constructor(
    private readonly store: WindowStore,
    private readonly tenant: OutletTenant,
    private readonly token: string,
    private readonly random: SeededRandom,
    private readonly again: Again,
    private leaseEndsAt: number,
  ) {}

  /** Claims a tenant; undefined if there is nothing to do. */
  static async claim(
    store: WindowStore,
    tenant: OutletTenant,
    token: string,
    random: SeededRandom,
    again: Again,
  ): Promise<ScheduledOutlet | undefined> {
    const sentAt = await store.now();
    const call = (): Promise<Claim | undefined> =>
      store.claim(tenant.id, token, { leaseMs: LEASE_MS, windowLimit: random.whole(1, 3) });
    let claim = await call();
    if (!claim || claim.windows.length === 0) return undefined;
    if (random.chance(0.1)) claim = (await call()) ?? claim;
    if (random.chance(0.1)) again(call);
    tenant.lastClaim = token;
    const outlet = new ScheduledOutlet(store, tenant, token, random, again, sentAt + LEASE_MS);
    for (const window of claim.windows) await outlet.take(window);
    return outlet;
  }

  /** Does the next thing. True once it has nothing more to do. */
  async step(): Promise<boolean> {
    const next = this.windows.find(({ pointsSettled }) => pointsSettled < POINTS_PER_WINDOW);
    const inTime = (await this.store.now()) < this.leaseEndsAt;
    if (!next || !inTime || this.random.chance(0.05)) return this.settle();
    if ((this.tenant.adds && this.unrecorded) || this.random.chance(0.2)) return this.renew();
    this.tenant.destination.post(keyOf(next.window), next.pointsSettled, next.batches);
    this.unrecorded = { point: next.pointsSettled, batches: next.batches };
    next.pointsSettled++;
    return false;
  }

  /** Dies, or gives up because its claim is gone. */
  die(): true {
    if (this.unrecorded) this.tenant.destination.lost(this.unrecorded.point, this.unrecorded.batches);
    return true;
  }

  private async take(window: ClaimedWindow): Promise<void> {
    const read = await this.store.read(this.tenant.id, window, window.firstBatch, window.endBatch);
    const batches = read.map((bytes) => new TextDecoder().decode(bytes));
    if (batches.length !== window.endBatch - window.firstBatch)
      throw new Error(`a batch of ${keyOf(window)} is missing`);
    this.windows.push({ window, batches, pointsSettled: window.pointsSettled });
  }

  private async renew(): Promise<boolean> {
    const sentAt = await this.store.now();
    const progress = this.windows.map(({ window, pointsSettled }) => ({ ...window, pointsSettled }));
    const call = () => this.store.renew(this.tenant.id, this.token, LEASE_MS, progress);
    const ours = await call();
    // Its answer is lost: what is not known to be recorded is not built upon.
    if (this.random.chance(0.05)) return false;
    if (!ours) return this.die();
    this.unrecorded = undefined;
    this.leaseEndsAt = sentAt + LEASE_MS;
    if (this.random.chance(0.2)) this.again(call);
    return false;
  }

  private async settle(): Promise<boolean> {
    const windows = this.windows.map(({ window, pointsSettled }): SettledWindow =>
      pointsSettled === POINTS_PER_WINDOW
        ? delivered(window)
        : later(window, this.random.whole(0, 20_000), pointsSettled),
    );
    const hold = { kind: 'retry', why: '503', failures: 1, forMs: this.random.whole(1, 40_000) } as const;
    const settlement = { windows, facts: {}, ...(this.random.chance(0.2) && { hold }) };
    const call = () => this.store.settle(this.tenant.id, this.token, settlement);
    // An answer that is lost is asked for again.
    if (this.random.chance(0.05)) await call();
    if (!(await call())) return this.die();
    // A delayed copy of its claim may have made it the owner once more, after another who sent its last POST again.
    if (this.tenant.lastClaim !== this.token) this.die();
    if (this.random.chance(0.3)) this.again(call);
    return true;
  }
}

/** A window's name, the same for all who speak of it; batches that were delivered on their own have their own. */
function keyOf({ resolutionSeconds, startSeconds, firstBatch }: ClaimedWindow): string {
  return `${resolutionSeconds}:${startSeconds}${firstBatch > 0 ? `+${firstBatch}` : ''}`;
}
