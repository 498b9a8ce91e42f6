import { Cardinality } from '../../model/cardinality.js';
import { Distribution, EXACT_VALUES_MAX } from '../../model/distribution.js';
import { Kind } from '../../model/kind.js';
import { BatchWriter } from '../../model/batch-writer.js';
import { BatchTexts } from './batch-texts.js';
import type { Texts } from './interner.js';
import type { ParsedWindow } from '../parsed-drain.js';
import { type Buckets, SLOT } from './register.js';
import type { OpenWindow, WindowTable } from './window-table.js';

const KEPT_VALUES = 1 << 18;

/** Turns a body's buckets into one encoded batch a window. */
export class WindowEncoder {
  private readonly writer = new BatchWriter();
  private readonly names: BatchTexts;
  private readonly sources: BatchTexts;
  private readonly units: BatchTexts;
  /** The register's values, those of a slot side by side, in order of arrival. */
  private values = new Float64Array(0);
  /** Where the values of a slot end. */
  private valueEnds = new Int32Array(0);

  constructor(
    private readonly register: Buckets,
    names: Texts,
    sources: Texts,
    units: Texts,
  ) {
    this.names = new BatchTexts(names);
    this.sources = new BatchTexts(sources);
    this.units = new BatchTexts(units);
  }

  /** Encodes all windows, ascending by start. @param namePrefix, sourcePrefix with their dots */
  encode(windows: Pick<WindowTable, 'ascending'>, namePrefix: Uint8Array, sourcePrefix: Uint8Array): ParsedWindow[] {
    this.names.beginBody(namePrefix);
    this.sources.beginBody(sourcePrefix);
    this.units.beginBody(new Uint8Array(0));
    this.sortValues();
    return windows.ascending().map((window) => this.encodeWindow(window));
  }

  /** A counting sort by slot. */
  private sortValues(): void {
    const { slots, slotCount, valueSlots, valueCount } = this.register;
    if (this.valueEnds.length < slotCount || this.valueEnds.length > KEPT_VALUES) {
      this.valueEnds = new Int32Array(slotCount * 2);
    }
    if (this.values.length < valueCount || this.values.length > KEPT_VALUES) {
      this.values = new Float64Array(valueCount * 2);
    }
    const { values, valueEnds } = this;
    let end = 0;
    for (let slot = 0; slot < slotCount; slot++) {
      valueEnds[slot] = end;
      const kind = slots[slot * SLOT.width + SLOT.kind];
      if (kind === Kind.measure || kind === Kind.unique) end += slots[slot * SLOT.width + SLOT.count]!;
    }
    const unsorted = this.register.values;
    for (let i = 0; i < valueCount; i++) values[valueEnds[valueSlots[i]!]!++] = unsorted[i]!;
  }

  private encodeWindow(window: OpenWindow): ParsedWindow {
    this.writer.begin();
    this.names.beginBatch();
    this.sources.beginBatch();
    this.units.beginBatch();
    const { slots } = this.register;
    for (let slot = window.firstSlot; slot >= 0; slot = slots[slot * SLOT.width + SLOT.next]!) this.encodeSlot(slot);
    return { startSeconds: window.startSeconds, bytes: this.writer.finish(), measurements: window.measurements };
  }

  private encodeSlot(slot: number): void {
    const { writer, register } = this;
    const kind = register.slots[slot * SLOT.width + SLOT.kind];
    const count = register.slots[slot * SLOT.width + SLOT.count]!;
    if (kind === Kind.count) {
      writer.countHead(count === 1);
      this.writeTexts(slot);
      writer.float(register.numbers[slot]!);
    } else if (kind === Kind.sample) {
      writer.sampleHead();
      this.writeTexts(slot);
      writer.float(register.numbers[slot]!);
      writer.float(register.times[slot]!);
    } else if (kind === Kind.unique) {
      this.encodeUnique(slot, count);
    } else {
      const end = this.valueEnds[slot]!;
      if (count > EXACT_VALUES_MAX) return this.encodeSketch(slot, end - count, end);
      writer.measureHead();
      this.writeTexts(slot);
      writer.whole(count);
      for (let i = end - count; i < end; i++) writer.float(this.values[i]!);
    }
  }

  private encodeSketch(slot: number, at: number, end: number): void {
    const distribution = new Distribution();
    for (let i = at; i < end; i++) distribution.add(this.values[i]!);
    this.writer.distribution(distribution, () => this.writeTexts(slot));
  }

  private encodeUnique(slot: number, count: number): void {
    const cardinality = new Cardinality();
    const end = this.valueEnds[slot]!;
    for (let i = end - count; i < end; i++) cardinality.add(this.values[i]!);
    this.writer.cardinality(cardinality, () => this.writeTexts(slot));
  }

  private writeTexts(slot: number): void {
    const { slots } = this.register;
    this.names.write(this.writer, slots[slot * SLOT.width + SLOT.name]!);
    this.sources.write(this.writer, slots[slot * SLOT.width + SLOT.source]!);
    this.units.write(this.writer, slots[slot * SLOT.width + SLOT.unit]!);
  }
}
