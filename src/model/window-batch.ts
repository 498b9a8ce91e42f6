import { type Bucket, bucketKey, mergeBucket } from './bucket.js';
import { Distribution, EXACT_VALUES_MAX } from './distribution.js';
import { Kind } from './kind.js';
import { Sketch, sorted } from './sketch.js';

/**
 * The encoding of a WindowBatch: the buckets of one request for one window, as the store keeps it.
 *
 *     batch    = version:u8 record*
 *     record   = head:u8 name:text source:text unit:text payload
 *     head     = kind (low 4 bits) | 0x10 a negative count was seen | 0x20 the distribution is a sketch
 *     text     = 0 length bytes       a string not met before in this batch; it gets the next index, from 1
 *              | index + 1            one met before; index 0 is the empty string
 *     payload  = count: sum:f64 | sample: value:f64 atUs:f64
 *              | measure: n value:f64*n
 *              | measure, sketch: n sum:f64 min:f64 max:f64 zero bins(positive) bins(negative)
 *     bins     = n (delta of bin, zigzag; count)*n
 *
 * Whole numbers are LEB128, f64 is little-endian, text is UTF-8 (what is not valid is read as U+FFFD).
 */
export const BATCH_VERSION = 1;

const SEEN_NEGATIVE = 0x10;
const IS_SKETCH = 0x20;

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

/** Encodes buckets as one batch. */
export function encodeBatch(buckets: Iterable<Bucket>): Uint8Array {
  const writer = new BatchWriter();
  const indexes = new Map<string, number>();
  const utf8 = new TextEncoder();
  const write = (text: string): void => {
    const index = indexes.get(text);
    if (index !== undefined) return writer.known(index);
    const bytes = utf8.encode(text);
    indexes.set(text, writer.text(bytes, 0, bytes.length));
  };
  writer.begin();
  for (const bucket of buckets) {
    const writeTexts = (): void => {
      write(bucket.name);
      write(bucket.source);
      write(bucket.unit);
    };
    if (bucket.kind === Kind.measure) {
      writer.distribution(bucket.distribution, writeTexts);
    } else if (bucket.kind === Kind.count) {
      writer.countHead(bucket.negative);
      writeTexts();
      writer.float(bucket.sum);
    } else {
      writer.sampleHead();
      writeTexts();
      writer.float(bucket.value);
      writer.float(bucket.atUs);
    }
  }
  return writer.finish();
}

/**
 * The buckets of a window, in order of first arrival. Reading the same batches in the same order gives the same buckets
 * in the same order.
 */
export class WindowBuckets {
  private readonly byKey = new Map<string, Bucket>();

  /** How many different buckets there are. */
  get size(): number {
    return this.byKey.size;
  }

  /** The buckets in order of first arrival. */
  [Symbol.iterator](): IterableIterator<Bucket> {
    return this.byKey.values();
  }

  /** Adds a bucket, which from then on belongs to this window. */
  add(bucket: Bucket): void {
    const key = bucketKey(bucket.kind, bucket.name, bucket.source, bucket.unit);
    const held = this.byKey.get(key);
    if (held) mergeBucket(held, bucket);
    else this.byKey.set(key, bucket);
  }

  /**
   * Adds all buckets of an encoded batch, or none of them.
   *
   * @throws UnknownBatchVersionError, CorruptBatchError
   */
  addBatch(bytes: Uint8Array): void {
    for (const bucket of decodeBatch(bytes)) this.add(bucket);
  }
}

/**
 * Decodes a batch.
 *
 * @throws UnknownBatchVersionError, CorruptBatchError
 */
export function decodeBatch(bytes: Uint8Array): Bucket[] {
  const version = bytes[0];
  if (version === undefined) throw new CorruptBatchError(0);
  if (version !== BATCH_VERSION) throw new UnknownBatchVersionError(version);
  const reader = new BatchReader(bytes);
  const buckets: Bucket[] = [];
  while (!reader.atEnd) buckets.push(reader.bucket());
  return buckets;
}

// Without ignoreBOM it would drop U+FEFF at the start of a text, and so make one name of two.
const utf8Decoder = new TextDecoder('utf-8', { ignoreBOM: true });

class BatchReader {
  private readonly view: DataView;
  private readonly texts: string[] = [''];
  private at = 1;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  bucket(): Bucket {
    const head = this.bytes[this.at++]!;
    const kind = head & 0x0f;
    const name = this.text();
    const source = this.text();
    const unit = this.text();
    if (kind === Kind.count) {
      return { kind, name, source, unit, sum: this.float(), negative: (head & SEEN_NEGATIVE) !== 0 };
    }
    if (kind === Kind.sample) return { kind, name, source, unit, value: this.float(), atUs: this.float() };
    if (kind !== Kind.measure) throw new CorruptBatchError(this.at);
    const distribution = head & IS_SKETCH ? this.sketch() : this.values();
    return { kind, name, source, unit, distribution };
  }

  private values(): Distribution {
    const distribution = new Distribution();
    const n = this.whole();
    this.need(8 * n);
    for (let i = 0; i < n; i++, this.at += 8) distribution.add(this.view.getFloat64(this.at, true));
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

  private text(): string {
    const reference = this.whole();
    if (reference > 0) {
      const known = this.texts[reference - 1];
      if (known === undefined) throw new CorruptBatchError(this.at);
      return known;
    }
    const length = this.whole();
    this.need(length);
    const text = utf8Decoder.decode(this.bytes.subarray(this.at, this.at + length));
    this.at += length;
    this.texts.push(text);
    return text;
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
