import type { WindowRef } from '../../model/window.js';
import type { StoreOptions } from '../store.options.js';
import {
  COUNTS_MS,
  type Backlog,
  type Claim,
  type ClaimOptions,
  type ClaimToken,
  type CommitAnswers,
  type CommitRequest,
  PURGE_HOLD,
  type Purged,
  type RecentWindow,
  type RecentWindows,
  type Settlement,
  type TenantFacts,
  type TenantId,
  type WindowProgress,
  type WindowStore,
} from '../window-store.js';
import { claimOf, holdText, progressParts, settledParts, windowOf } from './claim-call.js';
import { commitAnswers, commitCall } from './commit-call.js';
import type { RedisClient } from './client.js';
import type { RedisConnection } from './connection.js';
import { type GroupCommit, groupCommit } from './group-commit.js';
import { type Expiries, expiriesOf, Keys, partitionOf, PARTITIONS } from './keys.js';
import { recentField, recentWindows, SUMMARY_OVERHEAD_BYTES, summaryArgs } from './recent.js';
import { type ScriptName, type Scripts, scriptsWith } from './scripts.js';
import { seriesText, tenantFacts } from './tenant-facts.js';
import { type Hash, waitingWindows } from './tenant-state.js';

/**
 * What a batch is taken to cost beyond its bytes: its head in a list, and a node of its own where it is large. Without it,
 * a flood of tiny batches would take more than a cap allows.
 */
export const BATCH_OVERHEAD_BYTES = 64;

/**
 * Windows that one call purges: days of them at the usual resolution. Redis does nothing else meanwhile: so many cost it
 * some 20 ms, and with all of a tenant that has tens of thousands other tenants' commits would not be answered in time.
 */
const WINDOWS_PER_PURGE = 5_000;

/** What an operator, or a test, can change of this store. */
export interface RedisStoreOptions extends StoreOptions {
  /** What all keys begin with. */
  readonly prefix: string;
  /** Added to Redis' clock, ms. For tests, which cannot wait for hours. */
  readonly clockOffsetMs?: number;
  /** Instead of those that go with the policy. For tests, which cannot wait for hours. */
  readonly expiries?: Expiries;
}

/** The store that many receivers and outlets share. What it decides it decides in five scripts, by Redis' own clock. */
export class RedisWindowStore implements WindowStore {
  readonly durable = true;

  private readonly keys: Keys;
  private readonly scripts: Scripts;
  private readonly groups: readonly GroupCommit[];

  constructor(
    private readonly options: RedisStoreOptions,
    private readonly redis: RedisConnection,
  ) {
    this.keys = new Keys(options.prefix);
    const { policy, windowBytesMax, tenantBytesMax, recent, expiries = expiriesOf(policy) } = options;
    this.scripts = scriptsWith({
      ...policy,
      ...expiries,
      windowBytesMax,
      tenantBytesMax,
      batchOverheadBytes: BATCH_OVERHEAD_BYTES,
      countsMs: COUNTS_MS,
      recentMs: recent?.ms ?? 0,
      recentLookMs: Math.ceil((recent?.ms ?? 0) / 6),
      recentBytesMax: recent?.tenantBytesMax ?? 0,
      summaryOverheadBytes: SUMMARY_OVERHEAD_BYTES,
    });
    // In a Cluster a call touches one slot; else the more share a call, the less each costs.
    const groups = redis.isCluster ? PARTITIONS : 1;
    this.groups = Array.from({ length: groups }, () => groupCommit((requests) => this.commitTogether(requests)));
  }

  /** What is added to Redis' clock, ms. */
  get clockOffsetMs(): number {
    return this.options.clockOffsetMs ?? 0;
  }

