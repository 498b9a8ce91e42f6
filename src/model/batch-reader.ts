import { BATCH_VERSION, IS_SKETCH, SEEN_NEGATIVE } from './batch-format.js';
import type { Bucket } from './bucket.js';
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

// Without ignoreBOM it would drop U+FEFF at the start of a text, and so make one name of two.
const utf8Decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The text of bytes; most are ASCII, which is had faster. */
function textOf(bytes: Buffer, from: number, to: number): string {
  for (let at = from; at < to; at++) {
    if (bytes[at]! >= 0x80) return utf8Decoder.decode(bytes.subarray(from, to));
  }
  return bytes.toString('latin1', from, to);
}

/** Reads the buckets of a batch one by one. Whether the rest can be read shows when it comes to it. */
export class BatchReader {
  /** The batch's texts so far, by the indexes that its records use. */
  readonly texts: string[] = [''];
  /** Where among {@link texts} those of the last bucket are. */
  nameIndex = 0;
  sourceIndex = 0;
  unitIndex = 0;

  private readonly bytes: Buffer;
  private readonly view: DataView;
  private at = 1;

  /** @throws UnknownBatchVersionError, CorruptBatchError */
  constructor(bytes: Uint8Array) {
    const version = bytes[0];
    if (version === undefined) throw new CorruptBatchError(0);
    if (version !== BATCH_VERSION) throw new UnknownBatchVersionError(version);
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.at >= this.bytes.length;
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
    if (kind !== Kind.measure) throw new CorruptBatchError(this.at);
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
    if (count <= EXACT_VALUES_MAX) throw new CorruptBatchError(this.at);
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
    if (!Number.isSafeInteger(hash) || hash < 0) throw new CorruptBatchError(this.at);
    return hash;
  }

  private registers(): Cardinality {
    this.need(REGISTERS);
    const registers = this.bytes.slice(this.at, this.at + REGISTERS);
    if (registers.some((rank) => rank > RANK_MAX)) throw new CorruptBatchError(this.at);
    this.at += REGISTERS;
    return Cardinality.ofRegisters(registers);
  }

  private textIndex(): number {
    const reference = this.whole();
    if (reference > 0) {
      if (reference > this.texts.length) throw new CorruptBatchError(this.at);
      return reference - 1;
    }
    const length = this.whole();
    this.need(length);
    this.texts.push(textOf(this.bytes, this.at, this.at + length));
    this.at += length;
    return this.texts.length - 1;
  }

  private whole(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.bytes[this.at++];
      if (byte === undefined || scale > 2 ** 49) throw new CorruptBatchError(this.at);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  private float(): number {
    this.need(8);
    const value = this.view.getFloat64(this.at, true);
    this.at += 8;
    return value;
  }

  private need(bytes: number): void {
    if (this.at + bytes > this.bytes.length) throw new CorruptBatchError(this.at);
  }
}
