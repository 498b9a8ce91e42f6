import { decodeBatch } from './batch-reader.js';
import { BatchWriter } from './batch-writer.js';
import { type Bucket, bucketKey, mergeBucket } from './bucket.js';
import { Kind } from './kind.js';

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
  private readonly byKey = new Map<string, Bucket>();

  /** @param sizeMax most different buckets that it takes: the first that come */
  constructor(private readonly sizeMax = Infinity) {}

  /** How many different buckets there are. */
  get size(): number {
    return this.byKey.size;
  }

  /** The buckets in order of first arrival. */
  [Symbol.iterator](): IterableIterator<Bucket> {
    return this.byKey.values();
  }

  /**
   * Adds a bucket, which from then on belongs to this window.
   *
   * @returns false where it would be one too many: then it is not taken, and nothing is kept of it
   */
  add(bucket: Bucket): boolean {
    const key = bucketKey(bucket.kind, bucket.name, bucket.source, bucket.unit);
    const held = this.byKey.get(key);
    if (held) mergeBucket(held, bucket);
    else if (this.byKey.size < this.sizeMax) this.byKey.set(key, bucket);
    else return false;
    return true;
  }

  /**
   * Adds all buckets of an encoded batch, or none of them if it cannot be read.
   *
   * @throws UnknownBatchVersionError, CorruptBatchError
   */
  addBatch(bytes: Uint8Array): void {
    for (const bucket of decodeBatch(bytes)) this.add(bucket);
  }
}