  async now(): Promise<number> {
    const [seconds, microseconds] = await this.redis.askAny((node) => node.time());
    return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000) + this.clockOffsetMs;
  }

  async commit(requests: readonly CommitRequest[]): Promise<CommitAnswers> {
    if (requests.length === 0) return { nowMs: await this.now(), answers: [] };
    const timed = await Promise.all(
      requests.map((request) => this.groups[partitionOf(request.tenant) % this.groups.length]!.add(request)),
    );
    return { nowMs: Math.max(...timed.map(({ nowMs }) => nowMs)), answers: timed.map(({ answer }) => answer) };
  }

  async dueTenants(limit: number): Promise<TenantId[]> {
    return (await this.longestDue(limit, await this.now())).map(({ tenant }) => tenant);
  }

  async backlog(limit: number): Promise<Backlog> {
    const nowMs = await this.now();
    const longestDue = await this.longestDue(limit, nowMs);
    const tenants = await this.ofEachPartition((client, due) => client.zcount(due, '-inf', nowMs));
    const windows = await Promise.all(
      longestDue.map(({ tenant }) => this.redis.ask((client) => client.zcount(this.keys.queue(tenant), '-inf', nowMs))),
    );
    return { nowMs, tenants: sum(tenants), windows: sum(windows), oldestDueAt: longestDue[0]?.at };
  }

  async claim(tenant: TenantId, claim: ClaimToken, { leaseMs, windowLimit }: ClaimOptions): Promise<Claim | undefined> {
    const keys = [...this.tenantKeys(tenant), this.keys.facts(tenant)];
    const call = { tenant, claim, leaseMs, windowLimit };
    // A claim that a failover forgets would be given out again while its owner still delivers.
    return claimOf(await this.run('claim', keys, [JSON.stringify(call)]));
  }

  async read(tenant: TenantId, window: WindowRef, from: number, to: number): Promise<Uint8Array[]> {
    if (to <= from) return [];
    return this.redis.ask((client) => client.lrangeBuffer(this.keys.window(tenant, window), from, to - 1));
  }

  async renew(
    tenant: TenantId,
    claim: ClaimToken,
    leaseMs: number,
    progress: readonly WindowProgress[],
  ): Promise<boolean> {
    const call = { tenant, claim, leaseMs, windows: progress.map(progressParts) };
    return (await this.run('renew', this.tenantKeys(tenant), [JSON.stringify(call)])) === 1;
  }

  async settle(tenant: TenantId, claim: ClaimToken, settlement: Settlement): Promise<boolean> {
    const { windows, hold, seriesOverLimit, facts } = settlement;
    const lists = windows.map((window) => this.keys.window(tenant, window));
    const keys = [...this.tenantKeys(tenant), this.keys.facts(tenant), this.keys.recent(tenant), ...lists];
    const summaries = summaryArgs(windows, this.options.recent?.tenantBytesMax ?? 0);
    const call = {
      tenant,
      claim,
      windows: windows.map(settledParts),
      hold: holdText(hold),
      holdMs: hold?.forMs ?? 0,
      series: seriesText(seriesOverLimit),
      facts,
    };
    return (await this.run('settle', keys, [JSON.stringify(call), ...summaries])) === 1;
  }

  async facts(tenant: TenantId): Promise<TenantFacts | undefined> {
    const answers = await this.redis.ask(async (client) => {
      const answers = await client
        .pipeline()
        .hgetall(this.keys.facts(tenant))
        .hgetall(this.keys.state(tenant))
        .zscore(this.keys.due(partitionOf(tenant)), tenant)
        .exec();
      for (const [error] of answers ?? []) if (error) throw error;
      return (answers ?? []).map(([, answer]) => answer) as [Hash, Hash, string | null];
    });
    return tenantFacts(...answers, await this.now());
  }

  async recent(tenant: TenantId): Promise<RecentWindows> {
    const { recent } = this.options;
    const nowMs = await this.now();
    if (!recent) return { nowMs, windows: [] };
    const fields = await this.redis.ask((client) => client.hkeys(this.keys.recent(tenant)));
    return { nowMs, windows: recentWindows(fields, nowMs - recent.ms) };
  }

  async readRecent(tenant: TenantId, windows: readonly RecentWindow[]): Promise<(Uint8Array | undefined)[]> {
    if (windows.length === 0) return [];
    const fields = windows.map(recentField);
    const summaries = await this.redis.ask((client) => client.hmgetBuffer(this.keys.recent(tenant), ...fields));
    return summaries.map((summary) => summary ?? undefined);
  }

  /** Lists can be dropped by name only, and which there are has to be read before: what comes in between stays. */
  async purge(tenant: TenantId): Promise<Purged> {
    const state = await this.redis.ask((client) => client.hgetall(this.keys.state(tenant)));
    const names = waitingWindows(state).map(({ name }) => name);
    const purged = { windows: 0, batches: 0, bytes: 0 };
    for (let from = 0; from < names.length; from += WINDOWS_PER_PURGE) {
      const [windows, batches, bytes] = await this.purgeSome(tenant, names.slice(from, from + WINDOWS_PER_PURGE));
      purged.windows += windows;
      purged.batches += batches;
      purged.bytes += bytes;
    }
    return purged;
  }

  closeOpenWindows(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return this.redis.close();
  }

  private async commitTogether(requests: readonly CommitRequest[]): Promise<CommitAnswers> {
    const { keys, args } = commitCall(this.keys, requests);
    return commitAnswers(await this.run('commit', keys, args));
  }

  private async purgeSome(tenant: TenantId, windows: readonly string[]): Promise<[number, number, number]> {
    const lists = windows.map((name) => this.keys.window(tenant, windowOf(name)));
    const keys = [...this.tenantKeys(tenant), this.keys.facts(tenant), ...lists];
    const call = { tenant, windows, hold: holdText(PURGE_HOLD) };
    return (await this.run('purge', keys, [JSON.stringify(call)])) as [number, number, number];
  }

  private run(name: ScriptName, keys: readonly string[], args: readonly (string | Buffer)[]): Promise<unknown> {
    return this.redis.runDurably(this.scripts[name], keys, [String(this.clockOffsetMs), ...args]);
  }

  private async longestDue(limit: number, nowMs: number): Promise<{ tenant: TenantId; at: number }[]> {
    const sets = await this.ofEachPartition((client, due) =>
      client.zrangebyscore(due, '-inf', nowMs, 'WITHSCORES', 'LIMIT', 0, limit),
    );
    return sets
      .flatMap(pairsOf)
      .sort((a, b) => a.at - b.at)
      .slice(0, limit);
  }

  /** Asks for something of each partition's due set. A shard that is away hides its own tenants only. */
  private async ofEachPartition<T>(ask: (client: RedisClient, due: string) => Promise<T>): Promise<T[]> {
    const asked = Array.from({ length: PARTITIONS }, (_, partition) =>
      this.redis.ask((client) => ask(client, this.keys.due(partition))),
    );
    const answers = await Promise.allSettled(asked);
    const answered = answers.filter((answer) => answer.status === 'fulfilled');
    if (answered.length === 0) throw (answers[0] as PromiseRejectedResult).reason;
    return answered.map(({ value }) => value);
  }

  private tenantKeys(tenant: TenantId): string[] {
    return [this.keys.due(partitionOf(tenant)), this.keys.queue(tenant), this.keys.state(tenant)];
  }
}

/** Members and scores, by turns. */
function pairsOf(set: readonly string[]): { tenant: TenantId; at: number }[] {
  return Array.from({ length: set.length / 2 }, (_, i) => ({ tenant: set[2 * i]!, at: Number(set[2 * i + 1]) }));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
