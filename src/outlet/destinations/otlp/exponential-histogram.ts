import type { Distribution } from '../../../model/distribution.js';
import { binOf } from '../../../model/sketch.js';

/** The scale of the sketch's bins: 64 buckets an octave, by which a reader finds a quantile within 0.55 %. */
const SCALE = 6;

/**
 * Most buckets on either side of zero: 32 octaves at the full scale. Values that lie further apart get a lower scale, each
 * step of which doubles the error of a quantile.
 */
export const BUCKETS_MAX = 2_048;

/** Buckets that follow one another, and how many values are in each; the first and the last are not empty. */
export interface Buckets {
  /** Index of the first; 0 where there is none. */
  readonly offset: number;
  readonly counts: Float64Array;
}

/**
 * A distribution as an exponential histogram (OpenTelemetry metrics data model, "ExponentialHistogram"): bucket i holds values
 * in (base^i, base^(i+1)] with base = 2^(2^−scale); negative values by their magnitude.
 */
export interface ExponentialHistogram {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly scale: number;
  readonly zeroCount: number;
  readonly positive: Buckets;
  readonly negative: Buckets;
}

/** From the lowest to the highest bucket that something is in; `low` is above `high` where nothing is in any. */
interface Extent {
  readonly low: number;
  readonly high: number;
}

const NOWHERE: Extent = { low: Infinity, high: -Infinity };
const NO_BUCKETS: Buckets = { offset: 0, counts: new Float64Array(0) };

/** Counts a distribution's values by bucket. */
export function exponentialHistogram(distribution: Distribution): ExponentialHistogram {
  const { count, sum, min, max, sketch } = distribution;
  const { shift, above, below } = extentsOf(distribution);
  const positive = bucketsIn(above);
  const negative = bucketsIn(below);
  let zeroCount = sketch?.zero ?? 0;
  const put = ({ counts, offset }: Buckets, bin: number, n: number): void => {
    counts[(bin >> shift) - offset]! += n;
  };
  if (sketch) {
    for (const [bin, n] of sketch.positive) put(positive, bin, n);
    for (const [bin, n] of sketch.negative) put(negative, bin, n);
  } else {
    for (const value of distribution.exactValues()!) {
      if (value > 0) put(positive, binOf(value), 1);
      else if (value < 0) put(negative, binOf(-value), 1);
      else zeroCount++;
    }
  }
  return { count, sum, min, max, scale: SCALE - shift, zeroCount, positive, negative };
}

/** How many buckets {@link exponentialHistogram} makes of a distribution. */
export function bucketsOf(distribution: Distribution): number {
  const { above, below } = extentsOf(distribution);
  return span(above) + span(below);
}

function bucketsIn(extent: Extent): Buckets {
  const length = span(extent);
  return length === 0 ? NO_BUCKETS : { offset: extent.low, counts: new Float64Array(length) };
}

function span({ low, high }: Extent): number {
  return Math.max(0, high - low + 1);
}

/** Where values are on either side of zero, in buckets of a scale that is low enough: by `shift` less than the full one. */
function extentsOf(distribution: Distribution): { shift: number; above: Extent; below: Extent } {
  const { min, max, sketch } = distribution;
  const above = sketch ? extentOfBins(sketch.positive) : extentOfBinned(distribution, 1, min, max);
  const below = sketch ? extentOfBins(sketch.negative) : extentOfBinned(distribution, -1, -max, -min);
  let shift = 0;
  // Bucket i of one scale is in i >> 1 of the next.
  while (Math.max(span(shifted(above, shift)), span(shifted(below, shift))) > BUCKETS_MAX) shift++;
  return { shift, above: shifted(above, shift), below: shifted(below, shift) };
}

function shifted(extent: Extent, shift: number): Extent {
  return extent === NOWHERE || shift === 0 ? extent : { low: extent.low >> shift, high: extent.high >> shift };
}

/** @param nearest and `farthest`, the least and the largest value, seen from the side of zero that `sign` says */
function extentOfBinned(distribution: Distribution, sign: 1 | -1, nearest: number, farthest: number): Extent {
  if (farthest <= 0) return NOWHERE;
  let least = nearest;
  if (least <= 0) {
    least = farthest;
    for (const value of distribution.exactValues()!) {
      const magnitude = sign * value;
      if (magnitude > 0 && magnitude < least) least = magnitude;
    }
  }
  return { low: binOf(least), high: binOf(farthest) };
}

function extentOfBins(bins: ReadonlyMap<number, number>): Extent {
  if (bins.size === 0) return NOWHERE;
  let [low, high] = [Infinity, -Infinity];
  for (const bin of bins.keys()) {
    if (bin < low) low = bin;
    if (bin > high) high = bin;
  }
  return { low, high };
}
