import { BATCH_VERSION, IS_SKETCH, SEEN_NEGATIVE } from './batch-format.js';
import { type Cardinality, REGISTERS } from './cardinality.js';
import type { Distribution } from './distribution.js';
import { Kind } from './kind.js';
import { sorted } from './sketch.js';

/** Writes one batch after another into a buffer of its own; {@link finish} copies the bytes out. */
export class BatchWriter {
  private bytes = new Uint8Array(4096);
  private view = new DataView(this.bytes.buffer);
  private at = 0;
  private texts = 1;

  /** Begins a new batch. */
  begin(): void {
    if (this.bytes.length > 1 << 20) {
      // One huge batch must not pin its buffer for good.
      this.bytes = new Uint8Array(4096);
      this.view = new DataView(this.bytes.buffer);
    }
    this.bytes[0] = BATCH_VERSION;
    this.at = 1;
    this.texts = 1;
  }

  /** The batch's bytes so far, as a copy. */
  finish(): Uint8Array {
    return this.bytes.slice(0, this.at);
  }

  /** Opens the record of a counter. The name, source and unit must follow (by {@link text} or {@link known}), then its sum. */
  countHead(negative: boolean): void {
    this.byte(Kind.count | (negative ? SEEN_NEGATIVE : 0));
  }

  /** Opens the record of a sample. Texts follow, then its value and its time. */
  sampleHead(): void {
    this.byte(Kind.sample);
  }

  /** Opens the record of a measurement with exact values. Texts follow, then n and n values. */
  measureHead(): void {
    this.byte(Kind.measure);
  }

  /** Writes a text that this batch has not had yet: `from[start..end)`. Returns the index for {@link known}. */
  text(from: Uint8Array, start: number, end: number): number {
    if (start === end) {
      this.known(0);
      return 0;
    }
    this.byte(0);
    this.whole(end - start);
    this.room(end - start);
    if (end - start < 24) for (let i = start; i < end; i++) this.bytes[this.at++] = from[i]!;
    else {
      this.bytes.set(from.subarray(start, end), this.at);
      this.at += end - start;
    }
    return this.texts++;
  }

  /** Writes a text that this batch has had. Index 0 is the empty one. */
  known(index: number): void {
    this.whole(index + 1);
  }

  /** Writes a whole number from 0 up to 2⁵³ − 1. */
  whole(value: number): void {
    this.room(8);
    while (value >= 0x80) {
      this.bytes[this.at++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    this.bytes[this.at++] = value;
  }

  float(value: number): void {
    this.room(8);
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  /** Writes a distribution's record, whichever form it has; `writeTexts` is called after the head. */
  distribution(distribution: Distribution, writeTexts: () => void): void {
    const { sketch } = distribution;
    this.byte(Kind.measure | (sketch ? IS_SKETCH : 0));
    writeTexts();
    this.whole(distribution.count);
    if (!sketch) {
      for (const value of distribution.exactValues()!) this.float(value);
      return;
    }
    this.float(distribution.sum);
    this.float(distribution.min);
    this.float(distribution.max);
    this.whole(sketch.zero);
    this.bins(sketch.positive);
    this.bins(sketch.negative);
  }

  /** Writes the record of a set of strings, whichever form it has; `writeTexts` is called after the head. */
  cardinality(cardinality: Cardinality, writeTexts: () => void): void {
    const hashes = cardinality.exactHashes();
    this.byte(Kind.unique | (hashes ? 0 : IS_SKETCH));
    writeTexts();
    if (hashes) {
      this.whole(hashes.size);
      for (const hash of hashes) this.float(hash);
      return;
    }
    this.room(REGISTERS);
    this.bytes.set(cardinality.registers!, this.at);
    this.at += REGISTERS;
  }

  private bins(bins: ReadonlyMap<number, number>): void {
    this.whole(bins.size);
    let previous = 0;
    for (const [bin, count] of sorted(bins)) {
      const delta = bin - previous;
      this.whole(delta < 0 ? -2 * delta - 1 : 2 * delta);
      this.whole(count);
      previous = bin;
    }
  }

  private byte(value: number): void {
    this.room(1);
    this.bytes[this.at++] = value;
  }

  private room(more: number): void {
    if (this.at + more <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.at + more));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}
