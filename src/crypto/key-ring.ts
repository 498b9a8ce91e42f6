import { randomBytes, timingSafeEqual } from 'node:crypto';
import { decodeBase64, encodeBase64 } from './base64.js';
import { decrypt, encrypt, FERNET_KEY_BYTES, fernetKey, type FernetKey, type FernetResult } from './fernet.js';

const EXPECTED = `must be ${FERNET_KEY_BYTES} bytes in base64 (standard or URL-safe); \`l2met keygen\` prints one`;

const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth'];

/** A key that cannot be used. Says which by its position and what to do, never a part of its value. */
export class KeyRingError extends Error {
  readonly code = 'L2MET_CRYPTO_KEY';
  override readonly name = 'KeyRingError';
}

/** The keys of an installation: the first encrypts, each of them decrypts, so that keys can be changed under old tokens. */
export class KeyRing {
  // Both private (#), so that logging or serialising a ring shows no key.
  readonly #secrets: readonly Buffer[];
  readonly #keys: readonly [FernetKey, ...FernetKey[]];

  private constructor(secrets: readonly [Buffer, ...Buffer[]]) {
    const [first, ...others] = secrets;
    this.#secrets = secrets;
    this.#keys = [fernetKey(first), ...others.map(fernetKey)];
  }

  /**
   * Reads `SECRETS`: keys of 16 signing and 16 encryption bytes, separated by colons.
   * @throws KeyRingError if one of them is no such key
   */
  static parse(secrets: string): KeyRing {
    const [first = '', ...others] = secrets.split(':');
    return new KeyRing([readKey(first, 0), ...others.map((text, index) => readKey(text, index + 1))]);
  }

  /**
   * A token made with the first key.
   * @param nowSeconds time of making, whole seconds since the epoch
   */
  encrypt(plaintext: Uint8Array, nowSeconds: number): string {
    return encrypt(this.#keys[0], plaintext, { nowSeconds });
  }

  /** Reads a token with whichever key made it; refused for its `signature` only if none did. */
  decrypt(token: string): FernetResult {
    for (const key of this.#keys) {
      const result = decrypt(key, token);
      if (result.ok || result.reason !== 'signature') return result;
    }
    return { ok: false, reason: 'signature' };
  }

  /** Whether a text is one of the keys, in any of the forms a key may have. Takes as long for a near miss as for any other. */
  holds(candidate: string): boolean {
    const bytes = decodeKey(candidate);
    // The length of a key is no secret, and timingSafeEqual throws for others.
    if (bytes?.length !== FERNET_KEY_BYTES) return false;
    // No early end: which key it was must not show in the time either.
    return this.#secrets.reduce((held, secret) => timingSafeEqual(bytes, secret) || held, false);
  }
}

/** A new random key in the form that `SECRETS` takes: URL-safe base64, padded, 44 characters. */
export function generateKey(): string {
  return encodeBase64(randomBytes(FERNET_KEY_BYTES));
}

/** @param index position in `SECRETS`, from 0 */
function readKey(text: string, index: number): Buffer {
  const ordinal = ORDINALS[index];
  const which = `SECRETS: ${ordinal === undefined ? `key ${index + 1}` : `the ${ordinal} key`}`;
  // A secret that came through a file or `echo` ends in a line feed, which the Go program passed over too.
  const trimmed = text.trim();
  if (trimmed === '') throw new KeyRingError(`${which} is empty (is there a colon too many?): each ${EXPECTED}`);
  const bytes = decodeKey(trimmed);
  if (bytes === undefined) throw new KeyRingError(`${which} is not base64: it ${EXPECTED}`);
  if (bytes.length !== FERNET_KEY_BYTES) {
    throw new KeyRingError(`${which} has ${bytes.length} bytes: it ${EXPECTED}`);
  }
  return bytes;
}

function decodeKey(text: string): Buffer | undefined {
  // fernet-go's DecodeKey takes 64 hex digits too, so installations of the Go program may have such keys. Read as
  // base64 they would be 48 bytes, which is no key: there is nothing to confuse them with.
  return /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : decodeBase64(text);
}
