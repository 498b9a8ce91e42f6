// RFC 4648 §4 (standard) and §5 (URL-safe) differ in two digits; a text holds those of one alphabet, never of both.
const DIGITS_AND_PADDING = /^([A-Za-z0-9+/]*|[A-Za-z0-9_-]*)(={0,2})$/;

/**
 * The bytes of a base64 text, standard or URL-safe, padded or not; undefined if it is anything else.
 *
 * Stricter than `Buffer.from`, which skips what it cannot read: no white space, no wrong padding, and no unused bits
 * set in the last digit (RFC 4648 §3.5), so that a text changed anywhere never reads as the same bytes.
 */
export function decodeBase64(text: string): Buffer | undefined {
  const [, digits, padding] = DIGITS_AND_PADDING.exec(text) ?? [];
  if (digits === undefined) return undefined;
  // RFC 4648 §3.2: padding, where there is any, fills the last group of four.
  if (padding !== '' && text.length % 4 !== 0) return undefined;
  const bytes = Buffer.from(digits, 'base64url');
  const canonical = bytes.toString('base64url');
  return canonical === digits.replaceAll('+', '-').replaceAll('/', '_') ? bytes : undefined;
}

/** URL-safe base64 with its padding, the form that Fernet keys and tokens have ("All base 64 encoding", Fernet spec). */
export function encodeBase64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
