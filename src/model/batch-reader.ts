import { BATCH_VERSION, IS_SKETCH, SEEN_NEGATIVE } from './batch-format.js';
import type { Bucket } from './bucket.js';
import { ByteReader } from './byte-reader.js';
import { Cardinality, RANK_MAX, REGISTERS } from './cardinality.js';
import { Distribution, EXACT_VALUES_MAX } from './distribution.js';
import { Kind } from './kind.js';
import { Sketch } from './sketch.js';

/** The batch was written by a release that this one does not know: leave its window as it is, for later. */
export class UnknownBatchVersionError extends Error {
  readonly code = 'L2MET_MODEL_BATCH_VERSION';
  constructor(version: number) {
    super(`batch version ${version} is not known here (this release reads ${BATCH_VERSION}): finish the upgrade`);
  }
}

/** The batch's bytes do not follow the format; they were damaged or written by something else. */
export class CorruptBatchError extends Error {
  readonly code = 'L2MET_MODEL_BATCH_CORRUPT';
  constructor(at: number) {
    super(`batch cannot be read from byte ${at} on`);
  }
}

/**
 * Decodes a batch.
 *
 * @throws UnknownBatchVersionError, CorruptBatchError
 */
export function decodeBatch(bytes: Uint8Array): Bucket[] {
  const reader = new BatchReader(bytes);
  const buckets: Bucket[] = [];
  while (!reader.atEnd) buckets.push(reader.bucket());
  return buckets;
}

/** Reads the buckets of a batch one by one. Whether the rest can be read shows when it comes to it. */
export class BatchReader extends ByteReader {
  /** Where among {@link texts} those of the last bucket are. */
  nameIndex = 0;
  sourceIndex = 0;
  unitIndex = 0;

  /** @throws UnknownBatchVersionError, CorruptBatchError */
  constructor(bytes: Uint8Array) {
    const version = bytes[0];
    if (version === undefined) throw new CorruptBatchError(0);
    if (version !== BATCH_VERSION) throw new UnknownBatchVersionError(version);
    super(bytes);
  }

  /** @throws CorruptBatchError */
  bucket(): Bucket {
    const head = this.bytes[this.at++]!;
    const kind = head & 0x0f;
    const name = this.texts[(this.nameIndex = this.textIndex())]!;
    const source = this.texts[(this.sourceIndex = this.textIndex())]!;
    const unit = this.texts[(this.unitIndex = this.textIndex())]!;
    if (kind === Kind.count) {
      return { kind, name, source, unit, sum: this.float(), negative: (head & SEEN_NEGATIVE) !== 0 };
    }
    if (kind === Kind.sample) return { kind, name, source, unit, value: this.float(), atUs: this.float() };
    const isSketch = (head & IS_SKETCH) !== 0;
    if (kind === Kind.unique) {
      return { kind, name, source, unit, cardinality: isSketch ? this.registers() : this.hashes() };
    }
    if (kind !== Kind.measure) throw this.corrupt();
    const distribution = isSketch ? this.sketch() : this.values();
    return { kind, name, source, unit, distribution };
  }

  private values(): Distribution {
    const distribution = new Distribution();
    const n = this.whole();
    this.need(8 * n);
    distribution.addAll(this.view, this.at, n);
    this.at += 8 * n;
    return distribution;
  }

  private sketch(): Distribution {
    const count = this.whole();
    if (count <= EXACT_VALUES_MAX) throw this.corrupt();
    const totals = { count, sum: this.float(), min: this.float(), max: this.float() };
    const sketch = new Sketch();
    sketch.zero = this.whole();
    this.bins(sketch.positive);
    this.bins(sketch.negative);
    return Distribution.ofSketch(sketch, totals);
  }

  private bins(into: Map<number, number>): void {
    let bin = 0;
    for (let n = this.whole(); n > 0; n--) {
      const zigzag = this.whole();
      bin += zigzag % 2 === 1 ? -(zigzag + 1) / 2 : zigzag / 2;
      into.set(bin, this.whole());
    }
  }

  private hashes(): Cardinality {
    const cardinality = new Cardinality();
    const n = this.whole();
    this.need(8 * n);
    for (let i = 0; i < n; i++, this.at += 8) cardinality.add(this.hash());
    return cardinality;
  }

  private hash(): number {
    const hash = this.view.getFloat64(this.at, true);
    if (!Number.isSafeInteger(hash) || hash < 0) throw this.corrupt();
    return hash;
  }

  private registers(): Cardinality {
    this.need(REGISTERS);
    const registers = this.bytes.slice(this.at, this.at + REGISTERS);
    if (registers.some((rank) => rank > RANK_MAX)) throw this.corrupt();
    this.at += REGISTERS;
    return Cardinality.ofRegisters(registers);
  }

  protected corrupt(): CorruptBatchError {
    return new CorruptBatchError(this.at);
  }
}
