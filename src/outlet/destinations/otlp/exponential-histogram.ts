import type { Distribution } from '../../../model/distribution.js';
import { binOf, Sketch } from '../../../model/sketch.js';

/** The scale of {@link Sketch}'s bins: 64 buckets an octave, by which a reader finds a quantile within 0.55 %. */
const SCALE = 6;

/**
 * Most buckets on either side of zero: 32 octaves at the full scale. Values that lie further apart get a lower scale, each
 * step of which doubles the error of a quantile.
 */
export const BUCKETS_MAX = 2_048;

/** Counts of neighbouring buckets, from bucket `offset` on. */
export interface Buckets {
  readonly offset: number;
  readonly counts: readonly number[];
}

/**
 * A distribution as an exponential histogram (OpenTelemetry metrics data model, "ExponentialHistogram"): bucket i holds values
 * in (base^i, base^(i+1)] with base = 2^(2^−scale); negative values by their magnitude.
 */
export interface ExponentialHistogram {
  readonly scale: number;
  readonly zeroCount: number;
  readonly positive: Buckets;
  readonly negative: Buckets;
}

/** Counts a distribution's values by bucket. */
export function exponentialHistogram(distribution: Distribution): ExponentialHistogram {
  const { positive, negative, zero } = distribution.sketch ?? sketchOf(distribution);
  const shift = Math.max(shiftFor(positive), shiftFor(negative));
  return {
    scale: SCALE - shift,
    zeroCount: zero,
    positive: bucketsOf(positive, shift),
    negative: bucketsOf(negative, shift),
  };
}

/** No fewer buckets than the histogram of a distribution has; found without counting its values. */
export function bucketsAtMost(distribution: Distribution): number {
  const { sketch } = distribution;
  const spans = sketch ? [binSpan(sketch.positive), binSpan(sketch.negative)] : valueSpans(distribution.exactValues()!);
  return spans.reduce((sum, span) => sum + Math.min(BUCKETS_MAX, span), 0);
}

function sketchOf(distribution: Distribution): Sketch {
  const sketch = new Sketch();
  for (const value of distribution.exactValues()!) sketch.add(value);
  return sketch;
}

/** By how much the scale has to be lowered for the bins to be few enough: bucket i of one scale is in i >> 1 of the next. */
function shiftFor(bins: ReadonlyMap<number, number>): number {
  const [low, high] = ends(bins.keys());
  let shift = 0;
  while ((high >> shift) - (low >> shift) >= BUCKETS_MAX) shift++;
  return shift;
}

function bucketsOf(bins: ReadonlyMap<number, number>, shift: number): Buckets {
  if (bins.size === 0) return { offset: 0, counts: [] };
  const [low, high] = ends(bins.keys());
  const offset = low >> shift;
  const counts = new Array<number>((high >> shift) - offset + 1).fill(0);
  for (const [bin, count] of bins) counts[(bin >> shift) - offset]! += count;
  return { offset, counts };
}

function binSpan(bins: ReadonlyMap<number, number>): number {
  const [low, high] = ends(bins.keys());
  return high - low + 1;
}

/** Bins from the least to the largest magnitude, of the positive and of the negative values. */
function valueSpans(values: Float64Array): number[] {
  let [least, most, negativeLeast, negativeMost] = [Infinity, 0, Infinity, 0];
  for (const value of values) {
    if (value > 0) {
      if (value < least) least = value;
      if (value > most) most = value;
    } else if (value < 0) {
      if (-value < negativeLeast) negativeLeast = -value;
      if (-value > negativeMost) negativeMost = -value;
    }
  }
  const span = (from: number, to: number): number => (to === 0 ? 0 : binOf(to) - binOf(from) + 1);
  return [span(least, most), span(negativeLeast, negativeMost)];
}

/** Of none, [0, −1]. */
function ends(bins: Iterable<number>): [low: number, high: number] {
  let low = Infinity;
  let high = -Infinity;
  for (const bin of bins) {
    if (bin < low) low = bin;
    if (bin > high) high = bin;
  }
  return low <= high ? [low, high] : [0, -1];
}
