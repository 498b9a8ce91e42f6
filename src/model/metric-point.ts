import { type Bucket, isLaterSample } from './bucket.js';
import { Cardinality } from './cardinality.js';
import { Distribution } from './distribution.js';
import { Kind } from './kind.js';
import type { WindowRef } from './window.js';

/** What a window says of one bucket. A kind of value that a destination does not know is a compile error there. */
export type PointValue =
  | { readonly type: 'sum'; readonly sum: number; readonly monotonic: boolean }
  /** `atUs`: its line's own time, µs since the epoch; it decides where two lasts have to become one. */
  | { readonly type: 'last'; readonly last: number; readonly atUs: number }
  | { readonly type: 'distribution'; readonly distribution: Distribution }
  | { readonly type: 'cardinality'; readonly cardinality: Cardinality };

/** One bucket of one window, as a destination gets it. `source` and `unit` are '' where there is none. */
export interface MetricPoint {
  readonly name: string;
  readonly source: string;
  readonly unit: string;
  readonly window: WindowRef;
  readonly value: PointValue;
}

/** The quantiles that are delivered of a measurement, with the suffix that the Go program gave their metrics. */
export const QUANTILES = [
  { suffix: 'median', q: 0.5 },
  { suffix: 'perc95', q: 0.95 },
  { suffix: 'perc99', q: 0.99 },
] as const;

/** The point of a bucket in its window. The point takes the bucket's distribution over. */
export function toPoint(bucket: Bucket, window: WindowRef): MetricPoint {
  const { name, source, unit } = bucket;
  return { name, source, unit, window, value: valueOf(bucket) };
}

function valueOf(bucket: Bucket): PointValue {
  switch (bucket.kind) {
    case Kind.count:
      return { type: 'sum', sum: bucket.sum, monotonic: !bucket.negative };
    case Kind.sample:
      return { type: 'last', last: bucket.value, atUs: bucket.atUs };
    case Kind.measure:
      return { type: 'distribution', distribution: bucket.distribution };
    case Kind.unique:
      return { type: 'cardinality', cardinality: bucket.cardinality };
  }
}

/**
 * Two values of one kind as one, for a destination to which two points are the same; neither is changed.
 *
 * @throws TypeError if they are of different kinds
 */
function mergeValues(a: PointValue, b: PointValue): PointValue {
  if (a.type === 'sum' && b.type === 'sum') {
    return { type: 'sum', sum: a.sum + b.sum, monotonic: a.monotonic && b.monotonic };
  }
  if (a.type === 'last' && b.type === 'last') {
    return isLaterSample(b.atUs, b.last, a.atUs, a.last) ? b : a;
  }
  if (a.type === 'distribution' && b.type === 'distribution') {
    const distribution = new Distribution();
    distribution.merge(a.distribution);
    distribution.merge(b.distribution);
    return { type: 'distribution', distribution };
  }
  if (a.type === 'cardinality' && b.type === 'cardinality') {
    const cardinality = new Cardinality();
    cardinality.merge(a.cardinality);
    cardinality.merge(b.cardinality);
    return { type: 'cardinality', cardinality };
  }
  throw new TypeError('values of different kinds cannot be merged');
}

/** One or more points that are the same one to a destination, as it will see them. */
export interface MergedPoint extends Omit<MetricPoint, 'value'> {
  value: PointValue;
  /** How many points are in it. */
  points: number;
}

/**
 * Merges points that are the same one to a destination, in order of first arrival. It yields after each.
 *
 * @param asSeen a point with its texts as the destination will see them
 * @param keyOf of such a point: the same for points that are one there and of one kind
 */
export function* mergeAlike(
  points: readonly MetricPoint[],
  asSeen: (point: MetricPoint) => MetricPoint,
  keyOf: (point: MetricPoint) => string,
): Generator<void, Iterable<MergedPoint>, void> {
  const byKey = new Map<string, MergedPoint>();
  for (const point of points) {
    yield;
    const seen = asSeen(point);
    const key = keyOf(seen);
    const held = byKey.get(key);
    if (held) {
      held.value = mergeValues(held.value, seen.value);
      held.points++;
    } else byKey.set(key, { ...seen, points: 1 });
  }
  return byKey.values();
}
