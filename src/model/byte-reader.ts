import { DECIMALS } from './byte-writer.js';

// Without ignoreBOM it would drop U+FEFF at the start of a text, and so make one name of two.
const utf8Decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The text of bytes; most are ASCII, which is had faster. */
function textOf(bytes: Buffer, from: number, to: number): string {
  for (let at = from; at < to; at++) {
    if (bytes[at]! >= 0x80) return utf8Decoder.decode(bytes.subarray(from, to));
  }
  return bytes.toString('latin1', from, to);
}

/** Reads what a ByteWriter wrote. */
export abstract class ByteReader {
  /** The texts so far, by the indexes that records use. */
  readonly texts: string[] = [''];

  protected readonly bytes: Buffer;
  protected readonly view: DataView;
  protected at = 1;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  /** What is thrown where the bytes do not follow the format. */
  protected abstract corrupt(): Error;

  /** Reads a text. @returns where it is among {@link texts} */
  protected textIndex(): number {
    const reference = this.whole();
    if (reference > 0) {
      if (reference > this.texts.length) throw this.corrupt();
      return reference - 1;
    }
    const length = this.whole();
    this.need(length);
    this.texts.push(textOf(this.bytes, this.at, this.at + length));
    this.at += length;
    return this.texts.length - 1;
  }

  protected whole(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.bytes[this.at++];
      if (byte === undefined || scale > 2 ** 49) throw this.corrupt();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  protected number(): number {
    const scaled = this.whole();
    if (scaled === 0) return this.float();
    return (scaled % 2 === 0 ? -scaled / 2 : (scaled - 1) / 2) / DECIMALS;
  }

  protected float(): number {
    this.need(8);
    const value = this.view.getFloat64(this.at, true);
    this.at += 8;
    return value;
  }

  protected need(bytes: number): void {
    if (this.at + bytes > this.bytes.length) throw this.corrupt();
  }
}
