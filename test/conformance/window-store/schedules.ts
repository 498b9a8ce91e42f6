import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEFAULT_WINDOW_POLICY, windowStart } from '../../../src/model/window.js';
import type { CommitAnswer, CommitRequest } from '../../../src/store/window-store.js';
import { SeededRandom } from './random.js';
import { RememberingDestination } from './schedule-destination.js';
import { type OutletTenant, ScheduledOutlet } from './schedule-outlet.js';
import { EXACT_TRAITS, Stage, type StoreFactory } from './stage.js';

const TTL_MS = 120_000;
const RESOLUTION_SECONDS = 60;
const HOUR_MS = 3_600_000;
/** A clock that is set back must not reach behind a retirement; no promise holds then. */
const SET_BACK_MS_MAX = 20_000;

/**
 * Random schedules of commits, repeats, claims, crashes, lost answers, delayed copies of calls and time: nothing acknowledged
 * may be lost; where the destination replaces, the last delivery of a window has all of it; where it adds, each batch comes
 * once, and once more at most for each POST that nobody could record.
 *
 * SCHEDULE_RUNS is how many schedules are run, SCHEDULE_SEED the first seed (a failure names its own).
 */
export function windowStoreSchedules(name: string, factory: StoreFactory, runs: number): void {
  describe(`${name} under random schedules`, () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await Stage.open(factory, EXACT_TRAITS);
    });
    afterAll(() => stage.close());

    it(
      `loses nothing and doubles nothing, ${runs} times`,
      async () => {
        const first = Number(process.env['SCHEDULE_SEED'] ?? 1);
        for (let seed = first; seed < first + runs; seed++) {
          try {
            await new Schedule(stage, seed).run();
          } catch (error) {
            throw new Error(`seed ${seed} (SCHEDULE_SEED=${seed} SCHEDULE_RUNS=1 runs it alone): ${String(error)}`, {
              cause: error,
            });
          }
        }
      },
      Math.max(60_000, runs * 1_000),
    );
  });
}

class Schedule {
  private readonly random: SeededRandom;
  private readonly tenants: readonly OutletTenant[];
  private readonly mayCrash: boolean;
  private readonly maySetBack: boolean;
  private outlets: ScheduledOutlet[] = [];
  private copies: (() => Promise<unknown>)[] = [];
  private stored: {
    request: CommitRequest;
    answer: CommitAnswer;
    at: number;
    dropped: number;
    acknowledged: boolean;
  }[] = [];
  private serial = 0;
  /** The latest that the clock has ever been: what ended by then may be gone, even if the clock was set back since. */
  private latestMs = 0;

  constructor(
    private readonly stage: Stage,
    private readonly seed: number,
  ) {
    this.random = new SeededRandom(seed);
    this.tenants = [false, true].map((adds) => ({
      id: `${adds ? 'a' : 'b'}${seed.toString(16).padStart(31, '0')}`,
      adds,
      destination: new RememberingDestination(adds),
    }));
    this.mayCrash = this.random.chance(0.5);
    this.maySetBack = this.random.chance(0.3);
  }

  async run(): Promise<void> {
    // Wherever the schedules before have left the clock, so that a seed is the same alone and in a row.
    const nowMs = await this.stage.store.now();
    await this.stage.pass(HOUR_MS - (nowMs % HOUR_MS));
    for (let steps = this.random.whole(20, 120); steps > 0; steps--) await this.step();
    for (const copy of this.copies) await copy();
    for (const outlet of this.outlets) outlet.die();
    await this.drain();
    for (const { destination } of this.tenants) destination.check();
  }

  private async step(): Promise<void> {
    const dice = this.random.fraction();
    if (dice < 0.25) return this.commit();
    if (dice < 0.4) return this.claim();
    if (dice < 0.8) return this.work();
    if (dice < 0.85) return this.crash();
    if (dice < 0.9) return this.runCopy();
    return this.passTime();
  }

  private async commit(): Promise<void> {
    const nowMs = await this.stage.store.now();
    const recent = this.stored.filter(({ at }) => this.latestMs - at < TTL_MS - 10_000);
    const repeat = this.random.chance(0.2) ? this.random.pick(recent) : undefined;
    const requests = Array.from({ length: this.random.whole(1, 3) }, () => this.request(nowMs));
    const group = repeat ? [...requests, repeat.request, requests[0]!] : requests;
    const { answers } = await this.stage.store.commit(group);
    // Whoever got no answer may try again, or not.
    const acknowledged = !this.random.chance(0.1);
    answers.forEach((answer, i) => {
      const request = group[i]!;
      if (i >= requests.length) {
        const first = request === repeat?.request ? repeat.answer : answers[0]!;
        // Its own repeat is answered as the first time; one that has no name may be anybody's.
        const known = request.nonce === undefined ? { outcome: 'duplicate' } : first;
        expect(answer).toEqual(first.outcome === 'again' ? first : known);
      } else if (answer.outcome === 'stored') {
        const one = { request, answer, at: nowMs, dropped: answer.late + answer.future, acknowledged };
        this.stored.push(one);
        this.note(one);
      } else {
        expect(answer.outcome).toBe('again');
      }
    });
    if (acknowledged && repeat && !repeat.acknowledged) {
      repeat.acknowledged = true;
      this.note(repeat);
    }
  }

