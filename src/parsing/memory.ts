/** The largest body that can be parsed, in bytes. */
export const MAX_BODY_BYTES = 32 << 20;

/** So many bytes behind the body can be read, as zeros, so that no look-ahead needs a bounds check of its own. */
const PADDING_BYTES = 512;

/*
 * The parser reads its own copy of each body, in a memory that is the same for the life of the process and that the whole
 * folder shares: parsing is synchronous, so one body is in it at a time. Copying runs at memory speed. In return the
 * compiler knows the address and size of what the hot loops read, as constants, if a file names them as constants of its own
 * (`const bytes = BYTES`; it does not look through an import). Of the 32 MiB only what was ever written to takes up RAM.
 */
const memory = Buffer.from(new ArrayBuffer(MAX_BODY_BYTES + PADDING_BYTES));

/** The memory that bodies are read from. */
export const BYTES = new Uint8Array(memory.buffer);

/** The same memory as 32-bit words in the machine's byte order. */
export const WORDS = new Int32Array(memory.buffer);

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
