import { BYTES } from '../memory.js';

const bytes = BYTES;

const SPACE = 0x20;
const QUOTE = 0x22;
const HYPHEN = 0x2d;
const EQUALS = 0x3d;
const OPEN = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE = 0x5d;

/**
 * Where the text begins, if STRUCTURED-DATA (RFC 5424 §6.3) stands at `at`: a single `-`, as log-shuttle writes, or elements
 * `[id name="value" …]` one behind the other. What is neither (Logplex sends no structured data at all) is already
 * the text, also if it only looks similar: `[web] measure#a=1` loses nothing but the `[web]`.
 *
 * @param end where a space stands
 */
export function afterStructuredData(at: number, end: number): number {
  if (bytes[at] === HYPHEN) return bytes[at + 1] === SPACE ? Math.min(at + 2, end) : at;
  if (bytes[at] !== OPEN) return at;
  let i = at;
  while (bytes[i] === OPEN && i < end) {
    i = afterElement(i + 1, end);
    if (i < 0) return at;
  }
  return bytes[i] === SPACE ? Math.min(i + 1, end) : at;
}

/** Behind the `]` of the element whose id begins at `at`, or -1. */
function afterElement(at: number, end: number): number {
  let i = afterName(at);
  if (i === at) return -1;
  while (bytes[i] === SPACE && i < end) {
    i = afterParameter(i + 1, end);
    if (i < 0) return -1;
  }
  return bytes[i] === CLOSE && i < end ? i + 1 : -1;
}

/** Behind the closing quote of `name="value"`, or -1. In a value `\"`, `\\` and `\]` are escaped (§6.3.3). */
function afterParameter(at: number, end: number): number {
  let i = afterName(at);
  if (i === at || bytes[i] !== EQUALS || bytes[i + 1] !== QUOTE) return -1;
  for (i += 2; i < end; i++) {
    if (bytes[i] === QUOTE) return i + 1;
    if (bytes[i] === BACKSLASH) i++;
  }
  return -1;
}

/** SD-NAME: printable ASCII but `=`, space, `]` and `"`. Its limit of 32 bytes is not enforced. */
function afterName(at: number): number {
  let i = at;
  while (bytes[i]! > SPACE && bytes[i]! < 0x7f && bytes[i] !== EQUALS && bytes[i] !== CLOSE && bytes[i] !== QUOTE) i++;
  return i;
}
