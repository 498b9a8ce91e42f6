import type { BatchWriter } from '../../model/batch-writer.js';
import type { Texts } from './interner.js';

const POINT = 0x2e;
const NONE = new Uint8Array(0);
const utf8 = new TextEncoder();

/** A prefix as bytes, with its dot; empty for ''. */
export function prefixBytes(prefix: string): Uint8Array {
  return prefix === '' ? NONE : utf8.encode(`${prefix}.`);
}

/** Writes interned texts of one role into a batch, each once in full and then by its index, and with the drain's prefix. */
export class BatchTexts {
  /** In which batch a text was last written, and as which index. */
  private batches = new Float64Array(0);
  private indexes = new Uint32Array(0);
  private batch = 0;
  private prefix: Uint8Array = new Uint8Array(0);
  private scratch = new Uint8Array(512);

  constructor(private readonly interner: Texts) {}

  /** Before the batches of a body. @param prefix with its dot */
  beginBody(prefix: Uint8Array): void {
    this.prefix = prefix;
    const { size } = this.interner;
    if (this.indexes.length >= size && this.indexes.length <= Math.max(1024, size * 8)) return;
    this.batches = new Float64Array(size * 2);
    this.indexes = new Uint32Array(size * 2);
  }

  beginBatch(): void {
    this.batch++;
  }

  write(writer: BatchWriter, id: number): void {
    if (this.batches[id] === this.batch) {
      writer.known(this.indexes[id]!);
      return;
    }
    this.batches[id] = this.batch;
    const { bytes } = this.interner;
    const at = this.interner.startOf(id);
    const end = at + this.interner.lengthOf(id);
    this.indexes[id] =
      this.prefix.length === 0 ? writer.text(bytes, at, end) : this.writePrefixed(writer, bytes.subarray(at, end));
  }

  private writePrefixed(writer: BatchWriter, text: Uint8Array): number {
    const { prefix } = this;
    if (this.scratch.length < prefix.length + text.length) this.scratch = new Uint8Array(prefix.length + text.length);
    this.scratch.set(prefix);
    this.scratch.set(text, prefix.length);
    // A prefix that nothing follows stands alone, without its dot.
    const isAlone = text.length === 0 && prefix[prefix.length - 1] === POINT;
    return writer.text(this.scratch, 0, prefix.length + text.length - (isAlone ? 1 : 0));
  }
}
