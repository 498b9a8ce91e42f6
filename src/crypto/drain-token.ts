import { isUtf8 } from 'node:buffer';
import type { KeyRing } from './key-ring.js';

// Far above any real token (credentials of 100 bytes make 228 characters) and below what HTTP servers take as headers
// (16 KiB in Node). Bounds the work that a stranger can ask for.
const TOKEN_CHARS_MAX = 8192;

/**
 * The longest credentials whose token is still read, in UTF-8 bytes: 8,192 characters are 6,144 bytes, 57 of them not
 * ciphertext (Fernet spec, "Token Format"), which leaves 380 whole blocks of 16, at least one byte of it padding.
 */
export const CREDENTIALS_BYTES_MAX = 6079;

/** What a token holds, or why it cannot be told: no token at all, or one made with a key that is not in the ring. */
export type OpenedToken =
  | { readonly ok: true; readonly credentials: string }
  | { readonly ok: false; readonly reason: 'malformed' | 'unknown-key' };

/** Makes and reads drain tokens: the Fernet tokens of credentials that stand in drain URLs. They do not expire. */
export class DrainTokens {
  /**
   * @param clock what the token says of its time, in ms since the epoch. Nothing here reads that, the Go program does: it
   *   refuses a token from the future, so it has to be right as long as both are in use.
   */
  constructor(
    private readonly ring: KeyRing,
    private readonly clock: { now(): number } = Date,
  ) {}

  /**
   * A token of the credentials, made with the first key.
   * @throws RangeError above {@link CREDENTIALS_BYTES_MAX}, for {@link open} would refuse it
   */
  issue(credentials: string): string {
    const plaintext = Buffer.from(credentials, 'utf8');
    if (plaintext.length > CREDENTIALS_BYTES_MAX) {
      throw new RangeError(`credentials may have ${CREDENTIALS_BYTES_MAX} bytes, not ${plaintext.length}`);
    }
    return this.ring.encrypt(plaintext, Math.floor(this.clock.now() / 1000));
  }

  /** Reads a token made here or by the Go program with any key of the ring, in any form of base64. Never throws. */
  open(token: string): OpenedToken {
    if (token.length > TOKEN_CHARS_MAX) return { ok: false, reason: 'malformed' };
    const result = this.ring.decrypt(token);
    if (!result.ok) return { ok: false, reason: result.reason === 'signature' ? 'unknown-key' : 'malformed' };
    if (!isUtf8(result.plaintext)) return { ok: false, reason: 'malformed' };
    return { ok: true, credentials: result.plaintext.toString('utf8') };
  }

  /** Whether a text is one of the ring's keys, which is what `POST /sign` asks for. In constant time. */
  isSecret(candidate: string): boolean {
    return this.ring.holds(candidate);
  }
}
