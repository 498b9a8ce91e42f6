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
import { MemoryBudget } from './memory-budget.js';
import { OUTLET_OPTIONS, type OutletOptions } from './outlet.options.js';
import { TenantDelivery } from './tenant-delivery.js';
import { TenantDestinations } from './tenant-destinations.js';
import { UndecryptableTenants } from './undecryptable-tenants.js';

const TICK = 'outlet';

/** After a delivery was told to hand back, ms until it is left alone: settling tries for 1.5 s. */
const HAND_BACK_MS = 2_500;

/** Finds tenants with something due and delivers for many of them at once; none waits for another. */
@Injectable()
export class OutletService implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly active = new Map<TenantId, { delivery: TenantDelivery; ended: Promise<void> }>();
  private readonly undecryptable: UndecryptableTenants;
  private readonly memory: MemoryBudget;
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
    private readonly counters: Counters,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly scheduler: SchedulerRegistry,
  ) {
    this.memory = new MemoryBudget(options.memoryBytesMax);
    this.undecryptable = new UndecryptableTenants(clock);
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
   * process first gives out all it has, windows that are still open included.
   */
  async finish(withinMs: number): Promise<void> {
    this.stopClaiming();
    const end = deadline(withinMs);
    try {
      if (!this.store.durable) await this.deliverAll(end);
      await Promise.race([this.allEnded(), end.passed]);
    } catch (error) {
      this.reportStore(error);
    } finally {
      end.cancel();
    }
    if (this.active.size === 0) return;
    this.logger.info({ event: 'hand-back', deliveries: this.active.size }, 'handing back what is not delivered yet');
    for (const { delivery } of this.active.values()) delivery.handBack();
    const grace = deadline(HAND_BACK_MS);
    await Promise.race([this.allEnded(), grace.passed]);
    grace.cancel();
  }

  /** Twice over: a window that is being delivered in the first round may get more meanwhile. */
  private async deliverAll(end: Deadline): Promise<void> {
    for (let round = 1; round <= 2; round++) {
      await this.store.closeOpenWindows();
      for (;;) {
        const workedBefore = this.worked;
        const started = await this.startDeliveries(() => !end.isPast);
        if (end.isPast || (started === 0 && this.active.size === 0)) break;
        await Promise.race([this.anyEnded(), end.passed]);
        // A tenant that is listed but has nothing to claim would be met for ever.
        if (this.active.size === 0 && this.worked === workedBefore) break;
      }
    }
  }

  /**
   * @param wanted asked once the store has answered
   * @returns how many it started
   */
  private async startDeliveries(wanted: () => boolean): Promise<number> {
    const { concurrentTenants } = this.options;
    if (this.active.size >= concurrentTenants || this.memory.full) return 0;
    const due = await this.store.dueTenants(concurrentTenants);
    this.storeHeardAt = this.clock.monotonic();
    if (!wanted()) return 0;
    const free = due.filter((tenant) => !this.active.has(tenant)).slice(0, concurrentTenants - this.active.size);
    for (const tenant of free) this.start(tenant);
    return free.length;
  }

  private start(tenant: TenantId): void {
    const { store, destinations, options, memory, clock, counters, logger } = this;
    const tools = { store, destinations, options, memory, clock, counters, logger, random: Math.random };
    const delivery = new TenantDelivery(tools, tenant);
    const ended = delivery.run().then((result) => {
      this.active.delete(tenant);
      if (result === 'nothing') return;
      this.worked++;
      this.undecryptable.note(tenant, result === 'undecryptable');
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