  private request(nowMs: number): CommitRequest {
    const tenant = this.random.pick(this.tenants)!;
    const open = windowStart(nowMs, RESOLUTION_SECONDS);
    const batches = Array.from({ length: this.random.whole(1, 2) }, (_, i) => {
      const back = this.random.chance(0.5) ? 0 : this.random.whole(-2, this.maySetBack ? 4 : 7);
      const startSeconds = open - back * RESOLUTION_SECONDS;
      const bytes = new TextEncoder().encode(`${this.seed}.${this.serial}.${i}`);
      // Powers of ten, so that a sum tells which were dropped.
      return { startSeconds, bytes, measurements: 10 ** i };
    });
    return {
      tenant: tenant.id,
      token: 'token',
      secondValue: tenant.adds ? 'adds' : 'replaces',
      late: 'next',
      idempotencyKey: `${this.seed} ${this.serial++}`,
      idempotencyTtlMs: TTL_MS,
      ...(this.random.chance(0.5) && { nonce: `n-${this.serial}` }),
      resolutionSeconds: RESOLUTION_SECONDS,
      openStartSeconds: this.random.chance(0.9) ? open : open + this.random.whole(-1, 1) * RESOLUTION_SECONDS,
      facts: {},
      batches,
    };
  }

  private note({ request, dropped, acknowledged }: Schedule['stored'][number]): void {
    const { destination } = this.tenants.find(({ id }) => id === request.tenant)!;
    for (const { startSeconds, bytes, measurements } of request.batches) {
      if (Math.floor(dropped / measurements) % 10 === 1) continue;
      const batch = new TextDecoder().decode(bytes);
      if (acknowledged) destination.acknowledge(`${RESOLUTION_SECONDS}:${startSeconds}`, batch);
      else destination.allow(batch);
    }
  }

  private async claim(): Promise<void> {
    const due = await this.stage.store.dueTenants(10);
    const tenant = this.tenants.find(({ id }) => due.includes(id)) ?? this.random.pick(this.tenants)!;
    const outlet = await this.claimOf(tenant);
    if (outlet) this.outlets.push(outlet);
  }

  private claimOf(tenant: OutletTenant): Promise<ScheduledOutlet | undefined> {
    const again = (call: () => Promise<unknown>): void => void this.copies.push(call);
    return ScheduledOutlet.claim(this.stage.store, tenant, `${this.seed} ${this.serial++}`, this.random, again);
  }

  private async work(): Promise<void> {
    const outlet = this.random.pick(this.outlets);
    if (outlet && (await outlet.step())) this.outlets = this.outlets.filter((one) => one !== outlet);
  }

  private crash(): void {
    const outlet = this.mayCrash ? this.random.pick(this.outlets) : undefined;
    outlet?.die();
    this.outlets = this.outlets.filter((one) => one !== outlet);
  }

  private async runCopy(): Promise<void> {
    const copy = this.random.pick(this.copies);
    this.copies = this.copies.filter((one) => one !== copy);
    await copy?.();
  }

  private async passTime(): Promise<void> {
    const nowMs = await this.stage.store.now();
    this.latestMs = Math.max(this.latestMs, nowMs);
    if (this.maySetBack && this.random.chance(0.4)) {
      const room = SET_BACK_MS_MAX - (this.latestMs - nowMs);
      return this.stage.pass(-this.random.whole(0, Math.max(0, room)));
    }
    const ms = this.random.chance(0.3) ? this.random.whole(60_000, 120_000) : this.random.whole(1, 30_000);
    this.latestMs = Math.max(this.latestMs, nowMs + ms);
    return this.stage.pass(ms);
  }

  /** One outlet that nothing happens to delivers what is left; then all is retired and forgotten. */
  private async drain(): Promise<void> {
    const { store } = this.stage;
    for (let rounds = 0; (await this.waiting()) > 0; rounds++) {
      if (rounds === 100) throw new Error('windows wait that are never delivered');
      await this.stage.pass(30_000);
      const due = await store.dueTenants(1_000);
      for (const tenant of this.tenants.filter(({ id }) => due.includes(id))) {
        const outlet = await this.claimOf(tenant);
        while (outlet && !(await outlet.step()));
      }
    }
    await this.stage.pass(DEFAULT_WINDOW_POLICY.lateDeadlineMs + 4 * RESOLUTION_SECONDS * 1_000);
    for (const { id } of this.tenants) expect(await this.stage.claim('last', { tenant: id })).toBeUndefined();
    const due = await store.dueTenants(1_000);
    expect(this.tenants.filter(({ id }) => due.includes(id))).toEqual([]);
  }

  private async waiting(): Promise<number> {
    let waiting = 0;
    for (const { id } of this.tenants) waiting += (await this.stage.store.facts(id))?.windowsWaiting ?? 0;
    return waiting;
  }
}
