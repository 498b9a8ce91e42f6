import {
  ALL_STORED,
  type CommitAnswer,
  type CommitRequest,
  type FactCounts,
  type FactName,
  type RefusalReason,
  type TenantId,
} from '../window-store.js';
import { type Keys, partitionOf } from './keys.js';

/** What commit.lua is given, but for its first argument. */
export interface CommitCall {
  readonly keys: readonly string[];
  readonly args: readonly (string | Buffer)[];
}

/** A tenant of a call: its place among them, counted as Lua counts, and the index into KEYS of each of its lists. */
interface TenantOfCall {
  readonly place: number;
  readonly parts: [id: string, token: string, due: number, queue: number, state: number, facts: number];
  readonly lists: Map<number, number>;
}

/** Puts a group of requests into the form that commit.lua takes. In a Cluster, they are of one partition. */
export function commitCall(keys: Keys, requests: readonly CommitRequest[]): CommitCall {
  const names: string[] = [];
  const tenants = new Map<TenantId, TenantOfCall>();
  const batches: Buffer[] = [];
  const tenantOf = (id: TenantId): TenantOfCall => {
    let tenant = tenants.get(id);
    if (!tenant) {
      const place = tenants.size + 1;
      const [due, queue, state, facts] = [
        names.push(keys.due(partitionOf(id))),
        names.push(keys.queue(id)),
        names.push(keys.state(id)),
        names.push(keys.facts(id)),
      ];
      tenants.set(id, (tenant = { place, parts: [id, '', due, queue, state, facts], lists: new Map() }));
    }
    return tenant;
  };
  const parts = requests.map((request) => {
    const { tenant: id, resolutionSeconds, openStartSeconds } = request;
    const tenant = tenantOf(id);
    // The last token of a tenant wins.
    tenant.parts[1] = request.token;
    const list = (startSeconds: number): number => {
      // Resolutions are shorter than 4,096 s.
      const window = startSeconds * 4096 + resolutionSeconds;
      let index = tenant.lists.get(window);
      if (index === undefined) {
        index = names.push(keys.window(id, { resolutionSeconds, startSeconds }));
        tenant.lists.set(window, index);
      }
      return index;
    };
    const adds = request.secondValue === 'adds';
    return [
      tenant.place,
      names.push(keys.idempotency(id, request.idempotencyKey)),
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
        // The clock's offset and this call come before the batches.
        batches.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)) + 2,
      ]),
      occurred(request.facts),
      request.examples ?? 0,
    ];
  });
  const call = { tenants: Array.from(tenants.values(), (tenant) => tenant.parts), requests: parts };
  return { keys: names, args: [JSON.stringify(call), ...batches] };
}

/** Most counts of a request are 0, and each costs Redis time. */
function occurred(facts: FactCounts): FactCounts {
  const counts: Partial<Record<FactName, number>> = {};
  for (const name in facts) if (facts[name as FactName]) counts[name as FactName] = facts[name as FactName]!;
  return counts;
}

/** What commit.lua answered: the store's clock, then an answer a request, with commas in between. */
export function commitAnswers(answer: unknown): { nowMs: number; answers: CommitAnswer[] } {
  const [nowMs, ...answers] = (answer as string).split(',');
  return { nowMs: Number(nowMs), answers: answers.map(answerOf) };
}

function answerOf(answer: string): CommitAnswer {
  if (answer === 'stored 0 0') return ALL_STORED;
  const [outcome, first, second] = answer.split(' ');
  switch (outcome) {
    case 'stored':
      return { outcome, late: Number(first), future: Number(second) };
    case 'refused':
      return { outcome, reason: first as RefusalReason };
    default:
      return { outcome: outcome as 'duplicate' | 'again' };
  }
}
