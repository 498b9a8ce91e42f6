import { select } from './select.js';
import { Sketch } from './sketch.js';

/**
 * Up to so many values a bucket and window are kept as they are, 64 KiB of them; with more, only a {@link Sketch}.
 * Part of the storage format: receivers and outlets must agree on it, so it is no setting.
 */
export const EXACT_VALUES_MAX = 8192;

/**
 * The values of one measurement in one window. Holds the values themselves while there are at most
 * {@link EXACT_VALUES_MAX}, past that a sketch. Which of the two depends on the count alone, so any grouping and order
 * of merging ends in the same count, min, max and multiset of values or sketch bins; sums agree within n·2⁻⁵²·Σ|x|.
 */
export class Distribution {
  count = 0;
  sum = 0;
  min = Infinity;
  max = -Infinity;
  /** The values in no particular order, valid up to {@link count}; undefined while there is at most one, and beside a sketch. */
  private values: Float64Array | undefined;
  /** The bins, once there are more than {@link EXACT_VALUES_MAX} values. */
  sketch: Sketch | undefined;

  /** Adds one finite value. */
  add(value: number): void {
    if (this.sketch) this.sketch.add(value);
    else if (this.count > 0) this.hold(1)[this.count] = value;
    this.count++;
    this.sum += value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    this.spill();
  }

  /** Adds `n` finite values, little-endian doubles from `at` on. */
  addAll(bytes: DataView, at: number, n: number): void {
    for (let i = 0; i < n; i++) this.add(bytes.getFloat64(at + 8 * i, true));
  }

  /** Adds all values of `other`, which stays as it is. */
  merge(other: Distribution): void {
    if (other.count === 0) return;
    if (other.sketch) {
      this.toSketch().merge(other.sketch);
    } else {
      const theirs = other.exactValues()!;
      if (this.sketch) this.sketch.addAll(theirs);
      else if (this.count + other.count > 1) this.hold(theirs.length).set(theirs, this.count);
    }
    this.count += other.count;
    this.sum += other.sum;
    if (other.min < this.min) this.min = other.min;
    if (other.max > this.max) this.max = other.max;
    this.spill();
  }

  /** The exact values, unordered, as a view; undefined when there are too many to have been kept. */
  exactValues(): Float64Array | undefined {
    if (this.sketch) return undefined;
    return this.values?.subarray(0, this.count) ?? new Float64Array(this.count).fill(this.min);
  }

  /**
   * The value at index floor(n·q) of the sorted values, as in the Go program; from a sketch, within 0.55 % of it and
   * never outside [min, max]. Reorders the held values.
   *
   * @param q from 0 to below 1
   */
  quantile(q: number): number {
    const rank = Math.min(this.count - 1, Math.floor(this.count * q));
    if (this.sketch) return Math.min(this.max, Math.max(this.min, this.sketch.at(rank)));
    return this.values ? select(this.values, rank, 0, this.count - 1) : this.min;
  }

  /** A distribution with a sketch in it, as read from a batch. */
  static ofSketch(sketch: Sketch, totals: { count: number; sum: number; min: number; max: number }): Distribution {
    const distribution = new Distribution();
    Object.assign(distribution, totals);
    distribution.sketch = sketch;
    return distribution;
  }

  /** Room for `more` values behind those held. */
  private hold(more: number): Float64Array {
    const need = this.count + more;
    const held = this.values;
    if (held && held.length >= need) return held;
    const grown = new Float64Array(Math.max(4, need, held ? held.length * 2 : 0));
    if (held) grown.set(held.subarray(0, this.count));
    else grown[0] = this.min;
    return (this.values = grown);
  }

  private spill(): void {
    if (!this.sketch && this.count > EXACT_VALUES_MAX) this.toSketch();
  }

  private toSketch(): Sketch {
    if (this.sketch) return this.sketch;
    const sketch = new Sketch();
    sketch.addAll(this.exactValues()!);
    this.values = undefined;
    return (this.sketch = sketch);
  }
}
