import { isLaterSample } from '../../model/bucket.js';
import { Kind } from '../../model/kind.js';
import type { PendingMetrics } from '../logfmt/pending-metrics.js';
import type { OpenWindow } from './window-table.js';

const INITIAL_SLOTS = 1 << 9;
const INITIAL_VALUES = 1 << 11;

/** Tables that a body made larger than this are given back before the next. */
const KEPT_SLOTS = 1 << 16;
const KEPT_VALUES = 1 << 18;

/** Fields of a slot in {@link Register.slots}. */
export const SLOT = { hash: 0, kind: 1, name: 2, source: 3, unit: 4, window: 5, next: 6, count: 7, width: 8 } as const;
const {
  hash: HASH,
  kind: KIND,
  name: NAME,
  source: SOURCE,
  unit: UNIT,
  window: WINDOW,
  next: NEXT,
  count: COUNT,
} = SLOT;
const WIDTH = SLOT.width;

/** The buckets of one body, as a register leaves them. */
export interface Buckets {
  /** {@link SLOT} fields of slot s from s · SLOT.width on. `count`: how many values, or 1 for a negative counter. */
  readonly slots: Int32Array;
  /** A counter's sum, or a sample's value. */
  readonly numbers: Float64Array;
  /** A sample's time in µs. */
  readonly times: Float64Array;
  readonly slotCount: number;
  /** Slot and value of each `measure#`, and hash of each `unique#`, in order of arrival. */
  readonly valueSlots: Int32Array;
  readonly values: Float64Array;
  readonly valueCount: number;
}

/**
 * The buckets of one body. A slot is one kind, name, source and unit (all as interned numbers) in one window; the slots of a
 * window form a chain in order of first arrival. Values of measurements (and hashes) go to one log that the encoder sorts by slot.
 */
export class Register implements Buckets {
  slots = new Int32Array(INITIAL_SLOTS * WIDTH);
  numbers = new Float64Array(INITIAL_SLOTS);
  times = new Float64Array(INITIAL_SLOTS);
  slotCount = 0;
  valueSlots = new Int32Array(INITIAL_VALUES);
  values = new Float64Array(INITIAL_VALUES);
  valueCount = 0;
  /** How many measurements there are of each kind. */
  byKind: Record<Kind, number> = [0, 0, 0, 0];

  /** Open addressing, at most half full; holds slot + 1. */
  private table = new Int32Array(INITIAL_SLOTS * 2);
  private readonly multiplier: number;

  constructor(private readonly seed: number) {
    this.multiplier = Math.imul(seed, 0x85ebca6b) | 1;
  }

  /** Forgets all buckets. */
  begin(): void {
    if (this.numbers.length > KEPT_SLOTS) {
      this.slots = new Int32Array(INITIAL_SLOTS * WIDTH);
      this.numbers = new Float64Array(INITIAL_SLOTS);
      this.times = new Float64Array(INITIAL_SLOTS);
      this.table = new Int32Array(INITIAL_SLOTS * 2);
    } else if (this.slotCount > 0) {
      this.table.fill(0);
    }
    if (this.values.length > KEPT_VALUES) {
      this.valueSlots = new Int32Array(INITIAL_VALUES);
      this.values = new Float64Array(INITIAL_VALUES);
    }
    this.slotCount = 0;
    this.valueCount = 0;
    this.byKind = [0, 0, 0, 0];
  }

  /** Adds all metrics of a line. @param source interned @param atUs the line's time, µs since the epoch */
  addLine(metrics: PendingMetrics, source: number, window: OpenWindow, atUs: number): void {
    const { kinds, names, units, values, count } = metrics;
    window.measurements += count;
    for (let i = 0; i < count; i++) {
      const kind = kinds[i] as Kind;
      this.byKind[kind]++;
      this.add(kind, this.slot(kind, names[i]!, source, units[i]!, window), values[i]!, atUs);
    }
  }

  /** The slot of these, made if need be. */
  private slot(kind: Kind, name: number, source: number, unit: number, window: OpenWindow): number {
    const hash = this.hash(kind, name, source, unit, window.index);
    const { table, slots } = this;
    const mask = table.length - 1;
    let place = hash & mask;
    for (let held = table[place]!; held !== 0; held = table[place]!) {
      const at = (held - 1) * WIDTH;
      if (
        slots[at + HASH] === hash &&
        slots[at + NAME] === name &&
        slots[at + SOURCE] === source &&
        slots[at + UNIT] === unit &&
        slots[at + KIND] === kind &&
        slots[at + WINDOW] === window.index
      ) {
        return held - 1;
      }
      place = (place + 1) & mask;
    }
    return this.addSlot(hash, kind, name, source, unit, window);
  }

  private add(kind: Kind, slot: number, value: number, atUs: number): void {
    if (kind === Kind.measure || kind === Kind.unique) {
      if (this.valueCount === this.values.length) this.growValues();
      this.valueSlots[this.valueCount] = slot;
      this.values[this.valueCount++] = value;
      this.slots[slot * WIDTH + COUNT]!++;
    } else if (kind === Kind.count) {
      this.numbers[slot]! += value;
      if (value < 0) this.slots[slot * WIDTH + COUNT] = 1;
    } else if (isLaterSample(atUs, value, this.times[slot]!, this.numbers[slot]!)) {
      this.numbers[slot] = value;
      this.times[slot] = atUs;
    }
  }

  private hash(kind: Kind, name: number, source: number, unit: number, window: number): number {
    const { multiplier } = this;
    let hash = Math.imul(this.seed ^ ((name << 2) | kind), multiplier);
    hash = Math.imul(hash ^ (hash >>> 15) ^ source, multiplier);
    hash = Math.imul(hash ^ (hash >>> 15) ^ ((window << 8) + unit), multiplier);
    return hash ^ (hash >>> 15);
  }

  private addSlot(hash: number, kind: Kind, name: number, source: number, unit: number, window: OpenWindow): number {
    if (this.slotCount === this.numbers.length) this.growSlots();
    const slot = this.slotCount++;
    const { slots } = this;
    const at = slot * WIDTH;
    slots[at + HASH] = hash;
    slots[at + KIND] = kind;
    slots[at + NAME] = name;
    slots[at + SOURCE] = source;
    slots[at + UNIT] = unit;
    slots[at + WINDOW] = window.index;
    slots[at + NEXT] = -1;
    slots[at + COUNT] = 0;
    this.numbers[slot] = 0;
    this.times[slot] = -Infinity;
    if (window.lastSlot < 0) window.firstSlot = slot;
    else slots[window.lastSlot * WIDTH + NEXT] = slot;
    window.lastSlot = slot;
    this.place(slot);
    return slot;
  }

  private place(slot: number): void {
    const { table } = this;
    const mask = table.length - 1;
    let place = this.slots[slot * WIDTH + HASH]! & mask;
    while (table[place] !== 0) place = (place + 1) & mask;
    table[place] = slot + 1;
  }

  private growSlots(): void {
    const size = this.numbers.length * 2;
    this.slots = grown(this.slots, new Int32Array(size * WIDTH));
    this.numbers = grown(this.numbers, new Float64Array(size));
    this.times = grown(this.times, new Float64Array(size));
    this.table = new Int32Array(size * 2);
    for (let slot = 0; slot < this.slotCount; slot++) this.place(slot);
  }

  private growValues(): void {
    const size = this.values.length * 2;
    this.valueSlots = grown(this.valueSlots, new Int32Array(size));
    this.values = grown(this.values, new Float64Array(size));
  }
}

function grown<T extends Int32Array | Float64Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
