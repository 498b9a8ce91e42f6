import type { Distribution } from '../../../model/distribution.js';
import { Sketch, sorted } from '../../../model/sketch.js';

/** The scale of {@link Sketch}'s bins: 64 buckets an octave, by which a reader finds a quantile within 0.55 %. */
const SCALE = 6;

/**
 * Most buckets on either side of zero: 32 octaves at the full scale. Values that lie further apart get a lower scale, each
 * step of which doubles the error of a quantile.
 */
export const BUCKETS_MAX = 2_048;

/** Buckets that something is in, ascending, with their counts: most are empty. */
export interface Buckets {
  readonly indexes: Int32Array;
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

/** Counts a distribution's values by bucket. */
export function exponentialHistogram(distribution: Distribution): ExponentialHistogram {
  const { count, sum, min, max } = distribution;
  const { positive, negative, zero } = distribution.sketch ?? sketchOf(distribution);
  const [above, below] = [sorted(positive), sorted(negative)];
  const shift = Math.max(shiftFor(above), shiftFor(below));
  return {
    ...{ count, sum, min, max },
    scale: SCALE - shift,
    zeroCount: zero,
    positive: bucketsOf(above, shift),
    negative: bucketsOf(below, shift),
  };
}

/** How many buckets there are from the first that something is in to the last. */
export function span({ indexes }: Buckets): number {
  return indexes.length === 0 ? 0 : indexes.at(-1)! - indexes[0]! + 1;
}

/** The counts of all of {@link span}, empty ones included, and the bucket that they begin with. */
export function dense(buckets: Buckets): { readonly offset: number; readonly counts: number[] } {
  const { indexes, counts } = buckets;
  const offset = indexes[0] ?? 0;
  const all = new Array<number>(span(buckets)).fill(0);
  for (const [i, index] of indexes.entries()) all[index - offset] = counts[i]!;
  return { offset, counts: all };
}

function sketchOf(distribution: Distribution): Sketch {
  const sketch = new Sketch();
  for (const value of distribution.exactValues()!) sketch.add(value);
  return sketch;
}

type Bins = readonly (readonly [bin: number, count: number])[];

/** By how much the scale has to be lowered for the bins to be few enough: bucket i of one scale is in i >> 1 of the next. */
function shiftFor(bins: Bins): number {
  if (bins.length === 0) return 0;
  const [low, high] = [bins[0]![0], bins.at(-1)![0]];
  let shift = 0;
  while ((high >> shift) - (low >> shift) >= BUCKETS_MAX) shift++;
  return shift;
}

function bucketsOf(bins: Bins, shift: number): Buckets {
  const merged: [index: number, count: number][] = [];
  for (const [bin, count] of bins) {
    const last = merged.at(-1);
    if (last && last[0] === bin >> shift) last[1] += count;
    else merged.push([bin >> shift, count]);
  }
  return {
    indexes: Int32Array.from(merged, ([index]) => index),
    counts: Float64Array.from(merged, ([, count]) => count),
  };
}
