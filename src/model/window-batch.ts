import { BatchReader } from './batch-reader.js';
import { BatchWriter } from './batch-writer.js';
import { type Bucket, mergeBucket } from './bucket.js';
import { Kind } from './kind.js';
import { Texts } from './texts.js';
import { Triples } from './triples.js';

/** Buckets that are read, or added, from one point where others get their turn to the next: a fraction of a ms. */
const BUCKETS_AT_ONCE = 256;

/** How many kinds of buckets there are. */
const KINDS = Object.keys(Kind).length;

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
    } else if (bucket.kind === Kind.unique) {
      writer.cardinality(bucket.cardinality, writeTexts);
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
 * in the same order, a limit or not: of two limits, the lower one gives the first of what the higher one gives.
 */
export class WindowBuckets {
  private readonly texts = new Texts();
  private readonly series = new Triples();
  private readonly buckets: Bucket[] = [];

  /** @param sizeMax most different buckets that it takes: the first that come */
  constructor(private readonly sizeMax = Infinity) {}

  /** How many different buckets there are. */
  get size(): number {
    return this.buckets.length;
  }

  /** The buckets in order of first arrival. */
  [Symbol.iterator](): IterableIterator<Bucket> {
    return this.buckets.values();
  }

  /**
   * Adds all buckets of an encoded batch, or none of them if it cannot be read. It yields now and then.
   *
   * @param drop gets each that would be one too many: it is not taken, and nothing is kept of it
   * @throws UnknownBatchVersionError, CorruptBatchError
   */
  *addBatch(bytes: Uint8Array, drop: (bucket: Bucket) => void = () => undefined): Generator<void, void, void> {
    const reader = new BatchReader(bytes);
    const buckets: Bucket[] = [];
    // Of each bucket, where its three texts are in the batch.
    const indexes: number[] = [];
    while (!reader.atEnd) {
      buckets.push(reader.bucket());
      indexes.push(reader.nameIndex, reader.sourceIndex, reader.unitIndex);
      if (buckets.length % BUCKETS_AT_ONCE === 0) yield;
    }
    const numberOf = this.numbering(reader.texts);
    for (let i = 0; i < buckets.length; i++) {
      const bucket = buckets[i]!;
      const [name, source, unit] = [
        numberOf(indexes[3 * i]!),
        numberOf(indexes[3 * i + 1]!),
        numberOf(indexes[3 * i + 2]!),
      ];
      if (!this.take(bucket, name, source, unit)) drop(bucket);
      if (i % BUCKETS_AT_ONCE === 0) yield;
    }
  }

  /** From where a text is in a batch to its number in this window; -1 for one that no bucket here has or can have. */
  private numbering(texts: readonly string[]): (index: number) => number {
    const numbers = new Int32Array(texts.length).fill(-1);
    return (index) => {
      const held = numbers[index]!;
      if (held >= 0) return held;
      const text = texts[index]!;
      return (numbers[index] = this.isFull ? this.texts.find(text) : this.texts.numberOf(text));
    };
  }

  private take(bucket: Bucket, name: number, source: number, unit: number): boolean {
    const unitAndKind = KINDS * unit + bucket.kind;
    const { buckets, series } = this;
    const number = this.isFull ? series.find(name, source, unitAndKind) : series.numberOf(name, source, unitAndKind);
    if (number < 0) return false;
    if (number < buckets.length) mergeBucket(buckets[number]!, bucket);
    else buckets.push(bucket);
    return true;
  }

  private get isFull(): boolean {
    return this.buckets.length >= this.sizeMax;
  }
}
