/** What {@link ByteWriter.number} multiplies by, and how large the product may be: it takes a bit more, and 2⁵³ is all there is. */
export const DECIMALS = 1_000;
const SCALED_MAX = 2 ** 50;

/**
 * Writes bytes into a buffer of its own, texts each once: what the encodings of a window share. {@link finish} copies the bytes out.
 */
export class ByteWriter {
  private bytes = new Uint8Array(4096);
  private view = new DataView(this.bytes.buffer);
  private at = 0;
  private texts = 1;

  /** @param version the first byte of all that is written */
  constructor(private readonly version: number) {}

  /** Begins anew. */
  begin(): void {
    if (this.bytes.length > 1 << 20) {
      // One huge one must not pin its buffer for good.
      this.bytes = new Uint8Array(4096);
      this.view = new DataView(this.bytes.buffer);
    }
    this.bytes[0] = this.version;
    this.at = 1;
    this.texts = 1;
  }

  /** The bytes so far, as a copy. */
  finish(): Uint8Array {
    return this.bytes.slice(0, this.at);
  }

  /** Writes a text that there has not been yet: `from[start..end)`. Returns the index for {@link known}. */
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

  /** Writes a text that there has been. Index 0 is the empty one. */
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

  /** Writes a number, one with up to three decimals in few bytes. */
  number(value: number): void {
    const scaled = Math.round(value * DECIMALS);
    // Both ways to the last bit, or not at all.
    if (Math.abs(scaled) > SCALED_MAX || scaled / DECIMALS !== value) {
      this.byte(0);
      return this.float(value);
    }
    this.whole(scaled < 0 ? -2 * scaled : 2 * scaled + 1);
  }

  float(value: number): void {
    this.room(8);
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  byte(value: number): void {
    this.room(1);
    this.bytes[this.at++] = value;
  }

  /** Writes bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.room(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  private room(more: number): void {
    if (this.at + more <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.at + more));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}
