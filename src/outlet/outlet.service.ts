import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import type { Clock } from '../model/clock.js';
import { StoreUnavailableError, type TenantId, WINDOW_STORE, type WindowStore } from '../store/window-store.js';
import { CLOCK } from '../telemetry/clock.token.js';
import { Counters } from '../telemetry/counters.js';
import { LOGGER, type Logger } from '../telemetry/logger.js';
import { deadline, type Deadline } from './deadline.js';
import { HeldTenants } from './held-tenants.js';
import { HostShares } from './host-shares.js';
import { MemoryBudget } from './memory-budget.js';
import { OUTLET_OPTIONS, type OutletOptions } from './outlet.options.js';
import { Places, shareOf } from './places.js';
import { type DeliveryTools, TenantDelivery } from './tenant-delivery.js';
import { TenantDestinations } from './tenant-destinations.js';
import { Turns } from './turns.js';
import { UndecryptableTenants } from './undecryptable-tenants.js';

const TICK = 'outlet';

/** After a delivery was told to hand back, ms until it is left alone: settling tries for 1.5 s. */
const HAND_BACK_MS = 2_500;

/** Finds tenants with something due and delivers for many of them at once; none waits for a slow one. */
@Injectable()
export class OutletService implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly active = new Map<TenantId, { delivery: TenantDelivery; ended: Promise<void> }>();
  private readonly undecryptable: UndecryptableTenants;
  private readonly heldTenants: HeldTenants;
  private readonly places: Places;
  private readonly tools: DeliveryTools;
  /** Tenants on hold, in a store that ends with this process: shutdown waits for them. */
  private readonly putOff = new Set<TenantId>();
  private claiming = true;
  private looking = false;
  private storeAway = false;
  private storeHeardAt: number;
  /** Deliveries that found something, since the start. */
  private worked = 0;

  constructor(
    @Inject(WINDOW_STORE) private readonly store: WindowStore,
    private readonly destinations: TenantDestinations,
    @Inject(OUTLET_OPTIONS) private readonly options: OutletOptions,
    counters: Counters,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly scheduler: SchedulerRegistry,
  ) {
    this.places = new Places(options.concurrentTenants, clock);
    const memory = new MemoryBudget(options.memoryBytesMax);
    const hosts = new HostShares(shareOf(options.concurrentTenants));
    const turns = new Turns(clock);
    const random = Math.random;
    this.tools = { store, destinations, options, memory, hosts, turns, clock, counters, logger, random };
    this.undecryptable = new UndecryptableTenants(clock);
    this.heldTenants = new HeldTenants(clock);
    this.storeHeardAt = clock.monotonic();
  }

  /** Tenants whose windows wait since no key here opens their token. */
  get undecryptableTenants(): number {
    return this.undecryptable.count;
  }

  /** For how long the store has not answered, ms. */
  get storeSilentMs(): number {
    return this.clock.monotonic() - this.storeHeardAt;
  }

  /** Tenants whose deliveries were put off here, by kind of hold, and since when the oldest of their windows was due. */
  get held(): ReturnType<HeldTenants['summary']> {
    return this.heldTenants.summary();
  }

  get deliveriesUnderWay(): number {
    return this.active.size;
  }

  onApplicationBootstrap(): void {
    // Nest's scheduler neither awaits a tick nor keeps ticks apart: the tick guards itself.
    this.scheduler.addInterval(
      TICK,
      setInterval(() => void this.tick(), this.options.tickMs),
    );
  }

  beforeApplicationShutdown(): void {
    this.stopClaiming();
  }

  /** Runs once HTTP is closed: nothing more is committed in this process. */
  async onApplicationShutdown(): Promise<void> {
    await this.finish(this.options.shutdownMs);
    await this.destinations.close();
  }

  /** Looks for due tenants and starts deliveries, without waiting for them. */
  async tick(): Promise<void> {
    if (this.looking || !this.claiming) return;
    this.looking = true;
    try {
      await this.startDeliveries(() => this.claiming);
      if (this.storeAway) this.logger.info({ event: 'store-back' }, 'the store answers again');
      this.storeAway = false;
    } catch (error) {
      this.reportStore(error);
    } finally {
      this.looking = false;
    }
  }

  /** From now on no tenant is claimed; deliveries under way go on. */
  stopClaiming(): void {
    this.claiming = false;
    if (this.scheduler.doesExist('interval', TICK)) this.scheduler.deleteInterval(TICK);
  }

  /**
   * Waits for deliveries under way, and hands back those that have not ended after `withinMs`. A store that ends with the
   * process first gives out all it has, windows that are still open included; what is lost nevertheless is said.
   */
  async finish(withinMs: number): Promise<void> {
    this.stopClaiming();
    const end = deadline(withinMs);
    try {
      if (!this.store.durable) await this.deliverAll(end, withinMs);
      await Promise.race([this.allEnded(), end.passed]);
    } catch (error) {
      this.reportStore(error);
    } finally {
      end.cancel();
    }
    if (this.active.size > 0) await this.handBack();
    if (!this.store.durable) await this.reportLost();
  }

  /**
   * Delivers until nothing is left that could be delivered before `end`: nothing due, and no tenant on a hold that ends before.
   * At least twice over: a window that is being delivered in the first round may get more meanwhile.
   */
  private async deliverAll(end: Deadline, withinMs: number): Promise<void> {
    const endsAt = this.clock.monotonic() + withinMs;
    for (let round = 1; !end.isPast; round++) {
      // Windows of held tenants are left as they are: those whose hold has ended meanwhile are closed now.
      await this.store.closeOpenWindows();
      const tick = deadline(this.options.tickMs);
      const idle = await this.deliverDue(tick, end);
      const done = idle && round > 1 && !(await this.someHoldEnds(endsAt - this.clock.monotonic()));
      if (idle && round > 1 && !done) await Promise.race([tick.passed, end.passed]);
      tick.cancel();
      if (done) return;
    }
  }

  /** Delivers what is due until nothing is left of it or the tick has passed. @returns whether nothing is under way any more */
  private async deliverDue(tick: Deadline, end: Deadline): Promise<boolean> {
    while (!tick.isPast && !end.isPast) {
      const workedBefore = this.worked;
      await this.startDeliveries(() => !end.isPast);
      if (this.active.size === 0) return true;
      await Promise.race([this.anyEnded(), tick.passed, end.passed]);
      // A tenant that is listed but has nothing to claim would be met for ever.
      if (this.active.size === 0 && this.worked === workedBefore) return true;
    }
    return this.active.size === 0;
  }

  private async someHoldEnds(withinMs: number): Promise<boolean> {
    const now = await this.store.now();
    for (const tenant of this.putOff) {
      const facts = await this.store.facts(tenant);
      if (facts?.hold && facts.hold.untilAt - now < withinMs) return true;
    }
    return false;
  }

  private async handBack(): Promise<void> {
    this.logger.info({ event: 'hand-back', deliveries: this.active.size }, 'handing back what is not delivered yet');
    for (const { delivery } of this.active.values()) delivery.handBack();
    const grace = deadline(HAND_BACK_MS);
    await Promise.race([this.allEnded(), grace.passed]);
    grace.cancel();
  }

  /** Says what ends undelivered with this process, if anything does. */
  private async reportLost(): Promise<void> {
    try {
      await this.store.closeOpenWindows();
      const due = await this.store.dueTenants(Number.MAX_SAFE_INTEGER);
      let tenants = 0;
      let windows = 0;
      for (const tenant of new Set([...due, ...this.putOff, ...this.active.keys()])) {
        const waiting = (await this.store.facts(tenant))?.windowsWaiting ?? 0;
        if (waiting > 0) tenants++;
        windows += waiting;
      }
      if (windows === 0) return;
      this.logger.error(
        { event: 'windows-lost', tenants, windows },
        'windows that no destination took in time are lost: they were in the memory of this process only',
      );
    } catch (error) {
      this.reportStore(error);
    }
  }

  /** @param wanted asked once the store has answered */
  private async startDeliveries(wanted: () => boolean): Promise<void> {
    const due = await this.store.dueTenants(this.places.sight);
    this.storeHeardAt = this.clock.monotonic();
    if (!wanted()) return;
    for (const tenant of this.places.choose(due)) this.start(tenant);
  }

  private start(tenant: TenantId): void {
    const delivery = new TenantDelivery(this.tools, tenant, this.places.take(tenant));
    const ended = delivery.run().then((result) => {
      this.active.delete(tenant);
      this.places.leave(tenant, result === 'put-off');
      if (result === 'put-off' && !this.store.durable) this.putOff.add(tenant);
      else this.putOff.delete(tenant);
      if (result === 'nothing') return;
      this.heldTenants.note(tenant, delivery.held);
      this.worked++;
      this.undecryptable.note(tenant, result === 'undecryptable');
      if (this.places.worthALook) void this.tick();
    });
    this.active.set(tenant, { delivery, ended });
  }

  private async allEnded(): Promise<void> {
    await Promise.all([...this.active.values()].map(({ ended }) => ended));
  }

  private async anyEnded(): Promise<void> {
    await Promise.race([...this.active.values()].map(({ ended }) => ended));
  }

  private reportStore(error: unknown): void {
    if (!(error instanceof StoreUnavailableError)) {
      this.logger.error({ event: 'outlet-failed', err: error }, 'looking for due windows failed unexpectedly');
    } else if (!this.storeAway) {
      this.logger.warn({ event: 'store-unavailable' }, 'the store is away: due windows wait');
      this.storeAway = true;
    }
  }
}
