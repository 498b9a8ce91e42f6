import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { decodeBase64, encodeBase64 } from './base64.js';

// Fernet spec, "Key Format": Signing-key (128 bits) ‖ Encryption-key (128 bits).
const SIGNING_KEY_BYTES = 16;

/** Length of a Fernet key before base64, in bytes. */
export const FERNET_KEY_BYTES = 32;

// Fernet spec, "Token Format": Version (8 bits) ‖ Timestamp (64) ‖ IV (128) ‖ Ciphertext (n · 128) ‖ HMAC (256).
const VERSION = 0x80;
const TIMESTAMP_OFFSET = 1;
const IV_OFFSET = TIMESTAMP_OFFSET + 8;
const CIPHERTEXT_OFFSET = IV_OFFSET + 16;
const HMAC_BYTES = 32;
// RFC 5652 §6.3: padding is never empty, so the ciphertext is at least one block.
const BLOCK_BYTES = 16;

// The spec only says that a timestamp may be checked. Its vector "far-future TS (unacceptable clock skew)" and every
// implementation that ships it take one minute.
const CLOCK_SKEW_SECONDS = 60;

/** One Fernet key, ready for use. Key objects, so that printing one shows nothing of the key. */
export interface FernetKey {
  readonly signing: KeyObject;
  readonly encryption: KeyObject;
}

/**
 * Why a token was refused, in the order of the checks: `base64` unreadable text; `length` cannot hold its fields;
 * `version` not 0x80; `expired` and `future` only where a time-to-live is asked for; `signature` made with another key, or
 * changed; `padding` rightly signed, but what is inside is no padded text.
 */
export type FernetRefusal = 'base64' | 'length' | 'version' | 'expired' | 'future' | 'signature' | 'padding';

/** What came of reading a token. */
export type FernetResult =
  { readonly ok: true; readonly plaintext: Buffer } | { readonly ok: false; readonly reason: FernetRefusal };

/**
 * Splits a raw key into its two halves.
 * @throws RangeError if it is not of {@link FERNET_KEY_BYTES}
 */
export function fernetKey(bytes: Uint8Array): FernetKey {
  if (bytes.length !== FERNET_KEY_BYTES) {
    throw new RangeError(`a Fernet key has ${FERNET_KEY_BYTES} bytes, not ${bytes.length}`);
  }
  return {
    signing: createSecretKey(bytes.subarray(0, SIGNING_KEY_BYTES)),
    encryption: createSecretKey(bytes.subarray(SIGNING_KEY_BYTES)),
  };
}

/**
 * A token of the plaintext, in URL-safe base64 with padding (Fernet spec, "Generating").
 * @param options.nowSeconds what the token says of its time, whole seconds since the epoch
 * @param options.iv 16 bytes, never used twice with one key: left out but in tests, where random ones are taken
 */
export function encrypt(
  key: FernetKey,
  plaintext: Uint8Array,
  options: { readonly nowSeconds: number; readonly iv?: Uint8Array },
): string {
  const iv = options.iv ?? randomBytes(BLOCK_BYTES);
  const head = Buffer.alloc(IV_OFFSET);
  head[0] = VERSION;
  head.writeBigUInt64BE(BigInt(options.nowSeconds), TIMESTAMP_OFFSET);
  const cipher = createCipheriv('aes-128-cbc', key.encryption, iv);
  const signed = Buffer.concat([head, iv, cipher.update(plaintext), cipher.final()]);
  return encodeBase64(Buffer.concat([signed, hmac(key, signed)]));
}

/**
 * Reads a token (Fernet spec, "Verifying") in any form of base64. Never throws for what the token holds.
 * @param lifetime refuse a token older than `ttlSeconds`, or from more than a minute ahead of `nowSeconds`;
 *   without it a token never expires
 */
export function decrypt(
  key: FernetKey,
  token: string,
  lifetime?: { readonly ttlSeconds: number; readonly nowSeconds: number },
): FernetResult {
  const bytes = decodeBase64(token);
  if (bytes === undefined) return refused('base64');

  const ciphertextBytes = bytes.length - CIPHERTEXT_OFFSET - HMAC_BYTES;
  if (ciphertextBytes < BLOCK_BYTES || ciphertextBytes % BLOCK_BYTES !== 0) return refused('length');
  if (bytes[0] !== VERSION) return refused('version');

  if (lifetime !== undefined) {
    const madeAtSeconds = Number(bytes.readBigUInt64BE(TIMESTAMP_OFFSET));
    if (madeAtSeconds + lifetime.ttlSeconds < lifetime.nowSeconds) return refused('expired');
    if (madeAtSeconds > lifetime.nowSeconds + CLOCK_SKEW_SECONDS) return refused('future');
  }

  // Before anything is decrypted: else the answers to forged paddings would tell the plaintext (a padding oracle).
  const signed = bytes.subarray(0, -HMAC_BYTES);
  if (!timingSafeEqual(hmac(key, signed), bytes.subarray(-HMAC_BYTES))) return refused('signature');

  const decipher = createDecipheriv('aes-128-cbc', key.encryption, bytes.subarray(IV_OFFSET, CIPHERTEXT_OFFSET));
  const blocks = decipher.update(signed.subarray(CIPHERTEXT_OFFSET));
  try {
    return { ok: true, plaintext: Buffer.concat([blocks, decipher.final()]) };
  } catch {
    // Whole blocks and a key of the right size leave final() one reason to throw.
    return refused('padding');
  }
}

function hmac(key: FernetKey, signed: Uint8Array): Buffer {
  return createHmac('sha256', key.signing).update(signed).digest();
}

function refused(reason: FernetRefusal): FernetResult {
  return { ok: false, reason };
}
