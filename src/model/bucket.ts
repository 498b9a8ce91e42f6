import type { Cardinality } from './cardinality.js';
import type { Distribution } from './distribution.js';
import { Kind } from './kind.js';

/** What makes two measurements fall into one bucket of a window. `source` and `unit` are '' where there is none. */
export interface BucketIdentity {
  readonly name: string;
  readonly source: string;
  readonly unit: string;
}

/** All `count#` values of one identity: their sum, and whether one of them was negative (the sum is then not monotonic). */
export interface CountBucket extends BucketIdentity {
  readonly kind: typeof Kind.count;
  sum: number;
  negative: boolean;
}

/** All `measure#` values of one identity. */
export interface MeasureBucket extends BucketIdentity {
  readonly kind: typeof Kind.measure;
  readonly distribution: Distribution;
}

/** The last `sample#` value of one identity: `atUs` is its line's own time, µs since the epoch. */
export interface SampleBucket extends BucketIdentity {
  readonly kind: typeof Kind.sample;
  value: number;
  atUs: number;
}

/** All `unique#` strings of one identity. */
export interface UniqueBucket extends BucketIdentity {
  readonly kind: typeof Kind.unique;
  readonly cardinality: Cardinality;
}

/** All measurements of one kind, name, source and unit in one window. */
export type Bucket = CountBucket | MeasureBucket | SampleBucket | UniqueBucket;

/** A key that two buckets share exactly if they are to be merged. */
export function bucketKey(kind: Kind, name: string, source: string, unit: string): string {
  return `${kind}\0${name}\0${source}\0${unit}`;
}

/** Whether a sample at (`atUs`, `value`) supersedes another: the later line wins, on a tie the larger value. */
export function isLaterSample(atUs: number, value: number, thanAtUs: number, thanValue: number): boolean {
  return atUs > thanAtUs || (atUs === thanAtUs && value > thanValue);
}

/**
 * Merges `from` into `into`; both must share a {@link bucketKey}. Any grouping and any order gives the same result, but
 * for the last bits of a sum.
 */
export function mergeBucket(into: Bucket, from: Bucket): void {
  if (into.kind === Kind.count && from.kind === Kind.count) {
    into.sum += from.sum;
    into.negative ||= from.negative;
  } else if (into.kind === Kind.measure && from.kind === Kind.measure) {
    into.distribution.merge(from.distribution);
  } else if (into.kind === Kind.unique && from.kind === Kind.unique) {
    into.cardinality.merge(from.cardinality);
  } else if (into.kind === Kind.sample && from.kind === Kind.sample) {
    if (isLaterSample(from.atUs, from.value, into.atUs, into.value)) {
      into.value = from.value;
      into.atUs = from.atUs;
    }
  } else {
    throw new TypeError('buckets of different kinds cannot be merged');
  }
}
