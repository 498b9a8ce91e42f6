import type { Bucket } from '../model/bucket.js';
import { Kind } from '../model/kind.js';
import type { Reading } from '../telemetry/own-metrics.js';

/** A series that is there in every window, so that silence is seen for what it is. */
export const CANARY = 'canary';

/**
 * l2met's own numbers as if log lines had brought them: what only grows by how much it has grown, as `count#`; gauges as `sample#`;
 * and the canary.
 *
 * @param prefix stands before every name, with a dot
 * @param grown by `counter.reason`, as OwnMetrics.totals() has them
 * @param nowMs ms since the epoch
 */
export function ownBuckets(
  prefix: string,
  source: string,
  grown: Readonly<Record<string, number>>,
  gauges: readonly Reading[],
  nowMs: number,
): Bucket[] {
  const count = (name: string, sum: number): Bucket => {
    return { kind: Kind.count, name: `${prefix}.${name}`, source, unit: '', sum, negative: sum < 0 };
  };
  return [
    count(CANARY, 1),
    ...Object.entries(grown).map(([name, sum]) => count(name, sum)),
    ...gauges.map(({ name, value, reading }): Bucket => {
      const of = value === '' ? name : `${name}.${value}`;
      return { kind: Kind.sample, name: `${prefix}.${of}`, source, unit: '', value: reading, atUs: nowMs * 1000 };
    }),
  ];
}

/** By how much each count has grown. */
export function growth(
  from: Readonly<Record<string, number>>,
  to: Readonly<Record<string, number>>,
): Record<string, number> {
  const grown = Object.entries(to).map(([name, count]) => [name, count - (from[name] ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, by]) => by !== 0));
}
