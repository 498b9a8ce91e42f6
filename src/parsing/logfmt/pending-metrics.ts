import type { Kind } from '../../model/kind.js';

const INITIAL_SIZE = 64;
/** Arrays that one line made larger than this are given back before the next body. */
const KEPT_SIZE = 1 << 12;

/** The metrics of one line, column by column. They wait here for its end: its source may come last and applies to all. */
export class PendingMetrics {
  count = 0;
  kinds = new Uint8Array(INITIAL_SIZE);
  /** Interned. */
  names = new Int32Array(INITIAL_SIZE);
  /** Interned. */
  units = new Int32Array(INITIAL_SIZE);
  values = new Float64Array(INITIAL_SIZE);
  /** Where the key begins in the body. */
  offsets = new Int32Array(INITIAL_SIZE);

  /** Before each body. */
  begin(): void {
    this.count = 0;
    if (this.values.length > KEPT_SIZE) this.resize(INITIAL_SIZE);
  }

  push(kind: Kind, name: number, unit: number, value: number, offset: number): void {
    const place = this.add(kind, name, unit, offset);
    this.values[place] = value;
  }

  /** Adds one whose value is still to be written, to {@link values}. @returns its place */
  add(kind: Kind, name: number, unit: number, offset: number): number {
    if (this.count === this.values.length) this.resize(this.count * 2);
    const i = this.count++;
    this.kinds[i] = kind;
    this.names[i] = name;
    this.units[i] = unit;
    this.offsets[i] = offset;
    return i;
  }

  private resize(size: number): void {
    const { kinds, names, units, values, offsets, count } = this;
    this.kinds = new Uint8Array(size);
    this.names = new Int32Array(size);
    this.units = new Int32Array(size);
    this.values = new Float64Array(size);
    this.offsets = new Int32Array(size);
    this.kinds.set(kinds.subarray(0, count));
    this.names.set(names.subarray(0, count));
    this.units.set(units.subarray(0, count));
    this.values.set(values.subarray(0, count));
    this.offsets.set(offsets.subarray(0, count));
  }
}
