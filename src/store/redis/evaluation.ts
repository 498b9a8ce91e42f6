import type { Redis } from 'ioredis';
import { faultOf, RedisUnavailableError } from './errors.js';
import { Groups } from './groups.js';

/** How long WAIT waits, ms. Others queue behind it on the connection: it must end well before they count as unanswered. */
const REPLICAS_MS = 500;

/** A script as it is sent: by the name under which Redis knows it, or whole. */
export interface ScriptForm {
  readonly command: 'evalsha' | 'eval';
  readonly text: string;
}

/** A script on its way. */
export interface Evaluation extends ScriptForm {
  readonly keys: readonly string[];
  readonly args: readonly (string | Buffer)[];
}

/** What became of an evaluation: its error or its answer. */
export type Evaluated = readonly [error: Error | null | undefined, answer?: unknown];

/** Evaluations at one node that count once replicas have what they wrote. */
export type ConfirmedEvaluations = Groups<Evaluation, Evaluated>;

/**
 * WAIT holds up all that comes behind it on its connection, so evaluations share one: with one each, those of a shard whose
 * replica lags would stand in line until all but the first few had timed out, and reads with them.
 *
 * @param replicas how many must have a write before it counts
 */
export function confirmedEvaluations(node: Redis, replicas: number): ConfirmedEvaluations {
  return new Groups(
    (evaluations) => evaluateAll(node, evaluations, replicas),
    (waiting) => waiting.length,
  );
}

/**
 * A pipeline goes to the node on one connection, so WAIT speaks of the very writes before it.
 *
 * @throws RedisUnavailableError if replicas did not confirm, or nothing came back: then none of them counts
 */
async function evaluateAll(
  node: Redis,
  evaluations: readonly Evaluation[],
  replicas: number,
): Promise<readonly Evaluated[]> {
  const pipeline = node.pipeline();
  for (const { command, text, keys, args } of evaluations) pipeline[command](text, keys.length, ...keys, ...args);
  pipeline.wait(replicas, REPLICAS_MS);
  const results = (await pipeline.exec()) ?? [];
  const [waitError, confirmed] = results.at(-1) ?? [];
  const fault = waitError ? faultOf(waitError) : (confirmed as number) < replicas ? 'replicas' : undefined;
  if (fault) throw new RedisUnavailableError(fault);
  // A former master refuses WAIT in words of its own; what it said to the evaluation tells more.
  const unconfirmed = waitError ? new RedisUnavailableError('replicas') : undefined;
  return evaluations.map((_evaluation, i) => [results[i]![0] ?? unconfirmed, results[i]![1]]);
}
