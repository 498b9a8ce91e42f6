import { BYTES } from '../memory.js';

const bytes = BYTES;

/** ASCII text as bytes, to be compared with bytes of a body. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Whether `pattern` stands at `at`. */
export function standsAt(at: number, pattern: Uint8Array): boolean {
  for (let i = 0; i < pattern.length; i++) if (bytes[at + i] !== pattern[i]) return false;
  return true;
}

/** Whether bytes[at..end) are `pattern`. */
export function isText(at: number, end: number, pattern: Uint8Array): boolean {
  return end - at === pattern.length && standsAt(at, pattern);
}
