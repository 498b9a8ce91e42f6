import type { TenantId } from '../window-store.js';
import type { CommitAnswer, CommitRequest, RefusalReason } from '../window-store.js';
import { type Keys, partitionOf } from './keys.js';

/** What commit.lua is given, but for its first argument. */
export interface CommitCall {
  readonly keys: readonly string[];
  readonly args: readonly (string | Buffer)[];
}

/** Puts a group of requests into the form that commit.lua takes. In a Cluster, they are of one partition. */
export function commitCall(keys: Keys, requests: readonly CommitRequest[]): CommitCall {
  const indexes = new IndexedKeys();
  const tenants = new Map<TenantId, unknown[]>();
  const places = new Map<TenantId, number>();
  const batches: Buffer[] = [];
  const parts = requests.map((request) => {
    const { tenant, resolutionSeconds, openStartSeconds } = request;
    const list = (startSeconds: number) => indexes.of(keys.window(tenant, { resolutionSeconds, startSeconds }));
    const adds = request.secondValue === 'adds';
    // The last token of a tenant wins.
    tenants.set(tenant, tenantParts(keys, indexes, request));
    if (!places.has(tenant)) places.set(tenant, places.size + 1);
    return [
      places.get(tenant),
      indexes.of(keys.idempotency(tenant, request.idempotencyKey)),
      request.idempotencyTtlMs,
      request.nonce ?? '',
      resolutionSeconds,
      adds ? 1 : 0,
      request.late === 'drop' ? 1 : 0,
      openStartSeconds,
      adds ? list(openStartSeconds) : 0,
      request.batches.map(({ startSeconds, measurements, bytes }) => [
        startSeconds,
        measurements,
        list(startSeconds),
        // The settings and this call come before the batches.
        batches.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)) + 2,
      ]),
      request.facts,
      request.examples ?? 0,
    ];
  });
  return {
    keys: indexes.all,
    args: [JSON.stringify({ tenants: [...tenants.values()], requests: parts }), ...batches],
  };
}

/** What commit.lua answered: the store's clock, then an answer a request. */
export function commitAnswers(answer: unknown): { nowMs: number; answers: CommitAnswer[] } {
  const [nowMs, ...answers] = answer as [number, ...[string, ...unknown[]][]];
  return { nowMs, answers: answers.map(answerOf) };
}

function tenantParts(keys: Keys, indexes: IndexedKeys, { tenant, token }: CommitRequest): unknown[] {
  return [
    tenant,
    token,
    indexes.of(keys.due(partitionOf(tenant))),
    indexes.of(keys.queue(tenant)),
    indexes.of(keys.state(tenant)),
    indexes.of(keys.facts(tenant)),
  ];
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

  of(key: string): number {
    let index = this.indexes.get(key);
    if (index === undefined) this.indexes.set(key, (index = this.all.push(key)));
    return index;
  }
}
