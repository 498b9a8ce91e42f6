import { BODY_BYTES_MAX, PADDING_BYTES, PAGES } from './wasm/layout.js';

/** The largest body that can be parsed, in bytes. */
export const MAX_BODY_BYTES = BODY_BYTES_MAX;

/**
 * The memory that the whole folder shares, for the life of the process. A body is copied to its beginning: parsing is
 * synchronous, so one body is in it at a time, and copying runs at memory speed. In return the compiler knows the address and
 * size of what the hot loops read, as constants, if a file names them as constants of its own (`const bytes = BYTES`; it does not
 * look through an import). It is WebAssembly's, so that both engines read the same bytes; what else lies in it says layout.ts. Only
 * what was ever written to takes up RAM.
 */
export const MEMORY = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });

const memory = Buffer.from(MEMORY.buffer, 0, BODY_BYTES_MAX + PADDING_BYTES);

/** The memory that bodies are read from. */
export const BYTES = new Uint8Array(MEMORY.buffer, 0, BODY_BYTES_MAX + PADDING_BYTES);

/** The same memory, for words at any address: `getInt32(at, true)` is one load, and four times as much as a byte. */
export const VIEW = new DataView(MEMORY.buffer, 0, BODY_BYTES_MAX + PADDING_BYTES);

/** Four characters of ASCII as the word that {@link VIEW} reads where they stand. */
export function wordOf(text: string): number {
  return Buffer.from(text, 'latin1').readInt32LE();
}

/**
 * Copies a body to the beginning of {@link BYTES}. Behind it are zeros.
 *
 * @returns the body there, as a Buffer
 * @throws RangeError if it is longer than {@link MAX_BODY_BYTES}
 */
export function load(body: Uint8Array): Buffer {
  if (body.length > MAX_BODY_BYTES) throw new RangeError(`a body of ${body.length} bytes is too large to be parsed`);
  memory.set(body);
  memory.fill(0, body.length, body.length + PADDING_BYTES);
  return memory.subarray(0, body.length);
}

/**
 * Puts a space at `end`, so that whatever is looked for in the message before it is found at its end at the latest.
 *
 * @returns the byte that was there, to be put back
 */
export function fence(end: number): number {
  const held = BYTES[end]!;
  BYTES[end] = 0x20;
  return held;
}
