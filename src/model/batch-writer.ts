import { BATCH_VERSION, IS_SKETCH, SEEN_NEGATIVE } from './batch-format.js';
import { ByteWriter } from './byte-writer.js';
import type { Cardinality } from './cardinality.js';
import type { Distribution } from './distribution.js';
import { Kind } from './kind.js';
import { sorted } from './sketch.js';

/** Writes one batch after another. Of a record, its head comes first, then its name, source and unit, then the rest. */
export class BatchWriter extends ByteWriter {
  constructor() {
    super(BATCH_VERSION);
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
    this.raw(cardinality.registers!);
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
}
