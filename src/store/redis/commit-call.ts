import type { TenantId } from '../window-store.js';
import type { CommitAnswer, CommitRequest, RefusalReason } from '../window-store.js';
import type { Keys } from './keys.js';

/** What commit.lua is given, but for its first argument. */
export interface CommitCall {
  readonly keys: readonly string[];
  readonly args: readonly (string | Buffer)[];
}

/** Puts a group of requests of one partition into the form that commit.lua takes. */
export function commitCall(keys: Keys, partition: number, requests: readonly CommitRequest[]): CommitCall {
  const indexes = new IndexedKeys(keys.due(partition));
  const tenants = new Map<TenantId, number>();
  const batches: Buffer[] = [];
  const call = requests.map((request) => {
    const { tenant, resolutionSeconds } = request;
    const list = (startSeconds: number) => indexes.of(keys.window(tenant, { resolutionSeconds, startSeconds }));
    if (!tenants.has(tenant)) tenants.set(tenant, tenants.size + 1);
    const adds = request.secondValue === 'adds';
    return {
      tenant: tenants.get(tenant)!,
      token: request.token,
      adds,
      drop: request.late === 'drop',
      key: indexes.of(keys.idempotency(tenant, request.idempotencyKey)),
      ttlMs: request.idempotencyTtlMs,
      nonce: request.nonce,
      resolution: resolutionSeconds,
      open: request.openStartSeconds,
      openList: adds ? list(request.openStartSeconds) : 0,
      batches: request.batches.map(({ startSeconds, measurements, bytes }) => [
        startSeconds,
        measurements,
        list(startSeconds),
        // The settings and this call come before the batches.
        batches.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)) + 2,
      ]),
      facts: request.facts,
      examples: request.examples,
    };
  });
  const tenantKeys = [...tenants.keys()].map((id) => tenantOf(keys, indexes, id));
  return { keys: indexes.all, args: [JSON.stringify({ tenants: tenantKeys, requests: call }), ...batches] };
}

/** What commit.lua answered: the store's clock, then an answer a request. */
export function commitAnswers(answer: unknown): { nowMs: number; answers: CommitAnswer[] } {
  const [nowMs, ...answers] = answer as [number, ...[string, ...unknown[]][]];
  return { nowMs, answers: answers.map(answerOf) };
}

function tenantOf(keys: Keys, indexes: IndexedKeys, id: TenantId): object {
  return {
    id,
    queue: indexes.of(keys.queue(id)),
    state: indexes.of(keys.state(id)),
    facts: indexes.of(keys.facts(id)),
  };
}

function answerOf([outcome, first, second]: [string, ...unknown[]]): CommitAnswer {
  switch (outcome) {
    case 'stored':
      return { outcome, late: first as number, future: second as number };
    case 'refused':
      return { outcome, reason: first as RefusalReason };
    default:
      return { outcome: outcome as 'duplicate' | 'again' };
  }
}

/** Keys, each once, by their index as Lua counts. */
class IndexedKeys {
  readonly all: string[] = [];
  private readonly indexes = new Map<string, number>();

  constructor(first: string) {
    this.of(first);
  }

  of(key: string): number {
    let index = this.indexes.get(key);
    if (index === undefined) this.indexes.set(key, (index = this.all.push(key)));
    return index;
  }
}
